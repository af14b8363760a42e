"""The table of methods and its sentence follow the figures."""

import pandas as pd

from core.explain.localization import SCORES
from core.explain.methods import SERVED
from dashboard.text.cam_methods import aims_sentence, methods_sentence, methods_source, methods_table, served_table
from tests.core.explain.study.test_aims import summary

FURTHER = {"accuracy": 0.8, "insertion": 0.7, "deletion": 0.4, "randomized": float("nan")}


def made(best: float = 0.6, other: float = 0.5) -> pd.DataFrame:
    """Grad-CAM at 0.5 and another method at `best`, on both splits."""
    rows = []
    for split in ("validation", "test"):
        for name, value in (("Grad-CAM", 0.5), ("Finer maps", best)):
            gap = value - other
            each = {"value": value, "other": other, "gain": gap, "gain_low": gap - 0.02, "gain_high": gap + 0.02}
            head = {"method": name, "split": split, "center": 0.64, "images": 200, "rows": 6, "columns": 7}
            rows += [head | each | {"measure": score} for score in SCORES]
            rows += [head | {"measure": measure, "value": figure} for measure, figure in FURTHER.items()]
            time = 4.0 if name == "Grad-CAM" else float("nan")
            rows.append(head | {"measure": "relative time", "value": time})
    return pd.DataFrame(rows)


def test_one_row_per_method_as_it_is_shown() -> None:
    table = methods_table(made()).set_index("Method")
    assert table.loc["Finer maps", "Heat inside"] == "60%"
    assert table.loc["Finer maps", "Heat inside, minus another image's"].startswith("+10.0 points [+8.0")
    assert table.loc["Finer maps", "Time"] == "not measured" and table.loc["Grad-CAM", "Time"] == "4.0 x"
    assert set(table["Weights shuffled"]) == {"undefined"} and set(table["Grid"]) == {"6 x 7"}


def test_the_sentence_compares_with_another_image_and_the_central_spot() -> None:
    text = methods_sentence(made())
    assert "**Finer maps**" in text and "200 test images" in text
    assert "clearly more than another image's heatmap (50%) and less than a fixed central spot (64%)" in text
    assert "more than a fixed central spot" in methods_sentence(made(0.7))
    assert "not clearly different" in methods_sentence(made(0.51))


def test_the_time_of_the_best_method_stands_beside_that_of_the_one_that_the_app_shows() -> None:
    rows, time = made(), {"Finer maps": 17.09, SERVED.name: 2.6}
    assert "times as long" not in methods_sentence(rows)
    times = [{"method": name, "split": "validation", "measure": "relative time", "value": time[name]} for name in time]
    table = pd.concat([rows[rows["measure"] != "relative time"], pd.DataFrame(times)])
    assert methods_sentence(table).endswith(
        f" It takes 17.1 times as long as Grad-CAM; {SERVED.name}, which the app shows, takes 2.6 times as long."
    )
    shown = table[table["method"] != SERVED.name].replace({"Finer maps": SERVED.name})
    assert "times as long" not in methods_sentence(shown)


def test_grad_cam_as_the_best_has_its_own_sentence() -> None:
    table = made()
    kept = table[~((table["split"] == "test") & (table["method"] == "Finer maps"))]
    assert "no method has a higher mean" in methods_sentence(kept)


def test_the_source_names_how_many_images_each_measure_has() -> None:
    table = made()
    table.loc[table["measure"] == "insertion", "images"] = 6
    table.loc[table["measure"] == "randomized", "images"] = 4
    text = methods_source(table)
    assert "n = 200 images" in text and "insertion and deletion: 6; weights shuffled: 4" in text


def test_methods_of_the_app_are_compared_in_one_row_each() -> None:
    fine, coarse = summary(0.5, 0.43, 0.64, 0.976, 0.667), summary(0.56, 0.53, 0.64, 0.84, 0.6)
    table = served_table({"LayerCAM": fine, "Grad-CAM": coarse}, "net", "predicted").set_index("Method")
    assert table["Aims reached"].to_dict() == {"LayerCAM": "2 of 4", "Grad-CAM": "0 of 4"}
    assert table.loc["LayerCAM", "Heat inside"].startswith("50%")
    assert table.loc["Grad-CAM", "Minus the central spot"].startswith("\N{MINUS SIGN}8.0 points")
    assert served_table({"LayerCAM": fine}, "other", "predicted").empty


def test_the_sentence_says_which_aims_are_reached_and_which_not() -> None:
    text = aims_sentence(summary(0.5, 0.43, 0.64, 0.976, 0.667), "net", "LayerCAM", "predicted")
    assert "**2 of 4 aims**" in text and "95% of images (98%)" in text
    assert "Not reached: at least 10 points more heat" in text and "(+7.0 points)" in text
    assert "Not reached" not in aims_sentence(summary(0.9, 0.4, 0.6, 1.0, 0.9), "net", "LayerCAM", "predicted")
    assert "isn't scored yet" in aims_sentence(pd.DataFrame(), "net", "LayerCAM", "predicted")
