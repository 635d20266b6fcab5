"""Arithmetic on a number, or on a column of numbers, so that every formula of fit is written once.

A single question computes with Python's numbers and never loads NumPy; the table of all combinations
computes with columns. Python's operators work on both; what has no operator for both is here.
"""

from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Column = NDArray[np.floating[Any]]

N = TypeVar("N", float, "Column")
"""A number or a column of them."""


@overload
def lesser(left: float, right: float) -> float: ...
@overload
def lesser(left: "Column", right: "Column | float") -> "Column": ...
def lesser(left: Any, right: Any) -> Any:
    """The smaller of two, row by row."""
    if _are_numbers(left, right):
        return min(right, left)
    import numpy as np

    return np.minimum(left, right)


@overload
def greater(left: float, right: float) -> float: ...
@overload
def greater(left: "Column", right: "Column | float") -> "Column": ...
def greater(left: Any, right: Any) -> Any:
    """The larger of two, row by row."""
    if _are_numbers(left, right):
        return max(right, left)
    import numpy as np

    return np.maximum(left, right)


def whole_up(amount: N, unit: "N | float") -> N:
    """How many whole units hold an amount: 17 tokens take 2 blocks of 16."""
    return -(-amount // unit)


def over(left: N, right: "N | float") -> N:
    """1 where left exceeds right, 0 elsewhere."""
    return (left > right) * (right * 0 + 1.0)


def _are_numbers(left: object, right: object) -> bool:
    return isinstance(left, float | int) and isinstance(right, float | int)
