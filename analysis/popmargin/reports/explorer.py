"""The explorer: controls that answer in the browser, inside the report and as a page of its own.

Its charts are Vega-Lite, whose code is part of the page; nothing is requested from anywhere. The
page's security policy allows scripts by their hash, and evaluation, which Vega needs to compile the
expressions of its charts; no text of a study becomes an expression.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from popmargin.core.resources import resource_path
from popmargin.reports.explorer_charts import explorer_charts


@dataclass(frozen=True, slots=True)
class ExplorerPart:
    """What a page needs to hold the explorer: its data and its scripts, in their order."""

    data: Mapping[str, Any]
    json: str
    scripts: tuple[str, ...]


def explorer_part(data: Mapping[str, Any]) -> ExplorerPart:
    """The explorer of `popmargin.reports.explorer_data.explorer_data`, ready for a page.

    >>> part = explorer_part({"groups": [], "recipes": [], "settings": {}, "synthetic": []})
    >>> len(part.scripts)
    3
    """
    whole = {**data, "charts": explorer_charts()}
    text = json.dumps(whole, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    # A label such as </script> ends nothing.
    text = text.replace("<", "\\u003c")
    return ExplorerPart(data, text, (_drawing_code(), *map(_script, _SCRIPTS)))


def script_policy(scripts: Sequence[str], *, evaluates: bool) -> str:
    """The sources of scripts that a page's policy names: the hash of each, and evaluation.

    >>> script_policy(["1"], evaluates=True)
    "'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s=' 'unsafe-eval'"
    """
    hashes = [
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts
    ]
    named = [f"'sha256-{digest}'" for digest in hashes]
    return " ".join([*named, *(["'unsafe-eval'"] if evaluates else [])])


_SCRIPTS = ("explorer_numbers.js", "explorer.js")


def _script(name: str) -> str:
    return (resource_path("reports", "templates") / name).read_text("utf-8")


@lru_cache(maxsize=1)
def _drawing_code() -> str:
    """Vega, Vega-Lite and Vega-Embed in one classic script."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script")
