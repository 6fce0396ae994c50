"""The script border: one clear line for a refusal, receipts for results, no names in logs."""

from types import SimpleNamespace

import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.pipeline.receipts import check_receipt, write_receipt
from popmargin.pipeline.script import rule_log


@pytest.fixture
def job(tmp_path):
    """A rule's job with one raw input, one earlier result and one output."""
    results = tmp_path / "results" / "s"
    results.mkdir(parents=True)
    raw, earlier = tmp_path / "Mueller_Hans.csv", results / "earlier.csv"
    raw.write_text("x")
    earlier.write_text("y")
    write_receipt(earlier, results, rule="before", code="1")
    return SimpleNamespace(
        rule="some_rule",
        input=[str(raw), str(earlier)],
        output=[str(results / "made.csv")],
        log=[str(results / "logs" / "some_rule.log")],
        params=SimpleNamespace(code="c0de"),
        results=results,
    )


def test_a_finished_rule_leaves_receipts_and_a_log(job, capsys):
    with rule_log(job):
        (job.results / "made.csv").write_text("done")
    assert check_receipt(job.results / "made.csv", job.results).code == "c0de"
    assert (job.results / "logs" / "some_rule.log").read_text() == "some_rule: done\n"
    assert capsys.readouterr().err.startswith("popmargin: some_rule: done in ")


def test_a_refusal_is_one_line_and_the_log_names_no_file(job, capsys):
    with pytest.raises(SystemExit) as stop, rule_log(job):
        raise RefusedInput("Mueller_Hans.csv, row 3", "a number", "'x'", "mend it")
    assert stop.value.code == 1
    assert stop.value.__suppress_context__
    err = capsys.readouterr().err
    assert err == (
        "popmargin: some_rule: Mueller_Hans.csv, row 3: expected a number, found 'x'; mend it\n"
    )
    log = (job.results / "logs" / "some_rule.log").read_text()
    assert "the source file, row 3" in log
    assert "Mueller" not in log
    assert "'x'" not in log, "what was found may be a name"
    assert not (job.results / ".receipts" / "made.csv.json").exists()


def test_a_damaged_input_is_never_used(job):
    (job.results / "earlier.csv").write_text("")
    with pytest.raises(SystemExit), rule_log(job):
        pytest.fail("the body ran")


def test_a_defect_passes_through_and_its_message_stays_out_of_the_log(job):
    with pytest.raises(ValueError, match="patient 123"), rule_log(job):
        raise ValueError("patient 123")
    assert (job.results / "logs" / "some_rule.log").read_text() == (
        "some_rule: failed with ValueError\n"
    )


def test_an_output_that_was_not_written_is_refused(job, capsys):
    with pytest.raises(SystemExit), rule_log(job):
        pass
    assert "made.csv" in capsys.readouterr().err
