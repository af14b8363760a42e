"""Every sentence that is computed from a table, in one snapshot: rewording one is `pytest --snapshot-update` here.

What the sentences must contain is tested beside each chart; this file holds how they read.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from syrupy.assertion import SnapshotAssertion

from core.data.cleaning import Cleaning, changes
from core.data.leakage import duplicates_across, leaked_share, load_overlap, milk10k_overlap
from core.data.splits import load_near_duplicates, load_splits
from core.data.summary import Selection, load_counts, load_leak
from core.evaluation.calibration import before_and_after
from core.evaluation.comparisons import CLEAN, EXCESS, LEAKING
from core.evaluation.metrics import METRICS
from core.evaluation.reported import reported
from core.evaluation.scoring import ScoringResult
from core.evaluation.thresholds import TARGETS
from core.explain.study.summary import ALL, GAP
from core.inference.ood import Neighbour
from core.labels import DX
from core.lessons.results import figures as lesson_figures
from core.lessons.results import read
from core.lessons.steps import STEPS
from core.stats import Estimate
from core.store.folders import model_folders
from core.store.predictions import Scores
from dashboard.charts import eda as eda_charts
from dashboard.charts import eda_people, eda_quality, eda_site
from dashboard.charts.calibration import temperature_effect
from dashboard.charts.cam_checks import covers, curves, randomized
from dashboard.charts.comparisons import paired_runs
from dashboard.charts.curves import precision_recall, reliability_diagram, roc
from dashboard.charts.leaderboard import by_diagnosis, forest
from dashboard.charts.slices import slice_forest
from dashboard.charts.splits import class_shares, datasets_overlap, overlap_bars
from dashboard.charts.thresholds import cost_curve, four_figures, small_matrix
from dashboard.charts.training import learning_curves
from dashboard.text import (
    cam_checks,
    cam_methods,
    cam_scores,
    class_ranking,
    confusion,
    home,
    lessons,
    models,
    phrases,
    prediction,
    slices,
    splits,
    thresholds,
)
from dashboard.text import (
    leaderboard as leaderboard_text,
)
from dashboard.text.eda_quality import cleaned_sentence, imputation_source
from dashboard.text.own_models import METRIC, own_sentence
from dashboard.text.synthetic import synthetic_sentence
from tests.core.explain.study import test_aims
from tests.dashboard.charts import (
    test_calibration,
    test_cam_checks,
    test_class_ranking,
    test_comparisons,
    test_curves,
    test_leaderboard,
    test_slices,
    test_training,
)

Sentences = dict[str, str]
NAN = float("nan")
WHOLE = load_counts()


def eda() -> Sentences:
    with_scale = (eda_charts.dx_counts, eda_charts.imbalance_ratio, eda_charts.lesions_and_images)
    charts = (
        *with_scale, eda_charts.images_per_lesion, eda_charts.dx_by_dx_type, eda_people.age_histogram,
        eda_people.sex_counts, eda_people.dx_by_sex, eda_people.dx_by_age_group, eda_people.age_by_dx,
        eda_people.age_sex_pyramids, eda_site.body_map, eda_site.site_counts, eda_site.site_by_dx,
        eda_quality.unknown_values, eda_quality.image_sizes, eda_quality.aspect_ratios,
    )  # fmt: skip
    nothing = WHOLE.assign(age=np.nan, sex="unknown", localization="unknown", width=np.nan, height=np.nan)
    views = {"all images": WHOLE, "one row": WHOLE[:1], "nothing known": nothing}
    out = {
        f"{build.__name__}, {name}": build(view, "images").sentence for build in charts for name, view in views.items()
    }
    out["imputation_leak"] = eda_quality.imputation_leak(load_leak()).sentence
    out["imputation_source"] = imputation_source(pd.Series({"rows": 42, "lesions": 30}))
    out["cleaned"] = cleaned_sentence(changes(WHOLE, Cleaning(age=True, sex=True, localization=True)))
    out["not cleaned"] = cleaned_sentence(changes(WHOLE, Cleaning()))
    out["kept"] = phrases.kept(Selection(dx=("mel", "nv"), sex=("female",), dx_type=("histo",), age=(40, np.inf)))
    return out


def home_page() -> Sentences:
    lesions = synthetic_sentence("net", 70, Estimate(0.4, 0.3, 0.5), Estimate(0.7, 0.65, 0.75))
    return {"lead": home.lead(WHOLE, 11), "learn": home.learn_text(798, 2003), "synthetic": lesions}


def lesson() -> Sentences:
    table = read()
    return {
        f"{step.key}, {variant.key}": lessons.result_sentence(
            step, lesson_figures(step, variant.key, table), variant.key
        )
        for step in STEPS
        for variant in step.shipped()
    }


def two_splits() -> Sentences:
    overlap = load_overlap()
    out = {
        f"{scheme}, {unit}": overlap_bars(overlap, scheme, unit).sentence
        for scheme in splits.WAYS
        for unit in ("images", "lesions")
    }
    nothing = leaked_share(overlap.assign(images=0, lesions=0), "lesion", "images")
    shares = {f"class shares, {unit}": class_shares(overlap, unit).sentence for unit in ("images", "lesions")}
    committed, pairs = load_splits(), load_near_duplicates()
    none = committed.assign(near_duplicate=False)
    duplicates = {
        "removed": splits.removed_sentence(duplicates_across(committed, pairs), committed),
        "removed, later": splits.removed_sentence(duplicates_across(committed, pairs), committed, ["baseline_cnn"]),
        "nothing removed": splits.removed_sentence(duplicates_across(none, pairs[:0]), none),
        "datasets": datasets_overlap(milk10k_overlap()).sentence,
    }
    return out | shares | duplicates | {"empty": splits.overlap_sentence(nothing, "lesion", "images")}


def leaderboard() -> Sentences:
    rows, metric = test_leaderboard.ROWS, METRICS["balanced_accuracy"]
    leads = {"clear": Estimate(0.2, 0.1, 0.3), "not clear": Estimate(0.2, -0.1, 0.3), "none": None}
    out = {f"forest, lead {name}": forest(rows, metric, lead).sentence for name, lead in leads.items()}
    undefined = test_leaderboard.board(("only", NAN, NAN, NAN))
    latencies = pd.DataFrame({"name": ["slow", "fast", "none"], "latency": [20.0, 7.5, NAN]})
    missing = pd.DataFrame({"name": ["a", "b"], "accuracy": [0.8, NAN], "command": ["x --weights DIR", "y"]})
    return out | {
        "forest, undefined": forest(undefined, METRICS["macro_auc"]).sentence,
        "report": by_diagnosis(test_leaderboard.report(mel=0.8, df=0.1), "recall").sentence,
        "report, undefined": by_diagnosis(test_leaderboard.report(**dict.fromkeys(DX, NAN)), "recall").sentence,
        "reported": leaderboard_text.reported_sentence(reported()),
        "latency": str(leaderboard_text.latency_sentence(latencies)),
        "not trained": leaderboard_text.not_trained_sentence(missing),
        "test set": leaderboard_text.test_set(pd.DataFrame({"images": [2004], "lesions": [1491]})),
        "intervals": leaderboard_text.INTERVALS,
    }


def own_predictions() -> Sentences:
    found = Estimate(0.7, 0.65, 0.75)

    def result(gap: Estimate | None) -> ScoringResult:
        differences = {} if gap is None else {METRIC: gap}
        empty = Scores(*[np.array([])] * 5)
        return ScoringResult("a.csv", "t", empty, False, (), {METRIC: found}, {}, None, None, "net", differences)

    gaps = {"clear": Estimate(0.1, 0.05, 0.15), "not clear": Estimate(-0.01, -0.05, 0.03), "alone": None}
    return {name: own_sentence("mine (yours)", result(gap)) for name, gap in gaps.items()}


def confusion_matrix() -> Sentences:
    counts = {("mel", "mel"): 10, ("mel", "nv"): 30, ("nv", "nv"): 50, ("nv", "bkl"): 2}
    rows = [(dx, other, counts.get((dx, other), 0)) for dx in ("mel", "nv") for other in DX]
    table = pd.DataFrame(rows, columns=["dx", "predicted", "images"])
    table = table.assign(lesions=table["images"], share=table["images"] / 50, images_b=5, share_b=0.1)
    table = table.assign(difference=table["share"] - table["share_b"])
    cell = table[(table["dx"] == "mel") & (table["predicted"] == "nv")].iloc[0]
    return {
        "mistakes": confusion.confusion_sentence(table),
        "no mistakes": confusion.confusion_sentence(table[table["dx"] == table["predicted"]]),
        "two models": confusion.difference_sentence(table, "a", "b"),
        "no difference": confusion.difference_sentence(table.assign(difference=0.0), "a", "b"),
        "cell": confusion.cell_text(cell, 0.75),
        "cell, two models": confusion.difference_text(cell, -0.125),
    }


def probabilities() -> Sentences:
    areas, points = test_curves.areas.__wrapped__(), test_curves.points.__wrapped__()
    none = areas.assign(auc=NAN, ap=NAN)
    apart = test_curves.bins((0.5, 0.5, 100, 0.4, 0.6), (0.9, 0.7, 100, 0.6, 0.8))
    fine = test_curves.bins((0.5, 0.6, 100, 0.45, 0.7))
    table = before_and_after(test_calibration.card(0.05, 0.03))
    return {
        "roc": roc(points, areas, "mel").sentence,
        "roc, no images": roc(points, none, "mel").sentence,
        "precision and recall": precision_recall(points, areas, "mel").sentence,
        "reliability, overconfident": reliability_diagram(apart, Estimate(0.1, 0.08, 0.12)).sentence,
        "reliability, underconfident": reliability_diagram(fine, Estimate(0.1, 0, 0.2)).sentence,
        "temperature": temperature_effect(table, "calibration_error", 1.3).sentence,
        "temperature, no test": temperature_effect(
            table.query("split == 'validation'"), "calibration_error", 1.3
        ).sentence,
        "slices": slice_forest(test_slices.TABLE, "accuracy", 0.8).sentence,
        "slices, nothing to compare": slice_forest(test_slices.TABLE[:1], "accuracy", 0.8).sentence,
        "few lesions": str(slices.few_sentence(test_slices.TABLE, "melanoma_auc")),
    }


def threshold() -> Sentences:
    table = pd.DataFrame({"threshold": [0.0, 0.1, 0.2, 1.0], "cost": [80.0, 30.0, 40.0, 110.0]})
    table = table.assign(cost_low=table["cost"] - 5, cost_high=table["cost"] + 5)
    values = {"sensitivity": 0.84, "specificity": 0.8, "ppv": 0.4, "npv": 0.9}
    known = {name: Estimate(value, value - 0.05, value + 0.05) for name, value in values.items()}
    nothing = Estimate(NAN, NAN, NAN)
    counts = [(True, True, 188, 0.84), (True, False, 35, 0.16), (False, True, 291, 0.16), (False, False, 1490, 0.84)]
    matrix = pd.DataFrame(counts, columns=["truth", "predicted", "images", "share"])
    return {
        "cost": cost_curve(table, 0.2, 0.1, 10).sentence,
        "cost, of a visitor's predictions": cost_curve(table, 0.2, 0.1, 10, "expected").sentence,
        "figures": four_figures(known, "melanoma", 0.11, 0.02).sentence,
        "figures, nothing flagged": four_figures(known | {"ppv": nothing}, "melanoma", 1.0, 0.02).sentence,
        "figures, undefined": four_figures(dict.fromkeys(known, nothing), "melanoma", 1.0, 0.02).sentence,
        "matrix": small_matrix(matrix, "melanoma").sentence,
        "target": thresholds.target_sentence("malignant", TARGETS["malignant"]),
    }


def training() -> Sentences:
    history = test_training.HISTORY
    return {
        "score": learning_curves(history, "score", 1).sentence,
        "loss": learning_curves(history, "loss", 1).sentence,
        "bare": learning_curves(history[["epoch", "phase"]], "loss", None).sentence,
    }


def comparisons() -> Sentences:
    row = test_comparisons.row
    labels = [row("labels", "all", 0.5, 0.7, 0.05, "one"), row("labels", "all", 0.6, 0.61, 0.05, "two")]
    excess = {"gap": 0.19, "gap_low": 0.15, "gap_high": 0.23}
    leak = [
        row("leak", "all", 0.8, 0.75, 0.02),
        row("leak", LEAKING, 0.9, 0.7, 0.02),
        row("leak", CLEAN, 0.71, 0.7, 0.02),
        row("leak", EXCESS, NAN, NAN, NAN) | excess,
    ]
    pairs = [("Weights, all layers", 0.6, 0.5), ("Over, all layers", 0.4, 0.5), ("SMOTE, head alone", 0.51, 0.5)]
    resampling = [row("resampling", "all", a, b, 0.05) | {"label": label} for label, a, b in pairs]
    seeds = [row("seed", "all", 0.66, 0.67, 0.03)]
    tables = {"labels": labels, "leak": leak, "resampling": resampling, "seed": seeds}
    written = {kind: paired_runs(pd.DataFrame(rows), kind, "accuracy").sentence for kind, rows in tables.items()}
    covers = {f"cover, {box}": test_comparisons.cover(box) for box in (0.3, 0.15)}
    return written | {key: paired_runs(rows, "cover", "balanced_accuracy").sentence for key, rows in covers.items()}


BY = ("LayerCAM", "predicted")


def heatmaps() -> Sentences:
    made = test_cam_checks.made
    checks = {f"{check}": curves(made(), check).sentence for check in ("insertion", "deletion")}
    checks |= {f"randomized, {bottom}": randomized(made(bottom=bottom)).sentence for bottom in (0.1, 0.41, 0.7)}
    checks |= {f"covered, {box}": covers(made(box=box)).sentence for box in (0.15, 0.3)}
    checks["randomized, LayerCAM"] = randomized(made(), "LayerCAM").sentence
    checks["table"] = cam_checks.checks_table({"net": made()}, "Model").iloc[0].to_string()
    table = scores(0.1)
    return checks | {
        "fits": cam_scores.fits_sentence(table, "energy"),
        "fits, none": cam_scores.fits_sentence(scores(-0.1), "energy"),
        "fits, table": cam_scores.fits_table(table, "energy").iloc[0].to_string(),
        "right and wrong": cam_scores.right_wrong_sentence(table, "net", "energy", "predicted"),
        "right and wrong, not scored": cam_scores.right_wrong_sentence(table, "other", "energy", "predicted"),
        "by diagnosis": cam_scores.diagnoses_sentence(table, "net", "energy", "predicted"),
        "by diagnosis, none": cam_scores.diagnoses_sentence(scores(0.0), "net", "energy", "predicted"),
        "one image": cam_scores.score_caption("mel", 0.25),
        "one image, not scored": cam_scores.score_caption("mel", NAN),
        "aims": cam_methods.aims_sentence(test_aims.summary(0.5, 0.43, 0.64, 0.976, 0.667), "net", *BY),
        "aims, all": cam_methods.aims_sentence(test_aims.summary(0.9, 0.4, 0.6, 1.0, 0.9), "net", *BY),
        "aims, not scored": cam_methods.aims_sentence(table, "other", *BY),
    }


def class_board() -> Sentences:
    entry, standing = test_class_ranking.entry, test_class_ranking.standing
    gap = Estimate(0.3, 0.2, 0.4)
    tests = test_class_ranking.around(0.55), test_class_ranking.around(0.6)
    opened = [entry(1, 0.62, tests[0]), entry(2, 0.5, tests[1], classifier="knn")]
    until = datetime(2026, 12, 1, 22, 30, tzinfo=UTC)
    return {
        "board": class_ranking.board_sentence([entry(1, 0.62)]),
        "board, opened": class_ranking.board_sentence(opened),
        "board, opened, one setting": class_ranking.board_sentence(opened[:1]),
        "flattery": class_ranking.flattery_sentence([entry(1, 0.9, protocol="image_split")]),
        "flattery, opened": class_ranking.flattery_sentence([entry(1, 0.9, tests[1], gap, protocol="image_split")]),
        "homework": class_ranking.homework_sentence([standing(1, 0.6, 1), standing(2, 0.59, 1)]),
        "homework, over": class_ranking.homework_sentence([standing(1, 0.6, 1, 0.5, 1)]),
        "deadline": class_ranking.deadline_text(until, False, UTC),
        "deadline, over": class_ranking.deadline_text(until, True, ZoneInfo("Europe/Vienna")),
    }


def models_named() -> Sentences:
    same = prediction.same_image_sentence([Neighbour("ISIC_1", "mel", 1.0)], "net")
    labels = {name: models.full_label(name) for name in model_folders()}
    return labels | {
        "member": models.member_sentence("baseline_cnn", "layers"),
        "same image": str(same),
    }


def scores(excess: float) -> pd.DataFrame:
    """One model's summary with the same figures everywhere."""
    head = {"model": "net", "target": "predicted", "score": "energy", "images": 100, "lesions": 80, "without": 3}
    values = {"heatmap": 0.6, "other": 0.6 - excess, "gain": excess, "center": 0.6 - excess, "excess": excess}
    ends = {
        f"{name}{end}": value + d for name, value in values.items() for end, d in (("_low", -0.05), ("_high", 0.05))
    }
    outcomes = (ALL, "right", "wrong", GAP)
    return pd.DataFrame([
        head | {"dx": dx, "outcome": outcome, "uniform": 0.2, "narrow": 0.8} | values | ends
        for dx in (ALL, "mel", "nv") for outcome in outcomes
    ])  # fmt: skip


PAGES = (
    eda,
    home_page,
    lesson,
    two_splits,
    leaderboard,
    own_predictions,
    confusion_matrix,
    probabilities,
    threshold,
    training,
    comparisons,
    heatmaps,
    class_board,
    models_named,
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_sentences_read_as_they_did(page: Callable[[], Sentences], snapshot: SnapshotAssertion) -> None:
    assert page() == snapshot
