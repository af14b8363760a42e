"""The lab: one setting trained while you wait, compared with no resampling."""

from typing import Literal
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.lab.classifiers import CLASSIFIERS
from core.lab.experiment import LabResult, check, describe
from core.lab.measures import DRAWS, LABELS
from core.lab.protocols import PROTOCOLS
from core.lab.setting import Setting
from core.resampling.spec import ResamplingSpec
from core.resampling.strategies import STRATEGIES
from dashboard.caches import lab
from dashboard.components.share import copy_link, page_address
from dashboard.navigation import PAGES, page_link
from dashboard.text.format import MINUS, count, figure, signed
from dashboard.text.lab import MEANINGS
from dashboard.text.phrases import inside_label
from dashboard.text.terms import explained
from dashboard.views.lab.embedding_map import CHOSEN

SHORT = {
    "balanced_accuracy": "Balanced acc.", "macro_f1": "Macro F1", "melanoma_sensitivity": "Mel. sensitivity",
    "calibration_error_raw": "Calibration error", "calibration_error": "Error, corrected",
    "brier_raw": "Brier score", "brier": "Brier, corrected",
}  # fmt: skip
"""The measures shown in large type, with labels that fit half a phone screen."""
RUNS, STOPPED = "lab-runs", "lab-stopped"
"""Session state: one row per setting that has run, and the settings whose run was stopped."""
MATRICES = "lab-matrices"
"""Session state: the setting that each choice of a confusion matrix has at first, by the choice's key."""


def pick_setting() -> Setting:
    """Show the lab's controls, each bound to a parameter of the page's address."""
    left, middle, right = st.columns(3)
    with left:
        strategy = st.selectbox(
            "Strategy", list(STRATEGIES), format_func=lambda name: STRATEGIES[name].label,
            index=list(STRATEGIES).index("smote"), key="strategy", bind="query-params",
        )  # fmt: skip
        classifier = st.selectbox(
            "Classifier", list(CLASSIFIERS), format_func=lambda name: CLASSIFIERS[name].label, key="classifier",
            bind="query-params", disabled=strategy == "balanced_forest",
        )  # fmt: skip
    uses, default = STRATEGIES[strategy].uses, ResamplingSpec()
    with middle:
        protocol = st.selectbox(
            "Protocol", list(PROTOCOLS), format_func=_protocol_label, key="protocol", bind="query-params",
            help="How the data is split and tested. Five protocols are wrong on purpose; some raise the score.",
        )  # fmt: skip
        strength = st.slider(
            "Sampling strength", 0.0, 1.0, 1.0, step=0.05, key="sampling_strength", bind="query-params",
            disabled="sampling_strength" not in uses,
            help="0 keeps the class sizes; 1 makes all classes equally large, as imbalanced-learn does by default.",
        )  # fmt: skip
    with right:
        neighbors = st.slider(
            "Nearest neighbours", 1, 100, 5, key="k", bind="query-params", disabled="neighbors" not in uses,
            help="How many of the closest rows a strategy looks at; SMOTE mixes a row with one of them (k_neighbors or "
            "n_neighbors in imbalanced-learn).",
        )  # fmt: skip
        seed = st.number_input(
            "Seed", 0, 999, 0, key="seed", bind="query-params",
            help="Starting number of the random choices; another one gives slightly other results.",
        )  # fmt: skip
    spec = ResamplingSpec(
        strategy, round(strength, 2) if "sampling_strength" in uses else default.sampling_strength,
        neighbors if "neighbors" in uses else default.neighbors, int(seed),
    )  # fmt: skip
    return Setting(spec, classifier, protocol)


def _protocol_label(name: str) -> str:
    return PROTOCOLS[name].label if name == "right" else f"Wrong: {inside_label(PROTOCOLS[name].label)}"


START = {
    "strategy": "smote", "classifier": next(iter(CLASSIFIERS)), "protocol": next(iter(PROTOCOLS)),
    "sampling_strength": 1.0, "k": 5, "seed": 0,
}  # fmt: skip
"""The lab's controls by their names in the address, and where they stand at first."""


def show_actions() -> None:
    """Show the page's link, a way back to the start, and the lesson that leads through the lab."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        copy_link(page_address())
        st.button("Reset", icon=":material/restart_alt:", key="lab-reset", on_click=_reset)
        page_link("lesson", "Lesson: guess first, then see")


def _reset() -> None:
    st.session_state.update(START | st.session_state.get(MATRICES, {}))
    st.query_params.pop(CHOSEN, None)


def explain(setting: Setting) -> None:
    """Describe the strategy, and warn if the protocol is wrong."""
    st.markdown(STRATEGIES[setting.resampling.strategy].description)
    if setting.protocol != "right":
        protocol = PROTOCOLS[setting.protocol]
        st.warning(
            f"**Wrong on purpose: {inside_label(protocol.label)}.** {protocol.description}", icon=":material/warning:"
        )


def run(settings: list[Setting]) -> list[LabResult] | None:
    """Run the settings that haven't run yet, with a progress bar and a Stop button.

    Returns:
        The results in order; None if the run was stopped.

    Raises:
        UserError: A setting doesn't work.
    """
    for setting in settings:
        check(setting)
    if all(lab.ready(setting) for setting in settings):
        return [lab.result(setting) for setting in settings]
    if st.session_state.get(STOPPED) == settings:
        st.info("You stopped this run.", icon=":material/stop_circle:")
        st.button("Run", icon=":material/play_arrow:", key="lab-run", on_click=_stop, args=(None,))
        return None
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, "Starting")
        st.button("Stop", icon=":material/stop:", key="lab-stop", on_click=_stop, args=(settings,), width="content")
    found = []
    for i, setting in enumerate(settings):

        def show(share: float, text: str, done: int = i) -> None:
            bar.progress((done + share) / len(settings), text)

        found.append(lab.result(setting, show))
    place.empty()
    return found


def _stop(settings: list[Setting] | None) -> None:
    st.session_state[STOPPED] = settings


def remember(result: LabResult) -> None:
    """Add a result to the session's table."""
    st.session_state.setdefault(RUNS, {})[result.setting] = describe(result) | {"link": link(result.setting)}


def query(setting: Setting) -> dict[str, str]:
    """Write the part of the address that opens the lab with a setting."""
    spec = setting.resampling
    parts = {
        "show": "Lab", "strategy": STRATEGIES[spec.strategy].label,
        "classifier": CLASSIFIERS[setting.classifier].label, "protocol": _protocol_label(setting.protocol),
        "sampling_strength": spec.sampling_strength, "k": spec.neighbors, "seed": spec.seed,
    }  # fmt: skip
    return {name: str(value) for name, value in parts.items()}


def link(setting: Setting) -> str:
    """Write the address that opens the lab with a setting."""
    page = (st.context.url or "").split("?")[0].rsplit("/", 1)[0]
    return f"{page}/{PAGES['split_resampling'][0]}?{urlencode(query(setting))}"


def source(result: LabResult) -> str:
    """Name the data and the split behind a result, and the number of images."""
    scores = result.own.raw
    schemes = {"image_split": "split by image", "before_split": "random split after resampling"}
    return (
        f"HAM10000, test split ({schemes.get(result.setting.protocol, 'split by lesion')}), "
        f"{count(len(scores.truth))} of {count(scores.lesions, 'lesions')}, near duplicates as one; 95% intervals from "
        f"{DRAWS} resamples of lesions; frozen ImageNet features"
    )


def show_figures(result: LabResult, none: LabResult) -> None:
    """Show the measures in large type, each with its difference from no resampling."""
    show_measures(result.measures, none.measures)
    text = source(result)
    st.caption(
        f"{text}. Small figures: difference from no resampling, same classifier and protocol.", help=explained(text)
    )


def show_measures(measures: pd.DataFrame, before: pd.DataFrame) -> None:
    """Show measures in large type, each with its difference from others.

    Args:
        measures: As `core.lab.measures.summarise` returns them.
        before: The same without resampling.
    """
    own, other = (each.set_index("measure")["value"] for each in (measures, before))
    worse_up = ("calibration_error_raw", "calibration_error", "brier_raw", "brier")
    spans = measures.set_index("measure")
    with st.container(horizontal=True):
        for key, label in SHORT.items():
            low, high = spans["low"][key], spans["high"][key]
            color: Literal["normal", "inverse", "off"] = "inverse" if key in worse_up else "normal"
            same = round(own[key] - other[key], 3) == 0
            st.metric(
                label, f"{own[key]:.3f}", signed(own[key] - other[key]).replace(MINUS, "-"), border=True, width=160,
                delta_color="off" if same else color, delta_arrow="off" if same else "auto",
                help=f"{LABELS[key]}: {MEANINGS[key]}. {figure(own[key], low, high)}; below it, the difference from no "
                "resampling",
            )  # fmt: skip


def guarded(settings: list[Setting]) -> list[LabResult] | None:
    """Do as `run` does, but show an error if a setting doesn't work."""
    try:
        return run(settings)
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return None
