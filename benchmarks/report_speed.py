"""The report of a finished study: figures in three formats, the page assembled, opened, its size.

``python benchmarks/report_speed.py [RESULTS]`` (default results/example, made by ``make report``)
prints a markdown table. Processor time stands beside wall time: on a busy machine it is the fairer.
The page is opened in chromium where one is installed.
"""

import gc
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from popmargin.core.collector import collector_at_rest
from popmargin.figures import FIGURES
from popmargin.figures.save import figure_bytes
from popmargin.pipeline.rows import read_named
from popmargin.reports.content import report_parts
from popmargin.reports.explorer import explorer_part
from popmargin.reports.page import render_page
from popmargin.reports.section import PageFigure

FORMATS = ("svg", "pdf", "png")


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What the work gives, wall and processor seconds."""
    gc.collect()  # what the work before left behind is not this one's
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return found, time.perf_counter() - wall, time.process_time() - cpu


@collector_at_rest()
def three_formats(name: str, frames: dict[str, Any]) -> None:
    """Draw one figure and write it in its three formats to memory, as the workflow's rule does."""
    figure = FIGURES[name].draw(frames)
    if figure is not None:
        for form in FORMATS:
            figure_bytes(figure, form)


def opened(page: Path) -> float | None:
    """Seconds from asking for the page to its load event; None without a browser."""
    found = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if found is None:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        browser.new_page().goto("about:blank")
        tab = browser.new_page()
        tab.goto(page.as_uri(), wait_until="load")
        script = "performance.getEntriesByType('navigation')[0].loadEventEnd"
        seconds = float(tab.evaluate(script)) / 1000.0
        browser.close()
    return seconds


def assembled(results: Path, frames: dict[str, Any]) -> str:
    """The page, as the workflow's last rule makes it."""
    figures = []
    for path in sorted((results / "intermediate" / "figures").glob("*.svg")):
        spec = FIGURES[path.stem]
        svg = path.read_text("utf-8")
        figures.append(PageFigure(spec.name, svg, spec.title, spec.caption, spec.alt))
    study = {"title": "benchmark", "sources": []}
    explorer = explorer_part(json.loads((results / "intermediate/explorer.json").read_text()))
    return render_page(report_parts(frames, figures, study, {}), explorer)


def main(results: Path) -> None:
    """Print the table."""
    frames = {path.stem: read_named(path) for path in sorted((results / "tables").glob("*.csv"))}
    frames["ledger"] = read_named(results / "ledger.csv")
    names = [name for name in FIGURES if (results / "figures" / f"{name}.png").exists()]
    three_formats(names[0], frames)  # fonts and imports, once
    times = {name: timed(lambda n=name: three_formats(n, frames))[1:] for name in names}
    slowest = max(times, key=lambda name: times[name][1])
    middle = sorted(cpu for _, cpu in times.values())[len(times) // 2]
    page, wall, cpu = timed(lambda: assembled(results, frames))
    again = assembled(results, frames)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        path.write_text(page, "utf-8")
        seconds = opened(path)
    print("| work | wall | processor | to reach |\n|---|---|---|---|")
    print(f"| slowest figure in three formats ({slowest}) | {times[slowest][0]:.2f} s | "
          f"{times[slowest][1]:.2f} s | 0.8 s |")  # fmt: skip
    print(f"| middle one of {len(names)} figures | | {middle:.2f} s | 0.8 s |")
    print(f"| page assembled beside the figures | {wall:.2f} s | {cpu:.2f} s | 3 s |")
    said = "no browser" if seconds is None else f"{seconds:.2f} s"
    print(f"| page opened in chromium, to its load event | {said} | | 2 s |")
    print(f"| size of report.html | {len(page.encode()) / 1e6:.2f} MB | | 5 MB |")
    print(f"| the same bytes twice | {'yes' if again == page else 'NO'} | | yes |")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "results/example"))
