"""A visitor's own predictions, in one sentence each."""

from core.evaluation.metrics import METRICS
from core.evaluation.scoring import ScoringResult
from dashboard.text.format import change, figure
from dashboard.text.phrases import inside_label

METRIC = "balanced_accuracy"


def literal(text: str) -> str:
    r"""Escape what Markdown would interpret, in a text that names a visitor's files or cells.

    Example:
        >>> print(literal("*a* <b> $x$"))
        \*a\* &lt;b> \$x\$
    """
    for each in "\\`*_[]$~:#|":
        text = text.replace(each, f"\\{each}")
    return text.replace("<", "&lt;")


def own_sentence(name: str, result: ScoringResult) -> str:
    """Give a model's balanced accuracy and how far it is from the model that it was compared with.

    Args:
        name: Display name.
        result: Its scores, compared with a committed model.
    """
    found, label = result.metrics[METRIC], inside_label(METRICS[METRIC].label)
    text = f"**{name}**: {label} {figure(found.value, found.low, found.high)}"
    gap = result.differences.get(METRIC)
    if gap is None:
        return f"{text}."
    clear = "" if gap.low > 0 or gap.high < 0 else ", no clear difference"
    return f"{text}; {change(gap.value, gap.low, gap.high)} against {result.against} on the same lesions{clear}."
