"""Intervals of a share of independent cases."""

import math

LEVEL_Z = 1.959964
"""Normal quantile of a 95 % interval."""


def wilson(share: float, cases: int, z: float = LEVEL_Z) -> tuple[float, float]:
    """Wilson's score interval (Wilson 1927), which stays sensible at shares of 0 and 1.

    Args:
        share: Found, 0 to 1. It may be a mean of shares of several pictures a case: those vary less than yes and no,
            so the interval is then rather too wide than too narrow.
        cases: Independent ones, such as lesions.

    Returns:
        Low and high end; NaN without a case.
    """
    if not cases:
        return math.nan, math.nan
    centre = (share + z**2 / (2 * cases)) / (1 + z**2 / cases)
    half = z / (1 + z**2 / cases) * math.sqrt(share * (1 - share) / cases + z**2 / (4 * cases**2))
    return max(0.0, centre - half), min(1.0, centre + half)
