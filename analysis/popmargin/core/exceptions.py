"""The one tree of errors that popmargin raises on purpose.

Every message says where, what was expected, what was found and what to do next.
"""


class PopmarginError(Exception):
    """Base of every error that popmargin raises on purpose."""


class RefusedInput(PopmarginError):
    """Input data or a config that cannot be trusted (exit code 1).

    Parameters
    ----------
    where : file, row, column or key, as far as known (``"shifts.csv, row 318, column ap_mm"``).
    expected, found : what the reader needed and what was there.
    remedy : what the user can do about it.

    >>> print(RefusedInput("a.csv, row 3, column ap_mm", "a number", "'1,25'", 'set decimal: ","'))
    a.csv, row 3, column ap_mm: expected a number, found '1,25'; set decimal: ","
    """

    def __init__(self, where: str, expected: str, found: str, remedy: str) -> None:
        self.where, self.expected, self.found, self.remedy = where, expected, found, remedy
        super().__init__(f"{where}: expected {expected}, found {found}; {remedy}")


class WrongUsage(PopmarginError):
    """An option or argument that does not exist or does not fit the others (exit code 2)."""


class OutOfRange(PopmarginError, ValueError):
    """A number outside the range that a formula allows (exit code 2 from the command line).

    >>> print(OutOfRange("systematic_sd_mm", "a number >= 0", -1.0))
    systematic_sd_mm: expected a number >= 0, found -1.0
    """

    def __init__(self, name: str, expected: str, found: object) -> None:
        self.name, self.expected, self.found = name, expected, found
        super().__init__(f"{name}: expected {expected}, found {found}")


class NotEstimable(PopmarginError):
    """The data cannot carry the estimate that was asked for; the message is the reason."""
