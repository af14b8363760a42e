"""Charts that are drawn once for all visitors."""

from collections.abc import Callable

from dashboard.caches import computed
from dashboard.charts.frozen import freeze
from dashboard.charts.style import Chart


def drawn(build: Callable[..., Chart], *parts: object, kept: bool = True, **options: object) -> Chart:
    """Draw a chart, or return the one that was drawn from the same values before.

    Args:
        build: A function of dashboard/charts, or a `functools.partial` of one.
        parts: What it draws: tables, names, options.
        kept: Whether the chart is kept for others; not a visitor's own data, which must not outlive the session.
        options: Further options by name.

    Returns:
        The chart with a figure that can be shown but not changed.
    """
    if not kept:
        return build(*parts, **options)
    key = computed.fingerprint(build, parts, options)
    return computed.once(key, lambda: freeze(build(*parts, **options)))
