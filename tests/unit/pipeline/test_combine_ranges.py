"""Combining by ranges of patients: any range gives the rows, the ledger and the flags of one."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.pipeline import combine
from popmargin.pipeline.account import with_repeats, write_flags
from popmargin.pipeline.combine import combine_files, combine_sources
from popmargin.tables.contract import find_contract
from popmargin.tables.ledger import ledger_lines
from popmargin.tables.read import completed
from popmargin.tables.result import read_result
from popmargin.tables.write import write_table

LABELS = ("a", "b", "c")
NOTHING = pl.DataFrame(schema={"source_row": pl.Int64, "reason": pl.String, "column": pl.String})
ROW = st.tuples(st.sampled_from(["p1", "p2", "p3", "p4"]), st.integers(1, 3), st.integers(0, 1))


def frame_of(rows, centre):
    frame = pl.DataFrame(
        rows,
        schema={"patient_id": pl.String, "fraction": pl.Int64, "lr_mm": pl.Float64},
        orient="row",
    ).with_row_index("source_row", offset=2)
    return frame if centre is None else frame.with_columns(centre=pl.lit(centre))


def combined(folder, frames, **options):
    """Combine frames from files of their own; the frame, ledger and flags that come out."""
    folder.mkdir()
    kinds = ("parquet", "ledger.csv", "flags.csv")
    gathered = [[str(folder / f"{label}.{kind}") for label in frames] for kind in kinds]
    for (label, frame), rows, ledger, flags in zip(frames.items(), *gathered, strict=True):
        write_table(frame, rows)
        write_table(ledger_lines(label, "gather", NOTHING, frame.height), ledger, "ledger")
        write_flags([], flags)
    made = [str(folder / name) for name in ("all.parquet", "ledger.csv", "flags.csv")]
    combine_files("shifts", list(frames), tuple(gathered), tuple(made), **options)
    left = [path for path in folder.iterdir() if path.name.startswith(".")]
    assert not left
    return pl.read_parquet(made[0]), *(
        read_result(path, kind) for path, kind in zip(made[1:], ("ledger", "flags"), strict=True)
    )


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.lists(ROW, max_size=12), min_size=1, max_size=3),
    st.sampled_from([None, "X"]),
    st.integers(1, 9),
)
def test_any_range_gives_what_the_whole_table_gives(tmp_path_factory, parts, centre, range_rows):
    folder = tmp_path_factory.mktemp("ranges")
    frames = {
        label: frame_of(rows, centre and f"{centre}{len(rows) % 2}")
        for label, rows in zip(LABELS, parts, strict=False)
    }
    rows, ledger, flags = combined(folder / "parts", frames, range_rows=range_rows)
    contract = find_contract("shifts")
    complete = {name: completed(f.lazy(), contract).collect() for name, f in frames.items()}
    whole = combine_sources(complete, "shifts")
    assert rows.equals(whole.frame)
    used = pl.concat(ledger_lines(name, "gather", NOTHING, f.height) for name, f in frames.items())
    repeats = with_repeats(used, whole.repeated)
    # An empty cell of text reads back as none.
    texts = pl.col(pl.String).fill_null("")
    assert ledger.with_columns(texts).equals(repeats.with_columns(texts))
    assert flags["message"].to_list() == [flag.message for flag in whole.flags]


def test_no_more_than_a_range_is_held(tmp_path, monkeypatch):
    seen = []
    plain = combine._combined

    def spy(frames, *rest):
        seen.append(sum(frame.height for frame in frames.values()))
        return plain(frames, *rest)

    monkeypatch.setattr(combine, "_combined", spy)
    ids = [f"p{number * 37 % 400:03}" for number in range(400)]
    rows = [(name, fraction, 1) for name in ids for fraction in (1, 2)]
    frames = {"a": frame_of(rows[::2], None), "b": frame_of(rows[1::2], None)}
    found, *_ = combined(tmp_path / "parts", frames, range_rows=50)
    assert found.height == sum(seen) == 800
    assert max(seen) < 2 * 50
