"""Every metadata chart draws every view, its table adds up, and its sentence says what the table says."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from core.data.cleaning import Cleaning, changes
from core.data.metadata import LOCALIZATIONS
from core.data.summary import UNITS, Selection, count, load_counts, load_leak, select
from core.labels import COLORS, DX
from dashboard.charts import eda, eda_people, eda_quality, eda_site
from dashboard.charts.body import LABELS, LOOSE, outlines
from dashboard.charts.style import Chart
from dashboard.text.eda_quality import cleaned_sentence
from dashboard.text.phrases import kept

Build = Callable[..., Chart]
WITH_SCALE: list[Build] = [
    eda.dx_counts, eda.imbalance_ratio, eda.lesions_and_images, eda.images_per_lesion,
    eda_people.dx_by_sex, eda_people.dx_by_age_group, eda_site.site_counts,
]  # fmt: skip
CHARTS: list[Build] = [
    *WITH_SCALE, eda.dx_by_dx_type, eda_people.age_histogram,
    eda_people.sex_counts, eda_people.age_by_dx, eda_people.age_sex_pyramids, eda_site.body_map, eda_site.site_by_dx,
    eda_quality.unknown_values, eda_quality.image_sizes, eda_quality.aspect_ratios,
]  # fmt: skip
WHOLE = load_counts()
VIEWS = {
    "whole": WHOLE,
    "one diagnosis": select(WHOLE, Selection(dx=("vasc",))),
    "one row": WHOLE[:1],
    "nothing known": WHOLE.assign(age=np.nan, sex="unknown", localization="unknown", width=np.nan, height=np.nan),
    "no confirmed by biopsy": select(WHOLE, Selection(dx_type=("follow_up",))),
    "children": select(WHOLE, Selection(age=(0, 5))),
    "all as many": pd.concat([WHOLE[WHOLE["dx"] == dx][:1].assign(images=1, lesions=1) for dx in DX]),
    "an image whose lesion counts elsewhere": WHOLE[(WHOLE["lesions"] == 0) | (WHOLE["dx"] == "df")],
}


@pytest.mark.parametrize(("view", "unit"), list(zip(VIEWS.values(), UNITS * 4, strict=True)), ids=VIEWS)
@pytest.mark.parametrize("build", CHARTS, ids=lambda build: build.__name__)
def test_every_chart_draws_every_view(build: Build, view: pd.DataFrame, unit: str) -> None:
    before = view.copy()
    figure, table, sentence = build(view, unit)
    assert figure.to_json()
    assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)"
    assert sentence.endswith(".")
    assert not {"nan", "inf"} & set(sentence.replace("*", " ").split())
    if unit in table and len(table):
        assert table[unit].sum() <= view[unit].sum()
    pd.testing.assert_frame_equal(view, before)


@pytest.mark.parametrize("build", CHARTS, ids=lambda build: build.__name__)
def test_every_chart_of_the_whole_set_has_marks(build: Build) -> None:
    figure = build(WHOLE, "images").figure
    assert any(len(np.atleast_1d(trace.x if trace.x is not None else trace.q1)) for trace in figure.data)


def test_diagnoses_are_counted_and_coloured() -> None:
    chart = eda.dx_counts(WHOLE, "images")
    bar = chart.figure.data[0]
    assert (
        dict(zip(chart.table["dx"], chart.table["images"], strict=True))
        == WHOLE.groupby("dx")["images"].sum().to_dict()
    )
    assert list(bar.x) == list(chart.table["images"])[::-1]
    assert list(bar.marker.color) == [COLORS[dx] for dx in chart.table["dx"]][::-1]
    assert chart.sentence.startswith("**58 times as many images of melanocytic nevi")
    assert "67% of the 10,015 images" in chart.sentence
    assert eda.dx_counts(WHOLE, "lesions").sentence.startswith("**74 times as many lesions of melanocytic nevi")
    assert "7 diagnoses shown has 1 image." in eda.dx_counts(VIEWS["all as many"], "images").sentence


@pytest.mark.parametrize("build", WITH_SCALE, ids=lambda build: build.__name__)
def test_every_count_can_be_drawn_on_a_log_axis(build: Build) -> None:
    for view in (WHOLE, VIEWS["one row"]):
        layout = build(view, "images", log=True).figure.layout
        assert "log" in {layout.xaxis.type, layout.yaxis.type}


def test_a_log_axis_hides_no_bar() -> None:
    axis = eda.dx_counts(WHOLE, "images", log=True).figure.layout.xaxis
    assert axis.type == "log"
    assert axis.range[0] < 0 < np.log10(6705) < axis.range[1]


def test_lesions_with_several_images_are_counted() -> None:
    sentence = eda.images_per_lesion(WHOLE, "lesions").sentence
    assert all(n in sentence for n in ("1,956", "7,470 lesions", "4,501", "10,015 images"))
    both = eda.lesions_and_images(WHOLE, "images").sentence
    assert all(n in both for n in ("10,015 images", "7,470 lesions"))


def test_confirmation_that_gives_a_diagnosis_away_is_named() -> None:
    sentence = eda.dx_by_dx_type(WHOLE, "images").sentence
    assert "actinic keratoses, basal cell carcinomas and melanomas" in sentence
    assert "follow-up only occurs for melanocytic nevi" in sentence
    assert "only" not in eda.dx_by_dx_type(VIEWS["one diagnosis"], "images").sentence


def test_age_groups_are_the_notebooks() -> None:
    ages = pd.Series([0, 20, 21, 40, 41, 60, 61, 80, 81, 100, 110])
    groups = ["0-20", "0-20", "21-40", "21-40", "41-60", "41-60", "61-80", "61-80", "81-100", "81-100", "81-100"]
    assert eda_people.age_group(ages).tolist() == groups


def test_the_age_histogram_and_its_density_cover_the_same_area() -> None:
    bars, curve = eda_people.age_histogram(WHOLE, "images").figure.data
    assert sum(bars.y) == 9_958
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(5 * 9_958, rel=0.02)
    assert all(
        part in eda_people.age_histogram(WHOLE, "images").sentence
        for part in ("40 to 65", "**50**", "57 images (0.6%)")
    )


def test_boxes_are_those_of_the_rows() -> None:
    boxes = eda_people.age_quartiles(WHOLE, "images").set_index("dx")
    for dx, part in WHOLE.dropna(subset="age").groupby("dx"):
        ages = part["age"].repeat(part["images"])
        assert boxes.loc[dx, ["q1", "median", "q3"]].tolist() == ages.quantile([0.25, 0.5, 0.75]).tolist()
        reach = 1.5 * (boxes.loc[dx, "q3"] - boxes.loc[dx, "q1"])
        assert boxes.loc[dx, "low"] == ages[ages >= boxes.loc[dx, "q1"] - reach].min()
        assert boxes.loc[dx, "high"] == ages[ages <= boxes.loc[dx, "q3"] + reach].max()
    dots = eda_people.age_by_dx(WHOLE, "images").figure.data[-1]
    assert 30 in set(dots.x)


def test_pyramids_stack_up_to_each_diagnosis() -> None:
    chart = eda_people.age_sex_pyramids(WHOLE, "images")
    assert chart.table.groupby("dx")["share"].sum().to_numpy() == pytest.approx(1)
    widest = {}
    for trace in chart.figure.data:
        widest.setdefault(trace.xaxis, []).extend(trace.x)
    assert len(widest) == len(DX)
    for shares in widest.values():
        assert min(shares) < 0 < max(shares)
        assert np.abs(shares).sum() == pytest.approx(1)


def test_the_body_has_every_site_and_labels_it() -> None:
    assert set(outlines()) == set(LOCALIZATIONS)
    assert set(LABELS) | set(LOOSE) == set(LOCALIZATIONS)
    chart = eda_site.body_map(WHOLE, "images")
    written = " ".join(note.text for note in chart.figure.layout.annotations)
    for site, n in WHOLE.groupby("localization")["images"].sum().items():
        assert f"<b>{n:,}</b>" in written
        assert f"{site.replace(' ', '<br>')}<br>" in written
    shade = {trace.text.split(":")[0]: float(trace.fillcolor.rsplit(",", 1)[1][:-1]) for trace in chart.figure.data}
    n = WHOLE.groupby("localization")["images"].sum()
    assert sorted(shade, key=lambda site: (shade[site], n[site])) == n.sort_values().index.tolist()


def test_the_heatmap_shades_by_share_and_writes_counts() -> None:
    chart = eda_site.site_by_dx(WHOLE, "images")
    shades, figures = chart.figure.data
    assert np.nansum(np.asarray(shades.z, float), axis=0) == pytest.approx(np.ones(len(DX)))
    assert "82" in figures.text
    assert "dermatofibromas and the lower extremity" in chart.sentence
    assert "82 of 115 images (71%)" in chart.sentence
    assert len(figures.textfont.color) == len(figures.text)


def test_unknown_values_are_counted_by_diagnosis() -> None:
    chart = eda_quality.unknown_values(WHOLE, "images")
    assert chart.table[["age", "sex", "localization"]].sum().tolist() == [57, 57, 234]
    assert all(part in chart.sentence for part in ("234 images (2.3%)", "196", "melanocytic nevi"))
    known = eda_quality.unknown_values(WHOLE.dropna().query("sex != 'unknown' and localization != 'unknown'"), "images")
    assert "are known for every one" in known.sentence


def test_the_leak_is_computed_from_its_table() -> None:
    leak = load_leak()
    chart = eda_quality.imputation_leak(leak)
    own = leak.query("site == 'own_dx' and reader == 'unknown'").iloc[0]
    assert f"**{own['right']} of {own['rows']}** test images" in chart.sentence
    assert list(chart.figure.data[0].x) == [
        leak.query(f"site == '{site}' and reader == 'unknown'")["share"].iloc[0] for site in eda_quality.SITES
    ]
    assert "unknown site" in eda_quality.imputation_leak(leak.assign(rows=0)).sentence


def test_what_was_filled_in_is_named() -> None:
    sentence = cleaned_sentence(changes(WHOLE, Cleaning(age=True, sex=True, localization=True)))
    for part in (
        "57 images (50)",
        "57 images (male)",
        "bkl: face 23",
        "234 images",
    ):
        assert part in sentence
    assert "unknown stays unknown" in cleaned_sentence(changes(WHOLE, Cleaning()))


def test_image_sizes_of_several_kinds_are_told_apart(mini_metadata: pd.DataFrame) -> None:
    sizes = pd.DataFrame({"width": 600, "height": 450}, index=mini_metadata["image_id"])
    sizes.iloc[:14] = [640, 640]
    view = count(mini_metadata, sizes)
    assert eda_quality.image_sizes(view, "images").sentence.startswith("80% of the 70 images")
    assert "published larger" not in eda_quality.image_sizes(view, "images").sentence
    reduced = eda_quality.image_sizes(WHOLE, "images").sentence
    assert all(part in reduced for part in ("All 10,015 images", "**200 x 150**", "published larger"))
    assert "0.75" in (sentence := eda_quality.aspect_ratios(view, "images").sentence)
    assert "0.75 to 1.00" in sentence


@pytest.mark.parametrize(
    ("selection", "text"),
    [
        (Selection(), ""),
        (Selection(dx=("mel", "nv"), age=(40, 60)), " (diagnosis mel, nv; age 40 to 60)"),
        (Selection(dx_type=("histo",), age=(40, np.inf)), " (confirmed by histopathology; age 40 and over)"),
    ],
)
def test_filters_in_words(selection: Selection, text: str) -> None:
    assert kept(selection) == text


@pytest.mark.parametrize("build", [eda_people.dx_by_age_group, eda_people.dx_by_sex])
def test_shares_of_a_group_add_up_to_one_whatever_its_size(build):
    chart = build(load_counts(), "images", log=True, shares=True)
    groups = pd.DataFrame({bar.name: pd.Series(bar.y, bar.x) for bar in chart.figure.data})
    assert groups.sum(axis=1).tolist() == pytest.approx([1.0] * len(groups))
    assert chart.figure.layout.yaxis.type is None and chart.figure.layout.yaxis.tickformat == ".0%"
    assert chart.table.equals(build(load_counts(), "images").table)
