"""Numbers on the command line, refused at once when out of range: types for argparse."""

import argparse
from collections.abc import Callable
from typing import TypeVar

from popmargin.core.checks import non_negative
from popmargin.core.checks import share as checked_share
from popmargin.core.checks import whole as checked_whole
from popmargin.core.exceptions import OutOfRange

Number = TypeVar("Number", int, float)


def share(text: str) -> float:
    """A number strictly between 0 and 1; argparse says which option when it is none.

    >>> share("0.95")
    0.95
    """
    return _checked(lambda: checked_share("a share", float(text)), "a number", text)


def amount(text: str) -> float:
    """A finite number >= 0, such as an SD in mm.

    >>> amount("3.2")
    3.2
    """
    return _checked(lambda: float(non_negative("an amount", float(text))), "a number", text)


def count(text: str) -> int:
    """A whole number >= 1, such as the fractions of a course.

    >>> count("30")
    30
    """
    return _checked(lambda: checked_whole("a count", int(text)), "a whole number", text)


def seed(text: str) -> int:
    """A whole number >= 0.

    >>> seed("0")
    0
    """
    return _checked(lambda: checked_whole("a seed", int(text), at_least=0), "a whole number", text)


def _checked(read: Callable[[], Number], kind: str, text: str) -> Number:
    try:
        return read()
    except OutOfRange as error:
        raise argparse.ArgumentTypeError(f"expected {error.expected}, found {text!r}") from None
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected {kind}, found {text!r}") from None
