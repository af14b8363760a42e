import re

from core.labels import COLORS, DIAGNOSES, DX, ISIC, MALIGNANT, NAMES


def test_the_order_is_alphabetical_by_code() -> None:
    assert list(DX) == sorted(DX) == list(NAMES) == list(COLORS)
    assert len(DX) == 7


def test_cancers_and_their_precursors_are_malignant() -> None:
    assert set(MALIGNANT) == {"akiec", "bcc", "mel"}


def test_every_code_of_the_challenge_leads_to_one_diagnosis() -> None:
    assert sorted(ISIC.values()) == list(DX)
    assert {each.isic.lower() for each in DIAGNOSES} == set(DX)


def test_no_two_diagnoses_share_a_name_or_a_color() -> None:
    assert len(set(NAMES.values())) == len(set(COLORS.values())) == 7
    assert all(re.fullmatch("#[0-9A-F]{6}", color) for color in COLORS.values())
