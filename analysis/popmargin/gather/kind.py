"""Floor 2: what a kind of file is: how it is known, who reads it, and into which table."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from popmargin.gather.context import Context
from popmargin.gather.options import ReaderOptions
from popmargin.gather.record import Reading
from popmargin.gather.source_file import SourceFile


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: how it is known, who reads it, and into which table.

    ``reader`` as a config names it; ``sop_class`` of a DICOM object, or ``sign`` what a text holds;
    ``quantity`` where the files prove it; ``states_unit`` unless the source has to declare it.
    """

    reader: str
    table: str
    read: Callable[[Sequence[SourceFile], Context], Reading]
    needs: Callable[[Context], Mapping[str, str]]
    sop_class: str = ""
    sign: re.Pattern[str] | None = None
    quantity: Callable[[ReaderOptions], str] | None = None
    states_unit: bool = True
