"""The lab: one setting trained while you wait, beside no strategy."""

from dataclasses import replace
from urllib.parse import urlencode

import streamlit as st

from core.errors import UserError
from core.lab.classifiers import CLASSIFIERS
from core.lab.experiment import Result, Setting, check, describe
from core.lab.measures import DRAWS, LABELS
from core.lab.protocols import PROTOCOLS
from core.resampling.strategies import STRATEGIES
from dashboard.caches import lab
from dashboard.text.phrases import amount

SHORT = {
    "balanced_accuracy": "Balanced acc.", "macro_f1": "Macro F1", "melanoma_sensitivity": "Melanomas found",
    "ece_raw": "ECE", "ece": "ECE corrected", "brier_raw": "Brier", "brier": "Brier corrected",
}  # fmt: skip
"""What stands in big letters, in words that fit half a phone."""
RUNS, STOPPED = "lab-runs", "lab-stopped"
"""Session state: a row a setting that has run, and the setting that was stopped."""


def pick_setting() -> Setting:
    """The lab's controls, each in the address."""
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
    with middle:
        protocol = st.selectbox(
            "Protocol", list(PROTOCOLS), format_func=_protocol_label, key="protocol", bind="query-params",
            help="Five of these are wrong on purpose.",
        )  # fmt: skip
        takes = STRATEGIES[strategy].takes
        share = st.slider(
            "How far towards level classes", 0, 100, 100, step=5, format="%d%%", key="amount", bind="query-params",
            disabled="amount" not in takes, help="imbalanced-learn's sampling_strategy; 100% is its default.",
        )  # fmt: skip
    with right:
        neighbors = st.slider(
            "Nearest neighbours", 1, 100, 5, key="k", bind="query-params", disabled="neighbors" not in takes,
            help="imbalanced-learn's k_neighbors or n_neighbors",
        )  # fmt: skip
        seed = st.number_input("Seed", 0, 999, 0, key="seed", bind="query-params")
    plain = Setting(strategy, classifier, protocol)
    share, neighbors = (
        share if "amount" in takes else plain.amount, neighbors if "neighbors" in takes else plain.neighbors,
    )  # fmt: skip
    return Setting(strategy, classifier, protocol, share, neighbors, int(seed))


def _protocol_label(name: str) -> str:
    return (
        PROTOCOLS[name].label
        if name == "right"
        else f"Wrong: {PROTOCOLS[name].label[0].lower()}{PROTOCOLS[name].label[1:]}"
    )


def explain(setting: Setting) -> None:
    """What strategy and protocol do, a warning where the protocol is wrong."""
    st.markdown(STRATEGIES[setting.strategy].text)
    if setting.protocol != "right":
        protocol = PROTOCOLS[setting.protocol]
        st.warning(f"**Wrong on purpose: {protocol.label.lower()}.** {protocol.text}", icon=":material/warning:")


def run(settings: list[Setting]) -> list[Result] | None:
    """Train what has not been trained yet, with progress and a button that stops it.

    Returns:
        The results in order; None where it was stopped.

    Raises:
        UserError: A setting cannot work.
    """
    for setting in settings:
        check(setting)
    if all(lab.ready(setting) for setting in settings):
        return [lab.result(setting) for setting in settings]
    if st.session_state.get(STOPPED) == settings:
        st.info("Stopped before it was done.", icon=":material/stop_circle:")
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


def baseline(setting: Setting) -> Setting:
    """The same without a strategy."""
    return replace(Setting(), classifier=setting.classifier, protocol=setting.protocol, seed=setting.seed)


def remember(result: Result) -> None:
    """Add a result to the session's table."""
    st.session_state.setdefault(RUNS, {})[result.setting] = describe(result) | {"link": link(result.setting)}


def link(setting: Setting) -> str:
    """The address that opens the lab with a setting."""
    query = {
        "show": "Lab", "strategy": STRATEGIES[setting.strategy].label,
        "classifier": CLASSIFIERS[setting.classifier].label, "protocol": _protocol_label(setting.protocol),
        "amount": setting.amount, "k": setting.neighbors, "seed": setting.seed,
    }  # fmt: skip
    page = (st.context.url or "").split("?")[0]
    return f"{page}?{urlencode(query)}"


def source(result: Result) -> str:
    """Which data and split the figures come from, and how many pictures."""
    scores = result.own.said
    side = "notebook's split by image" if result.setting.protocol == "image_split" else "lesion split"
    if result.setting.protocol == "before_split":
        side = "random split after resampling"
    return (
        f"HAM10000, test side of the {side}, n = {amount(len(scores.truth), 'pictures')} of "
        f"{amount(scores.lesions, 'lesions')}; 95% intervals: {DRAWS} resamples of lesions; frozen ImageNet features"
    )


def show_figures(result: Result, none: Result) -> None:
    """The measures in big letters, each against none."""
    own, other = (each.measures.set_index("measure")["value"] for each in (result, none))
    worse_up = ("ece_raw", "ece", "brier_raw", "brier")
    spans = result.measures.set_index("measure")
    with st.container(horizontal=True):
        for key, label in SHORT.items():
            low, high = spans.loc[key, ["low", "high"]]
            st.metric(
                label, f"{own[key]:.3f}", f"{own[key] - other[key]:+.3f}", border=True, width=160,
                delta_color="inverse" if key in worse_up else "normal",
                help=f"{LABELS[key]}: 95% interval {low:.3f} to {high:.3f}; below, the difference to no strategy",
            )  # fmt: skip
    st.caption(f"{source(result)}. Small figures: difference to no strategy with the same classifier and protocol.")


def guarded(settings: list[Setting]) -> list[Result] | None:
    """As `run`, with a setting that cannot work said in one sentence."""
    try:
        return run(settings)
    except UserError as error:
        st.error(str(error), icon=":material/error:")
        return None
