"""A short report of what a model said of a picture, as one HTML file that needs nothing else."""

import base64
import io
from html import escape

from PIL import Image as Pillow

from core.data.images import Image
from core.inference.pipeline import Judgement
from core.labels import DX, NAMES

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1b2733;"
    "background:#fff}img{max-width:100%;height:auto}table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;"
    "text-align:left}td+td,th+th{text-align:right;font-variant-numeric:tabular-nums}"
)
NOT = "This is not a diagnosis. If a spot on your skin worries you, see a doctor."


def picture_data(image: Image) -> str:
    """A picture as a data address: encoded anew from its pixels, so nothing of the camera, place or time is in it."""
    stream = io.BytesIO()
    Pillow.fromarray(image).save(stream, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"


def report_html(image: Image, model: str, said: Judgement, sentences: list[str]) -> str:
    """The report.

    Args:
        image: The crop that the model saw; uint8, (height, width, 3), RGB.
        model: Its name.
        said: Of that picture, not refused.
        sentences: What the page says besides, as plain text.
    """
    order = sorted(DX, key=lambda dx: -said.over_flips(dx).value)
    rows = "".join(
        f"<tr><td>{escape(NAMES[dx])}</td><td>{said.over_flips(dx).value:.1%}</td>"
        f"<td>{said.over_flips(dx).low:.1%} to {said.over_flips(dx).high:.1%}</td></tr>"
        for dx in order
    )
    text = "".join(f"<p>{escape(each)}</p>" for each in sentences)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>What {escape(model)} says of a picture</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
        f"<h1>What {escape(model)} says of a picture</h1><p><strong>{NOT}</strong></p>"
        f'<img alt="The part of the picture that the model saw" src="{picture_data(image)}">'
        f"<table><tr><th>Class</th><th>Probability</th><th>Over four flips</th></tr>{rows}</table>{text}"
        f"<p>For teaching and research only; no medical device. Model trained on HAM10000 (Tschandl, Rosendahl, "
        f"Kittler 2018, doi:10.1038/sdata.2018.161), CC BY-NC 4.0.</p></html>\n"
    )
