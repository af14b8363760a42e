"""Terms that a student may not know, explained in the tooltip of the line that uses them."""

TERMS = {
    "95% interval": "The range in which the true value probably lies: about 95 of 100 such intervals contain it. It is "
    "computed by drawing lesions at random, again and again; images of one lesion are drawn together, because they are "
    "alike.",
    "near duplicates as one": "Two lesion numbers whose images are near duplicates count as one lesion here. The "
    "leaderboard counts each number, so it has one more lesion in the test split.",
    "paired": "Both scores come from the same images, so what is hard about an image affects both.",
    "Holm's correction": "With many comparisons, some differences look clear by chance. Holm's correction asks for "
    "more evidence, so that this is rare.",
    "frozen ImageNet": "Numbers that a network computes from an image. It was trained on everyday photos (ImageNet) "
    "and isn't trained any further here.",
    "features from a pretrained network": "Numbers by which a network describes an image. It was trained on everyday "
    "photos before, and isn't trained any further here.",
    "seeds": "Random choices are repeated with different starting numbers (seeds), and the scores are averaged.",
    "MILK10k": "Dermatoscopic images from other clinics and devices than those of HAM10000.",
    "Grad-CAM": "A heatmap of the parts of an image that raised the score of a class, computed from the network's last "
    "convolution.",
    "LayerCAM": "A heatmap of the parts of an image that raised the score of a class, computed where the network's "
    "maps are still twice as fine as at its last convolution.",
    "balanced operating point": "Each probability is divided by how common its diagnosis is in training, and the "
    "largest result is the prediction. So rare diagnoses count as much as nevi.",
    "calibrated": "Adjusted on images that the model wasn't trained on, so that of predictions with 80% about 80% are "
    "right.",
    "embedding": "A list of numbers by which a network describes an image; similar images have similar numbers.",
    "t-SNE": "A map that keeps similar images close together; distances between far points mean little.",
    "PCA": "The directions in which the images differ most.",
    "LiteRT": "The small program that runs the networks here and on phones.",
}  # fmt: skip
"""Explanations by the words that call for them; the order is that of the tooltip."""


def explained(source: str) -> str | None:
    """Explain the terms that a source line uses; None if it uses none.

    Args:
        source: The line under a chart or table.

    Returns:
        Markdown, a paragraph for each term.

    Example:
        >>> explained("HAM10000, test split") is None
        True
        >>> explained("LiteRT, one core")
        '**LiteRT**: The small program that runs the networks here and on phones.'
    """
    used = [f"**{term}**: {text}" for term, text in TERMS.items() if term in source]
    return "\n\n".join(used) or None
