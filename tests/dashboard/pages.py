"""What tests of pages share: opening one by its link, and reading what it says and shows."""

from typing import Any

from streamlit.testing.v1 import AppTest

from core.config import ROOT


def visit(script: str, **query: str) -> AppTest:
    """Run a page as its link with that query opens it: AppTest has no click for tabs.

    Args:
        script: In dashboard/, without its ending.
    """
    page = AppTest.from_file(str(ROOT / "dashboard" / f"{script}.py"), default_timeout=120)
    for name, value in query.items():
        page.query_params[name] = value
    return checked(page.run())


def checked(page: AppTest) -> AppTest:
    """The page, once it is sure that its script raised nothing."""
    assert not page.exception
    return page


def text_of(page: AppTest) -> str:
    """All its text, with plain spaces."""
    texts = (*page.markdown, *page.info, *page.warning, *page.error, *page.caption)
    return "\n".join(text.value for text in texts).replace("\N{NO-BREAK SPACE}", " ")


def images(page: AppTest) -> list[Any]:
    """Its images, in order."""
    return [image for block in page.get("image") for image in block.proto.imgs]
