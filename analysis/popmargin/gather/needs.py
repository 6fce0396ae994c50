"""Floor 2: what a source of vendor files must still state, known before its files are looked at."""

from collections.abc import Mapping
from typing import Any

from popmargin.gather.context import Context, stated
from popmargin.gather.kinds import AUTO, wanted_kinds
from popmargin.gather.options import ReaderOptions
from popmargin.tables.source import SourceDeclaration


def missing_lines(entry: Mapping[str, Any]) -> dict[str, str]:
    """Config lines to add to a source with a vendor's reader.

    Parameters
    ----------
    entry : one entry of a config's ``sources`` with its defaults.

    Returns
    -------
    Key -> choices or example; empty when nothing is missing. With ``auto`` the files decide what
    they need, so only what every shifts source must state is asked for.

    Raises
    ------
    WrongUsage
        A reader that does not give the table, or values that cannot be meant.

    Examples
    --------
    >>> missing_lines({"label": "linac 3", "reader": "dicom_record", "table": "shifts"})
    {'timing': 'before_correction   # or after_correction, during_treatment, after_treatment'}
    """
    declaration, options = SourceDeclaration.from_config(entry), ReaderOptions.from_config(entry)
    kinds = wanted_kinds(options.reader, declaration.table)
    context = Context(declaration, options)
    if options.reader == AUTO:
        return stated(context, "timing") if declaration.table == "shifts" else {}
    return {key: line for kind in kinds for key, line in kind.needs(context).items()}
