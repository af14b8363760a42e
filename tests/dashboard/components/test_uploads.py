import pytest
from streamlit.testing.v1 import AppTest


def uploader(dropped: int) -> None:
    """A page whose uploader shows a file that is there and some that the server has dropped."""
    import streamlit as st
    from streamlit.proto.Common_pb2 import FileURLs
    from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFile, UploadedFileRec

    from dashboard.components.uploads import uploaded_ids, warn_of_dropped

    there = UploadedFile(UploadedFileRec("here", "a.png", "image/png", b"1"), FileURLs())
    st.session_state["files"] = [there, *(DeletedFile(f"gone {i}") for i in range(dropped))]
    warn_of_dropped("files")
    warn_of_dropped("another")
    st.text("; ".join(uploaded_ids("files")))


@pytest.mark.parametrize(
    ("dropped", "warnings", "ids"),
    [(0, [], "here"), (1, ["1 file is no"], "here; gone 0"), (2, ["2 files are no"], "here; gone 0; gone 1")],
)
def test_what_the_server_has_dropped_is_named(dropped: int, warnings: list[str], ids: str) -> None:
    page = AppTest.from_function(uploader, args=(dropped,)).run()
    assert not page.exception and page.text[0].value == ids
    assert [each.value[: len(start)] for each, start in zip(page.warning, warnings, strict=True)] == warnings
    assert all("at most 50 files and 80 MB" in each.value for each in page.warning)
