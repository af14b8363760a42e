import pytest

from core.data.download.isic_terms import DIAGNOSES, SITE_LEVELS, SITES, dx_of, localization_of
from core.data.metadata import LOCALIZATIONS
from core.labels import DX

TERMS = [(dx, level, term) for dx, terms in DIAGNOSES.items() for level, term in terms]


def test_every_diagnosis_and_only_known_sites_have_terms() -> None:
    assert sorted(DIAGNOSES) == list(DX)
    assert set(SITES.values()) <= set(LOCALIZATIONS)
    assert len({term for _, _, term in TERMS}) == len(TERMS)


@pytest.mark.parametrize(("dx", "level", "term"), TERMS)
def test_every_term_leads_to_its_diagnosis(dx: str, level: str, term: str) -> None:
    assert dx_of({level: term, "age_approx": 50}) == dx


@pytest.mark.parametrize(
    "clinical",
    [
        {},
        {"diagnosis_3": "Angioma"},
        {"diagnosis_2": "Nevus"},
        {"diagnosis_2": "Benign soft tissue proliferations - Vascular", "diagnosis_3": "Nevus"},
    ],
)
def test_a_term_that_is_unknown_or_ambiguous_has_no_diagnosis(clinical: dict[str, str]) -> None:
    assert dx_of(clinical) is None


def test_the_most_detailed_site_that_is_known_counts() -> None:
    clinical = {"anatom_site_general": "lower extremity", SITE_LEVELS[1]: "Palms/Soles", SITE_LEVELS[0]: "left big toe"}
    assert localization_of(clinical) == "acral"
    assert localization_of({"anatom_site_general": "head/neck"}) == "unknown"
    assert localization_of({}) == "unknown"
