"""Codes and tokens."""

import pytest

from core.classroom.secrets import ALPHABET, LENGTH, hash_token, new_code, new_token, read_code, show_code


def test_codes_are_what_people_can_read_and_type() -> None:
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500
    assert all(len(code) == LENGTH and set(code) <= set(ALPHABET) for code in codes)
    assert not set(ALPHABET) & set("AEIOU01LS5")
    assert all(read_code(show_code(code).lower()) == code for code in codes)


@pytest.mark.parametrize("text", ["", "KTRM-4WX", "KTRM-4WXP-KTRM", "'; DROP TABLE rooms", "K" * 10_000, "ÄÖÜß€漢字\0"])
def test_anything_else_is_no_code(text: str) -> None:
    assert len(read_code(text)) != LENGTH or set(read_code(text)) - set(ALPHABET)


def test_tokens_are_long_and_safe_in_an_address() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 32 and token.replace("-", "").replace("_", "").isalnum() for token in tokens)
    assert len({hash_token(token) for token in tokens}) == 100
