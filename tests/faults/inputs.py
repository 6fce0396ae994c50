"""Inputs and configs that are replaced, hostile or broken: the right result or a refusal."""

import os
import random
import resource
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from tests.faults.bench import CONFIG, RUN, Bench, Place
from tests.workflow.checkout import tiny_shifts

HOSTILE = (
    "<script>alert(1)</script>",
    '=cmd|"/C calc"!A0',
    "../../../tmp/x",
    "$(touch pwned)`touch pwned`",
    "{input} {wildcards.number} %(id)s",
    "line\nbreak",
    "\u202egnitirw thgir-ot-tfel",
    "x" * 10_000,
    "-1.5",
    "\\input{/etc/passwd} $x^2$ & # _",
)
# Each would make a study that is not the one its author means.
BROKEN = {
    "unknown key": CONFIG + "colour: red\n",
    "repeated key": CONFIG + "study: t\n",
    "no study": CONFIG.replace("study: s\n", ""),
    "a number with a leading zero": CONFIG + "seed: 010\n",
    "a word YAML once read as false": CONFIG.replace("study: s", "study: NO"),
    "ill-typed level": CONFIG + "confidence_level: high\n",
    "level out of range": CONFIG + "confidence_level: 95\n",
    "a path out of the study": CONFIG.replace("one.csv", "../../etc/passwd"),
    "a file that is not there": CONFIG.replace("one.csv", "none.csv"),
    "a tag of YAML": CONFIG + "seed: !!python/object/apply:os.system ['touch pwned']\n",
    "no YAML": "study: [",
    "nothing": "",
    "a list": "- a\n",
    "undecodable": "study: \udcff",
    "a billion laughs": "a: &a [x,x]\nb: &b [*a,*a]\nstudy: *b\n",
    "an unknown recipe": CONFIG + "margins: {recipes: [van_herck]}\n",
}


def replaced_with_an_older_time(bench: Bench, rng: random.Random) -> str:
    """New content that is older than the results: everything is made again from it."""
    place = bench.finished()
    content = (place.here / "one.csv").read_text().replace("1.5", "2.5", 1)
    results: list[dict[str, str]] = []
    for chosen in (place, bench.fresh()):
        path = chosen.here / "one.csv"
        path.write_text(content)
        os.utime(path, (1, 1))
        chosen.checkout.done(*RUN)
        results.append(chosen.hashes())
    assert results[0] == results[1] != bench.truth
    path = place.here / "one.csv"
    path.write_bytes((bench.home.here / "one.csv").read_bytes())
    os.utime(path, (0, 0))
    place.checkout.done(*RUN)
    assert place.hashes() == bench.truth
    return "made again, as from a fresh folder; and back again"


def hostile_ids_and_labels(bench: Bench, rng: random.Random) -> str:
    """Ids and labels that try to be code, paths or formulae stay text."""
    for round_ in range(2):
        place = bench.fresh()
        names = rng.sample(HOSTILE, 3)
        label = rng.choice([text for text in HOSTILE if "\n" not in text and len(text) < 200])
        quoted = label.replace("\\", "\\\\").replace('"', '\\"')
        (place.here / "one.csv").write_text(tiny_shifts(*names))
        (place.here / "s.yaml").write_text(CONFIG.replace("label: one", f'label: "{quoted}"'))
        _only_these_beside_results(place)
        done = place.checkout.run(*RUN)
        _only_these_beside_results(place)
        if done.returncode != 0:
            # A refusal names row or key; it must not be a crash.
            said = done.stdout + done.stderr
            assert "Traceback" not in said, said[-800:]
            assert "expected" in said
            continue
        html = (place.results / "report.html").read_text()
        assert "<script>alert" not in html, round_
        for table in place.results.glob("tables/*.csv"):
            lines = table.read_text().splitlines()
            assert not any(line.startswith(("=", "@", "+")) for line in lines), table.name
        assert place.statuses() == {}
    return "nothing ran, nothing was written outside; text stayed text or was refused"


def _only_these_beside_results(place: Place) -> None:
    allowed = {"s.yaml", "one.csv", "results", ".snakemake"}
    assert {p.name for p in place.here.iterdir()} <= allowed
    assert not (place.checkout.home / "pwned").exists()


def broken_configs(bench: Bench, rng: random.Random, tries: int = len(BROKEN)) -> str:
    """Every broken config is refused before anything runs; the message names file and key."""
    place = bench.fresh()
    for name, text in rng.sample(sorted(BROKEN.items()), tries):
        (place.here / "s.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))
        said = _command(place, "run", "s.yaml", "--cores", "1")
        assert said.returncode == 1, (name, said)
        assert "s.yaml" in said.stderr, name
        assert "Traceback" not in said.stderr, name
        assert not place.results.exists(), name
    assert not (place.here / "pwned").exists()
    return f"{tries} of {tries} refused before anything ran"


def damaged_inputs(bench: Bench, rng: random.Random) -> str:
    """Cut, flipped and exploding files are refused within seconds and 1 GB."""
    import polars as pl

    place = bench.fresh()
    frame = pl.read_csv(place.here / "one.csv", infer_schema=False)
    frame.write_parquet(place.here / "t.parquet")
    frame.write_excel(place.here / "t.xlsx")
    slowest, refused = 0.0, 0
    cases = [_damaged(place.here / name, rng) for name in ("t.parquet", "t.xlsx") for _ in range(3)]
    cases += [_bomb(place.here / "bomb.xlsx"), _null_bytes(place.here / "null.csv")]
    for case in cases:
        start = time.monotonic()
        done = _command(place, "check", case.name, limit_bytes=1_000_000_000)
        slowest = max(slowest, time.monotonic() - start)
        assert done.returncode in (0, 1), (case.name, done.stderr[-500:])
        assert "Traceback" not in done.stderr, done.stderr[-800:]
        refused += done.returncode == 1
    assert slowest < 20.0, slowest
    return f"{refused} of {len(cases)} refused, the rest readable; slowest {slowest:.1f} s"


def _damaged(path: Path, rng: random.Random) -> Path:
    content = bytearray(path.read_bytes())
    if rng.random() < 0.5:
        content = content[: rng.randrange(len(content))]
    else:
        for _ in range(20):
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    damaged = path.with_name(f"damaged{rng.randrange(10**9)}{path.suffix}")
    damaged.write_bytes(content)
    return damaged


def _bomb(path: Path) -> Path:
    """A sheet of 2 GB that packs into 2 MB."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet,
    ):
        for _ in range(200):
            sheet.write(bytes(10_000_000))
    return path


def _null_bytes(path: Path) -> Path:
    path.write_bytes(b"patient_id,fraction,lr_mm,si_mm,ap_mm\n" + bytes(1000))
    return path


def _command(
    place: Place, *arguments: str, limit_bytes: int | None = None
) -> subprocess.CompletedProcess[str]:
    """`popmargin ARGUMENTS`; ``limit_bytes`` bounds its data segment."""

    def limit() -> None:
        if limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, limit_bytes))

    return subprocess.run(
        [sys.executable, "-m", "popmargin.cli.main", *arguments],
        cwd=place.here,
        env={**place.checkout.environment, "POLARS_MAX_THREADS": "2"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=limit,
    )
