from dashboard.text.terms import TERMS, explained


def test_a_line_explains_the_terms_that_it_uses_and_no_others() -> None:
    text = explained("HAM10000; paired 95% intervals; clear after Holm's correction")
    assert text and text.count("\n\n") == 2
    assert all((f"**{term}**" in text) == (term in ("95% interval", "paired", "Holm's correction")) for term in TERMS)


def test_a_line_without_terms_has_no_tooltip() -> None:
    assert explained("HAM10000, no split") is None
