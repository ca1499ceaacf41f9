"""What all intervals share."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class Interval(NamedTuple):
    """A confidence interval with equal chances of error on both sides."""

    low: float
    high: float


def check_confidence(confidence: float) -> None:
    """Complain unless `confidence` lies strictly between 0 and 1.

    >>> check_confidence(95)
    Traceback (most recent call last):
        ...
    ValueError: confidence must lie strictly between 0 and 1, and is 95; for 95 % write 0.95
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie strictly between 0 and 1, and is {confidence}; for 95 % write 0.95")
