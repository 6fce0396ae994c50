"""Results that were damaged or edited behind the workflow's back: named, never built upon."""

import json
import os
import random
from pathlib import Path

from popmargin.core.exceptions import RefusedInput
from popmargin.pipeline.verify import verify_results
from tests.faults.bench import RUN, Bench


def flip_bit(path: Path, rng: random.Random) -> None:
    """Flip one bit; size and time of change stay as they were."""
    status = path.stat()
    content = bytearray(path.read_bytes())
    if not content:
        content += b"\0"
    place = rng.randrange(len(content))
    content[place] ^= 1 << rng.randrange(8)
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def truncate(path: Path, rng: random.Random) -> None:
    """Cut off the end; the time of change stays as it was."""
    status = path.stat()
    content = path.read_bytes()
    path.write_bytes(content[: rng.randrange(len(content))] if content else b"\0")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def every_tampered_result_is_found(bench: Bench, rng: random.Random) -> str:
    """Flip, cut, delete and add: `verify` names that file each time and no other."""
    place = bench.finished()
    names = [*bench.truth]
    assert place.statuses() == {}
    tried = 0
    for name in names:
        path = place.results / name
        content, status = path.read_bytes(), path.stat()
        for damage, expected in ((flip_bit, "changed"), (truncate, "changed"), (None, "missing")):
            if damage is None:
                path.unlink()
            else:
                damage(path, rng)
            tried += 1
            try:
                found = place.statuses()
            except RefusedInput:
                # The record itself is no record any more.
                found = {name: expected} if name == "provenance.json" else {}
            named = name in found or (name == "provenance.json" and found)
            assert named, f"{name}: {expected} was not found"
            if name != "provenance.json":
                assert found == {name: expected}
            path.write_bytes(content)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    (place.results / "tables" / "margins (final).csv").write_text("margin_mm\n1.0\n")
    assert place.statuses() == {"tables/margins (final).csv": "unexpected"}
    return f"{tried} of {tried} found in {len(names)} files, no other named"


def an_edited_number_with_its_receipt_is_found(bench: Bench, rng: random.Random) -> str:
    """Who edits a margin and its receipt too is found by the record."""
    from popmargin.pipeline.receipts import write_receipt

    place = bench.finished()
    path = place.results / "tables" / "margins.csv"
    path.write_text(path.read_text().replace("van_herk", "van-herk", 1))
    write_receipt(path, place.results, rule="estimate_margins", code="0")
    assert place.statuses() == {"tables/margins.csv": "changed"}
    return "named"


def a_damaged_record_is_refused(bench: Bench, rng: random.Random) -> str:
    """A record that is no record is refused; one that lacks a result shows it as unexpected."""
    place = bench.finished()
    record = place.results / "provenance.json"
    whole = json.loads(record.read_text())
    for text in ("", "{}", "[]", '{"outputs": {"a": 1}}', record.read_text()[:-20]):
        record.write_text(text)
        try:
            verify_results(place.results)
        except RefusedInput:
            continue
        raise AssertionError(f"verified with the record {text[:20]!r}")
    del whole["outputs"]["tables/margins.csv"]
    record.write_text(json.dumps(whole))
    assert place.statuses() == {"provenance.json": "changed", "tables/margins.csv": "unexpected"}
    return "refused or named"


def damaged_intermediates_are_never_built_upon(
    bench: Bench, rng: random.Random, tries: int = 3
) -> str:
    """What reads a damaged file refuses and says what to do; done so, the results are true."""
    refused = 0
    sources = [
        ("intermediate/selected.parquet", "tables/fraction_trend.csv"),
        ("intermediate/unit_summaries.parquet", "tables/population_errors.csv"),
        ("intermediate/shifts.parquet", "intermediate/selected.parquet"),
        ("tables/population_errors.csv", "report.html"),
    ]
    for damaged, made_of_it in rng.sample(sources, tries):
        place = bench.finished()
        rng.choice((flip_bit, truncate))(place.results / damaged, rng)
        (place.results / made_of_it).unlink()
        # Without its target Snakemake has something to do; with it `verify` is what tells.
        assert set(place.statuses()) == {damaged, made_of_it}
        (place.results / "provenance.json").unlink()
        done = place.checkout.run(*RUN)
        said = done.stdout + done.stderr
        assert done.returncode != 0, f"built upon damaged {damaged}"
        assert f"{Path(damaged).name}: expected the content that" in said
        assert "delete this file and run the workflow again" in said
        refused += 1
        (place.results / damaged).unlink()
        place.checkout.done(*RUN)
        assert place.hashes() == bench.truth
    return f"{refused} of {tries} refused with the remedy; followed, it gave the true results"
