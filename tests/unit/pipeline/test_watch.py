"""What people see of a run: few lines while it goes well, the reason when it stops."""

import sys
import textwrap

from popmargin.pipeline.watch import Ending, watch


def run(lines, code=0):
    """Watch a process that writes ``lines`` to stderr and ends with ``code``."""
    return watch(
        [sys.executable, "-c", f"import sys; sys.stderr.write({lines!r}); raise SystemExit({code})"]
    )


def test_a_run_that_goes_well_shows_its_steps_only(capsys):
    said = """\
        Building DAG of jobs...
        Job stats:
        job                              count
        -----------------------------  -------
        check_published_margins              1
        total                               39

        Select jobs to execute...
        Execute 2 jobs...
        popmargin: map_coverage: done in 0.0 s
        [Mon Nov 23 01:45:34 2026]
        Finished jobid: 14 (Rule: map_coverage)
        1 of 39 steps (3%) done
        """
    assert run(textwrap.dedent(said)) == Ending(0)
    seen = capsys.readouterr().err.splitlines()
    assert seen == ["popmargin: map_coverage: done in 0.0 s", "1 of 39 steps (3%) done"]


def test_the_reason_of_a_stop_is_kept(capsys):
    reason = "prostate.csv: expected the declared column 'Lat', found no such column; look"
    said = f"popmargin: gather_source: {reason}\nRuleException:\nWorkflowError:\n"
    assert run(said, 1) == Ending(1, reason)
    assert "RuleException:" in capsys.readouterr().err
    assert run("Traceback\n", 1) == Ending(1)


def test_a_locked_folder_names_the_way_out(capsys):
    ending = run("LockException:\nError: Directory cannot be locked.\n", 1)
    assert ending.code == 1
    assert "--unlock" in ending.reason
