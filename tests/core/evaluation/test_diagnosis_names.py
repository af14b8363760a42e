from core.evaluation.diagnosis_names import as_code
from core.labels import DIAGNOSES


def test_codes_and_names_are_known_in_any_spelling() -> None:
    for each in DIAGNOSES:
        for names in (each.dx, each.isic, each.name, each.name.upper(), f" {each.name.replace(' ', '_')} "):
            assert as_code(names) == each.dx
    assert as_code("Bowen\u2019s disease") == "akiec" and as_code("Benign keratosis-like lesions") == "bkl"


def test_other_words_are_not_guessed() -> None:
    assert as_code("squamous cell carcinoma") is None and as_code("") is None and as_code("4") is None
