"""The report that a person keeps."""

import base64
import io
import re

import numpy as np
from PIL import Image as Pillow

from core.inference.many import Classified
from core.inference.pipeline import Pipeline
from core.inference.report import data_url, many_report_html, report_html
from core.labels import NAMES
from core.synthetic.lesions import sample_lesion

IMAGE = sample_lesion("mel", 3).image


def test_a_report_holds_the_image_without_its_exif_and_escapes_what_it_is_told(calibrated_folder):
    prediction = Pipeline(calibrated_folder).predict(IMAGE)
    page = report_html(IMAGE, "<b>model</b>", ["HAM10000"], prediction, ["a < b & c"])
    assert "<b>model" not in page and "&lt;b&gt;model" in page and "a &lt; b &amp; c" in page
    assert all(name.replace("'", "&#x27;") in page for name in NAMES.values())
    assert "This is not a diagnosis" in page and "<script" not in page
    shown = [float(each) for each in re.findall(r"<td>([\d.]+)%</td>", page)]
    assert shown == sorted(shown, reverse=True) and len(shown) == 7
    data = re.search(r"base64,([^\"]+)", page)
    image = Pillow.open(io.BytesIO(base64.b64decode(data[1])))
    assert image.size == (200, 150) and not image.getexif()
    assert np.abs(np.asarray(image).astype(int) - IMAGE).mean() < 6


def test_a_report_holds_heatmap_date_and_version_and_prints_on_a_page(calibrated_folder):
    prediction = Pipeline(calibrated_folder).predict(IMAGE)
    page = report_html(
        IMAGE, "net", ["HAM10000"], prediction, ["a"], IMAGE[::-1].copy(), ["Made on <5> March", "version 1"]
    )
    assert page.count("<img") == page.count("<figcaption>") == 2
    assert "Made on &lt;5&gt; March<br>version 1" in page
    assert f"for {NAMES[prediction.top]}" in page.replace("&#x27;", "'") and "@media print" in page
    assert report_html(IMAGE, "net", ["HAM10000"], prediction, ["a"]).count("<img") == 1
    assert "(Grad-CAM)" in page and "trained on HAM10000 (Tschandl" in page and "MILK10k" not in page
    assert "is not known here" not in page and "is not known here" in report_html(IMAGE, "net", (), prediction, ["a"])
    assert "(LayerCAM)" in report_html(IMAGE, "net", ["HAM10000"], prediction, ["a"], IMAGE, method="LayerCAM")


def test_the_image_is_encoded_from_pixels_alone():
    assert data_url(IMAGE).startswith("data:image/jpeg;base64,")


def test_a_report_on_several_images_has_each_in_its_order(calibrated_folder):
    prediction = Pipeline(calibrated_folder).predict(np.full((150, 200, 3), 128, np.uint8), flips=False)
    rows = [Classified("<i>a", IMAGE, prediction), Classified("b", problem="It is <broken>.")]
    page = many_report_html("net", ["HAM10000", "MILK10k"], rows, "x < y")
    assert "2 images, classified by net" in page and page.count("<img") == 1
    assert "&lt;i&gt;a" in page and "It is &lt;broken&gt;." in page and "x &lt; y" in page
    assert page.index("&lt;i&gt;a") < page.index("<td>b</td>") and "Refused: " in page and "not a diagnosis" in page
    assert "trained on HAM10000 (Tschandl, Rosendahl, Kittler 2018, doi:10.1038/sdata.2018.161) and MILK10k (" in page
