"""Several images on the classify page: progress with a Stop button, a grid, a table, files to download."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import streamlit as st

from core.config import MAX_BYTES, MOST_UPLOADS, UPLOADS_BYTES
from core.inference.batch import isic_csv, isic_row
from core.inference.class_mix import ClassMix, assume
from core.inference.heatmaps import HeatmapMethod
from core.inference.many import Classified, Waiting, classify_one, refused_first, wait_list
from core.inference.pipeline import Pipeline
from core.inference.report import many_report_html
from core.labels import DX, NAMES
from core.store.datasets import learned_from
from dashboard.caches import inference, tables
from dashboard.charts.overlay import overlay
from dashboard.components.image_grid import Cell, image_grid
from dashboard.components.uploads import MANY, uploaded_ids, warn_of_dropped
from dashboard.components.widgets import LINE_WIDTH
from dashboard.text.many import BUSY_TEXT, progress_text, summary_sentence, unread_text
from dashboard.text.own_models import literal
from dashboard.text.phrases import plain
from dashboard.text.predicted_class import likely
from dashboard.views.classify.controls import TYPES, pick_class_mix, pick_method

FILES = "many-files"
INSIST = "many-insist"
OPACITY = 0.6


@dataclass
class Job:
    """One visitor's images for one model.

    Attributes:
        key: Changes with the files and the model.
        total: Number of images. The files themselves stay with the uploader, which bounds what all sessions hold.
        notes: What was left out.
        done: Those classified so far by their keys: while a click stops one run of the page, the next one may
            classify the same image, which still counts once.
        stopped: Whether the visitor pressed Stop.
    """

    key: str
    total: int
    notes: tuple[str, ...]
    done: dict[str, Classified] = field(default_factory=dict)
    stopped: bool = False

    def stop(self, stopped: bool) -> None:
        """Stop, or continue."""
        self.stopped = stopped


def show_many(name: str) -> None:
    """Show the upload of several images and what a model predicts for them.

    Raises:
        UserError: The model's files are missing or altered, or an archive is refused.
    """
    files = st.file_uploader(
        f"Up to {MOST_UPLOADS} dermatoscopic images, or a ZIP of them", [*TYPES, "zip"], accept_multiple_files=True,
        key=FILES,
    )  # fmt: skip
    st.caption(
        f"JPEG, PNG or WebP, up to {MAX_BYTES // 2**20} MB each and {UPLOADS_BYTES // 2**20} MB together. Nothing is "
        "saved: the images stay in this server's memory until you remove them or leave this page."
    )
    warn_of_dropped(FILES)
    if not files:
        st.session_state.pop(MANY, None)
        return
    key = hashlib.sha256(repr((name, uploaded_ids(FILES))).encode()).hexdigest()
    job: Job | None = st.session_state.get(MANY)
    waiting: list[Waiting] = []
    if job is None or job.key != key or len(job.done) < job.total:
        waiting, notes = wait_list([(file.file_id, file.name, file.getvalue) for file in files])
        if job is None or job.key != key:
            job = st.session_state[MANY] = Job(key, len(waiting), notes)
    for note in job.notes:
        st.info(literal(note), icon=":material/info:")
    pipeline = inference.pipeline(name)
    _work(job, [each for each in waiting if each.key not in job.done], pipeline)
    if job.done:
        _show_results(job, name)


def _work(job: Job, left: list[Waiting], pipeline: Pipeline) -> None:
    """Classify what is left; a click on Stop interrupts the script between two images."""
    place = st.empty()
    if left and job.stopped:
        place.button(
            f"Continue with the remaining {len(left):,}", key="many-continue", icon=":material/play_arrow:",
            on_click=job.stop, args=(False,),
        )  # fmt: skip
        return
    if not left:
        return
    with place.container():
        bar = st.progress(0.0, text=progress_text(0, len(left), 0))
        st.button("Stop", key="many-stop", icon=":material/stop:", on_click=job.stop, args=(True,))
    start = time.monotonic()
    for i, waiting in enumerate(left, start=1):
        while (found := classify_one(pipeline, waiting)) is None:  # a click on Stop interrupts this, too
            bar.progress((i - 1) / len(left), text=BUSY_TEXT)
        job.done[waiting.key] = found
        bar.progress(i / len(left), text=progress_text(i, len(left), time.monotonic() - start))
    place.empty()


def _show_results(job: Job, name: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mix, method = pick_class_mix(), pick_method(inference.pipeline(name).methods)
    assumed = [_assumed(each, mix) for each in job.done.values()]
    ordered = refused_first(assumed)
    if any(each.refused for each in assumed) and not st.toggle(
        "Classify refused images too", key=INSIST,
        help="The image check refused them, so these predictions may mean nothing.",
    ):  # fmt: skip
        assumed, ordered = ([each.withheld() for each in them] for them in (assumed, ordered))
    st.markdown(summary_sentence(assumed, mix), width=LINE_WIDTH)
    if unread := unread_text(assumed):
        st.warning(unread, icon=":material/broken_image:")
    with st.container(horizontal=True):
        _offer_files(assumed, ordered, name, mix)
    image_grid([cell for each in ordered if (cell := _cell(each, method))])
    st.caption(
        f"Point at an image, or tap it, to see what raised the score of its prediction ({method}). Images that the "
        "check refused come first, then the least certain predictions."
    )
    table = _table(assumed)
    shares: dict[str, Any] = {dx: st.column_config.NumberColumn(NAMES[dx], format="%.0f%%") for dx in DX}
    st.dataframe(
        table.assign(**{name: 100 * table[name].astype(float) for name in ("probability", *DX)}), hide_index=True,
        key="many-table", placeholder="",
        column_config=shares
        | {"image": st.column_config.TextColumn("Image", pinned=True), "prediction": "Prediction"}
        | {"probability": st.column_config.NumberColumn("Probability", format="%.0f%%"), "note": "Note"},
    )  # fmt: skip


def _assumed(each: Classified, mix: ClassMix) -> Classified:
    return replace(each, prediction=assume(each.prediction, mix)) if each.prediction else each


def _cell(each: Classified, method: HeatmapMethod) -> Cell | None:
    if each.image is None:
        return None
    if each.prediction is None:
        return Cell(each.image, None, each.name, [str(each.problem)])
    top = each.prediction.top
    heated = overlay(each.image, each.prediction.heatmap(top, method), OPACITY)
    lines = [each.note] if each.note else []
    lines += [f"{NAMES[top]}, {likely(float(each.prediction.probabilities.max()))}"]
    return Cell(each.image, heated, each.name, lines)


def _table(classified: Sequence[Classified]) -> pd.DataFrame:
    rows = []
    for each in classified:
        row: dict[str, object] = {"image": each.name, "note": each.note}
        if each.prediction:
            probabilities = each.prediction.probabilities.tolist()
            row |= {"prediction": NAMES[each.prediction.top], "probability": max(probabilities)}
            row |= dict(zip(DX, probabilities, strict=True))
        rows.append(row)
    return pd.DataFrame(rows, columns=["image", "prediction", "probability", "note", *DX])


def _offer_files(assumed: list[Classified], ordered: list[Classified], name: str, mix: ClassMix) -> None:
    rows = [isic_row(each.name, each.prediction, mix) for each in assumed if each.prediction]

    def report() -> str:
        learned = learned_from(tables.card(name))
        return many_report_html(name, learned, ordered, plain(summary_sentence(assumed, mix)))

    st.download_button(
        "CSV in the ISIC format", lambda: isic_csv(rows).encode(), "predictions.csv", "text/csv", key="many-csv",
        icon=":material/download:", type="tertiary", on_click="ignore",
    )  # fmt: skip
    st.download_button(
        "Report on all images", report,
        "report.html", "text/html", key="many-report", icon=":material/download:", type="tertiary", on_click="ignore",
        help="One HTML file with all images as the model saw them, without any data about camera, place or time.",
    )  # fmt: skip
