"""The leaderboard's fold where visitors add their own predictions as models of their session."""

from collections.abc import Callable

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import UserError
from core.evaluation.leaderboard import MAJORITY
from core.evaluation.prediction_table import MAX_BYTES, parse_prediction_table
from core.evaluation.scoring import board_row, score
from core.labels import ISIC
from core.store.folders import model_folder
from core.store.names import PREDICTIONS
from dashboard.caches import evaluation, own_models
from dashboard.components.widgets import LINE_WIDTH
from dashboard.text.own_models import literal, own_sentence

TYPES = ["csv", "tsv", "txt"]
COLUMNS = ("MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC")
"""As in the ISIC 2018 challenge, task 3."""
EXAMPLE = "baseline_cnn"
"""The model whose predictions are offered as a file to try."""
TURN, FAULTS = "own-turn", "own-faults"
"""Session state: how often files were added, and what was wrong with the last ones."""
INTRO = (
    "Score your own network as the models below: one CSV with a row for each of the {images:,} test images. Columns: "
    "`image` and seven probabilities `MEL`, `NV`, `BCC`, `AKIEC`, `BKL`, `DF`, `VASC`, or `image` and `label`. The "
    "predictions stay in your session: nothing is stored, and no one else sees them."
)


def with_own(rows: pd.DataFrame) -> pd.DataFrame:
    """Insert the session's models into the leaderboard, above the majority class."""
    own = [board_row(each.result, each.name) for each in own_models.own_models().values()]
    if not own:
        return rows
    added = pd.DataFrame(own).reindex(columns=rows.columns).astype(rows.dtypes.to_dict())
    floor = rows["name"] == MAJORITY
    return pd.concat([rows[~floor], added, rows[floor]], ignore_index=True)


def show_add_predictions(best: str) -> None:
    """Show the fold, and what came of the files that were added.

    Args:
        best: The committed model to compare with.
    """
    fold = st.expander(
        "Add your predictions", icon=":material/upload_file:", key="add-fold", on_change="rerun", bind="query-params"
    )
    if fold.open:
        with fold:
            _show_upload(best)
    for fault in st.session_state.get(FAULTS, ()):
        st.error(literal(fault), icon=":material/error:")
    for model in own_models.own_models().values():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(own_sentence(model.name, model.result), width=LINE_WIDTH)
            st.button(
                "Remove", key=f"remove-{model.name}", icon=":material/close:", type="tertiary",
                on_click=own_models.remove, args=(model.name,), help=f"Remove {model.name} from your session",
            )  # fmt: skip
        for note in model.result.notes:
            st.caption(f"{model.name}: {literal(note)}")


def _show_upload(best: str) -> None:
    truth = evaluation.test_truth()
    st.markdown(INTRO.format(images=len(truth.image_id)), width=LINE_WIDTH)
    turn = st.session_state.get(TURN, 0)
    files = st.file_uploader(
        "Predictions of the test split (CSV)", TYPES, accept_multiple_files=True, key=f"own-files-{turn}",
        max_upload_size=MAX_BYTES // 2**20,
    )  # fmt: skip
    with st.container(horizontal=True):
        offer_template()
        _offer(f"A file to try ({EXAMPLE})", "example_predictions", _example)
    if files:
        added = {model.upload for model in own_models.own_models().values()}  # before another click interrupted this
        left = [file for file in files if file.file_id not in added]
        st.session_state[FAULTS] = [fault for file in left if (fault := _add(file, best))]
        st.session_state[TURN] = turn + 1  # a new uploader: the server lets go of the files
        st.rerun()


def _add(file: UploadedFile, best: str) -> str | None:
    """Add a file's predictions as a model; return what is wrong with it, if anything."""
    try:
        own_models.require_room()
        with st.spinner("Scoring your predictions"):
            result = score(parse_prediction_table(file.getvalue(), file.name), evaluation.test_truth(), best)
    except UserError as error:
        return str(error)
    own_models.keep(file.name, result, file.file_id)
    return None


def offer_template() -> None:
    """Offer a table with the ids of the test images and a column for each diagnosis."""
    _offer("Template with the image ids", "template", _template)


def _offer(label: str, name: str, make: Callable[[], pd.DataFrame]) -> None:
    st.download_button(
        label, data=lambda: make().to_csv(index=False).encode(), file_name=f"{name}.csv", mime="text/csv",
        key=f"download-{name}", icon=":material/download:", type="tertiary", on_click="ignore",
    )  # fmt: skip


def _template() -> pd.DataFrame:
    return pd.DataFrame({"image": evaluation.test_truth().image_id}).reindex(columns=["image", *COLUMNS])


def _example() -> pd.DataFrame:
    rows = pd.read_csv(model_folder(EXAMPLE) / PREDICTIONS).query("split == 'test'")
    probabilities = {code: rows[ISIC[code]] for code in COLUMNS}
    return pd.DataFrame({"image": rows["image_id"], **probabilities})
