"""A short report of a prediction, as one self-contained HTML file."""

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape

from PIL import Image as Pillow

from core.data.images import Image
from core.inference.heatmaps import HeatmapMethod
from core.inference.many import Classified
from core.inference.pipeline import Prediction
from core.labels import DX, NAMES
from core.store.datasets import UNKNOWN_TRAINING, credit

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1b2733;"
    "background:#fff}img{max-width:100%;height:auto}table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;"
    "text-align:left}td+td,th+th{text-align:right;font-variant-numeric:tabular-nums}"
    ".images{display:flex;gap:1rem;flex-wrap:wrap}figure{margin:0;flex:1 1 14rem}"
    "@page{size:A4;margin:12mm}@media print{body{font-size:10.5px;line-height:1.35;margin:0;max-width:none;padding:0}"
    "h1{font-size:16px;margin:0 0 4px}p{margin:4px 0}.images img{max-height:58mm;width:auto}}"
)
NOT_A_DIAGNOSIS = "This is not a diagnosis. If a spot on your skin worries you, see a doctor."


def data_url(image: Image) -> str:
    """Encode an image as a data URL, from its pixels alone: no camera, place or time is in it.

    Example:
        >>> import numpy as np
        >>> data_url(np.zeros((3, 4, 3), np.uint8))[:23]
        'data:image/jpeg;base64,'
    """
    stream = io.BytesIO()
    Pillow.fromarray(image).save(stream, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"


def many_report_html(model: str, learned: Iterable[str], classified: Sequence[Classified], sentence: str) -> str:
    """Write one report on several images.

    Args:
        model: Its name.
        learned: Datasets that it was trained on, as from `core.store.datasets.learned_from`.
        classified: The images, in the order to show them.
        sentence: Which class shares the probabilities assume, as plain text.
    """
    title, rows = f"{len(classified)} images, classified by {escape(model)}", "".join(map(_report_row, classified))
    return (
        f"{_head(title)}<p><strong>{NOT_A_DIAGNOSIS}</strong></p><p>{escape(sentence)}</p>"
        f"<table><tr><th>Image</th><th></th><th>Prediction</th></tr>{rows}</table>{_foot(learned)}"
    )


def _report_row(each: Classified) -> str:
    shown = "" if each.image is None else f'<img alt="{escape(each.name)}" width="160" src="{data_url(each.image)}">'
    if each.prediction is None:
        return f"<tr><td>{shown}</td><td>{escape(each.name)}</td><td>{escape(each.note)}</td></tr>"
    likely = sorted(zip(each.prediction.probabilities, DX, strict=True), reverse=True)[:3]
    cells = [f"{escape(NAMES[dx])} {p:.1%}" for p, dx in likely]
    cells += [f"<em>{escape(each.note)}</em>"] if each.note else []
    return f"<tr><td>{shown}</td><td>{escape(each.name)}</td><td>{'<br>'.join(cells)}</td></tr>"


def report_html(
    image: Image, model: str, learned: Iterable[str], prediction: Prediction, sentences: list[str],
    heated: Image | None = None, facts: Sequence[str] = (), method: HeatmapMethod = "Grad-CAM",
) -> str:  # fmt: skip
    """Write the report, which prints on one page.

    Args:
        image: The crop that the model saw; uint8, (height, width, 3), RGB.
        model: Its name.
        learned: Datasets that it was trained on, as from `core.store.datasets.learned_from`.
        prediction: For that image, without warnings.
        sentences: What the page says about it, as plain text.
        heated: The crop with the heatmap of the most probable class.
        facts: When it was made, by which model and which version of it; as plain text.
        method: By which the heatmap was computed.
    """
    ranges = {dx: prediction.flip_range(dx) for dx in DX}
    rows = "".join(
        f"<tr><td>{escape(NAMES[dx])}</td><td>{each.value:.1%}</td><td>{each.low:.1%} to {each.high:.1%}</td></tr>"
        for dx, each in sorted(ranges.items(), key=lambda item: -item[1].value)
    )
    title, text = f"Prediction by {escape(model)}", "".join(f"<p>{escape(each)}</p>" for each in sentences)
    return (
        f"{_head(title)}<p><strong>{NOT_A_DIAGNOSIS}</strong></p>"
        f"<p>{'<br>'.join(map(escape, facts))}</p>{_figures(image, heated, prediction.top, method)}"
        f"<table><tr><th>Class</th><th>Probability</th><th>Over the flips</th></tr>{rows}</table>{text}{_foot(learned)}"
    )


def _foot(learned: Iterable[str]) -> str:
    named = escape(credit(learned))
    origin = f"The model was trained on {named}, CC BY-NC 4.0." if named else UNKNOWN_TRAINING
    return f"<p>For teaching and research only; not a medical device. {origin}</p></html>\n"


def _figures(image: Image, heated: Image | None, top: str, method: HeatmapMethod) -> str:
    figures = [_figure(image, "The part of the image that the model saw")]
    if heated is not None:
        figures.append(_figure(heated, f"Bright areas raised the score for {NAMES[top]} ({method})"))
    return f'<div class="images">{"".join(figures)}</div>'


def _figure(image: Image, caption: str) -> str:
    text = escape(caption)
    return f'<figure><img alt="{text}" src="{data_url(image)}"><figcaption>{text}</figcaption></figure>'


def _head(title: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style><h1>{title}</h1>'
    )
