"""What the static page says: templates with {fields}, which it fills in, and the same words as on the app's pages.

tests/core/release/test_web_texts.py compares them with dashboard/text, and a browser test compares what the page says
with what the classify page says of the same images.
"""

from core.config import MAX_BYTES
from core.inference import decode, fitted, quality
from core.inference.decode import DAMAGED, UNSUPPORTED
from core.inference.quality import ImageWarning
from core.stats import DRAWS
from core.store.datasets import CREDITS, credit

MEGAPIXELS = 50
"""A browser holds four bytes a pixel and can't decode at reduced size; phones take up to 48 megapixels."""
WARNINGS: dict[str, ImageWarning] = {
    "empty": quality.EMPTY,
    "dark": quality.DARK,
    "bright": quality.BRIGHT,
    "clipped": quality.CLIPPED_WARNING,
    "blurred": quality.BLURRED,
    "unusual": fitted.UNUSUAL,
}
"""By the page's names, in the order of `core.inference.quality.quality_warnings`."""
PROBLEMS = {
    "no_simd": "This browser can't run the model: it lacks WebAssembly SIMD, or has it switched off.",
    "runtime": "The program that runs the model wasn't loaded completely. Check the connection and reload the page.",
    "model": "The model wasn't loaded completely. Check the connection and reload the page.",
    "outdated": "This page has been updated since you opened it. Reload it.",
    "failed": "Something went wrong; reload the page.",
    "empty_file": "This file is empty.",
    "too_many_bytes": f"This file is larger than {MAX_BYTES // 2**20} MB. Use a smaller or more compressed image.",
    "too_many_pixels": f"This image has more than {MEGAPIXELS} megapixels. Use a smaller one.",
    "too_small": f"This image is {{width}} x {{height}} pixels. Each side must have at least {decode.MIN_SIDE}.",
    "too_narrow": "This image is {width} x {height} pixels, which is too narrow. Crop it around the spot.",
    "animated": "Animated {name} images aren't supported. Save one frame as JPEG or PNG.",
    "unsupported_format": "{name} images aren't supported. Save it as JPEG or PNG and try again.",
    "unsupported_heic": f"HEIC images aren't supported. {decode.FROM_IPHONE}",
    "unsupported": UNSUPPORTED,
    "damaged": DAMAGED,
    "no_file": "That wasn't an image file. Choose or drop a JPEG, PNG or WebP image.",
    "camera_denied": "The camera wasn't allowed. Allow it in the browser's settings, or choose an image.",
    "camera_missing": "No camera was found. Choose an image instead.",
    "camera_lost": "The camera has stopped. Start it again, or choose an image.",
    "camera_insecure": "Browsers allow the live camera only on a secure address (https). Choose an image instead.",
}
"""One sentence for everything that can go wrong, and what to do."""
MIXES = {
    "ham10000": {"label": "As in HAM10000", "phrase": "For images like those in HAM10000"},
    "equal": {"label": "All equally common", "phrase": "If all seven diagnoses were equally common"},
}
_SOURCE = "HAM10000, test set, split by lesion, {images} images of {lesions} lesions"
_INTERVALS = f"95% intervals from {DRAWS:,} resamples of lesions"
SENTENCES = {
    "prediction": "{mix}, the model gives **{first}** {p} and {second} {q}. This is not a diagnosis.",
    "malignant": "**Cancer or precancer {malignant}, benign {benign}** (cancer or precancer: {names}).",
    "set": "Shortlist: {names}. (It is made to contain the true class for {share} of lesions, whatever their class.)",
    "set_all": "**Shortlist: all seven classes.** The model can't narrow it down for this image.",
    "heatmap": "Bright areas raised the score for **{name}** (Grad-CAM, {rows} x {columns} grid). They don't "
    "show whether the prediction is right, or where the lesion ends.",
    "no_heatmap": "**Nothing in this image raised the score for {name}**, so there is no heatmap.",
    "refusal": "**No prediction for this image.** {problems} {advice}",
    "doubt": "**The image check refused this image, so the prediction may mean nothing.** {problems}",
    "found": "{model} found **{found} of the {images} {plural}** in the test set ({recall})",
    "right": "{start}. When it predicted {name}, it was right {precision} of the time{interval}.",
    "never": "{start}. It never predicted {name} for a test image.",
    "none_tested": "The test set contains no {plural}.",
    "interval": "95% interval {low} to {high}",
    "mix_natural": "The probabilities assume that diagnoses are as common as in HAM10000, where {share} of the "
    "training images show {plural}. If all seven were equally common, {other} would {change}.",
    "mix_equal": "The probabilities assume that all seven diagnoses are equally common. If they were as common as in "
    "HAM10000, where {share} of the training images show {plural}, {other} would {change}.",
    "stays": "stay the most probable",
    "becomes": "become the most probable",
    "check": "Before a prediction is shown, the image check decides whether the image is sharp, well lit and "
    "dermatoscopic. It compares numbers that {network} computes from the image with those of known images. None of the "
    "images in this table helped to tune it, but other drawings of the same kinds as those in the last row did.",
    "rule": "Its threshold refuses at most {shares} validation images; these shares were set by hand, as a compromise.",
    "rule_share": "{share} of {name}'s",
    "others": "Other images and simple drawings, {cases} sources",
    "would_refuse": "The image check would refuse this image as an upload: {problem}",
    "drawn_right": "It was drawn as **{name}**. The model's prediction is right.",
    "drawn_wrong": "It was drawn as **{name}**. The model's prediction is wrong.",
    "source_natural": f"{_SOURCE}; the model predicts the most probable class; {_INTERVALS}",
    "source_equal": f"{_SOURCE}; the model predicts the most probable class if all are equally common; {_INTERVALS}",
    "model_facts": "{model}: {size}, mean balanced accuracy on both validation splits {score}.",
    "second": "Its image check also runs {network}, {more} more to load.",
    "no_check": "{model} has no image check: it gives a prediction for any image.",
}
"""In the order in which they stand on the page; ** marks what is bold."""
CHECK_KINDS = {
    "accepted": ("HAM10000, test split", "accepted"),
    "elsewhere": ("MILK10k, test split: other clinics and devices", "accepted"),
    "clinical": ("Photos of skin without a dermatoscope", "refused"),
    "others": ("", "refused"),
}
"""Kinds of images that the image check was measured on, and what should happen to them; the last one counts sources."""
CHECK_COLUMNS = ("Kind of image", "Should be", "Correct", "95% interval", "Images")
NOTICE = (
    "For teaching and research only. This is not a medical device and does not diagnose. "
    "If a spot on your skin worries you, see a doctor. "
    f"Data: {credit(CREDITS)}, CC BY-NC 4.0."
)
