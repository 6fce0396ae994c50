"""`popmargin run`: what stands on the screen at the end, and how it ends."""

import pytest

import popmargin.cli.run_command
from popmargin.cli.main import INTERRUPTED, main

CONFIG = "study: s\nsources:\n  - {label: brain, synthetic: {cohort: brain}}\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command on a study whose workflow ends as told."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(CONFIG)

    def run(code, *arguments):
        asked = []

        def fake(config, *, cores, arguments):
            asked.extend(arguments)
            if code is None:
                raise KeyboardInterrupt
            return code

        monkeypatch.setattr(popmargin.cli.run_command, "run_study", fake)
        return main(["run", "s.yaml", *arguments]), asked

    return run


def test_a_finished_run_names_what_to_read(run, tmp_path, capsys):
    (tmp_path / "results/s").mkdir(parents=True)
    (tmp_path / "results/s/report.pdf").write_text("")
    assert run(0)[0] == 0
    out = capsys.readouterr().out
    assert "read: results/s/report.pdf" in out
    assert "trial_report" not in out
    assert run(3)[0] == 3
    assert "margins withheld" in capsys.readouterr().out


def test_a_stopped_run_does_not_look_finished(run, tmp_path, capsys):
    (tmp_path / "results/s").mkdir(parents=True)
    (tmp_path / "results/s/report.pdf").write_text("of an earlier run")
    assert run(1)[0] == 1
    out = capsys.readouterr().out
    assert "stopped" in out
    assert "report.pdf" not in out


def test_an_interrupted_run_ends_without_a_traceback(run, capsys):
    assert run(None)[0] == INTERRUPTED
    assert capsys.readouterr().err == "popmargin: interrupted\n"


def test_a_folder_left_locked_is_freed(run, capsys):
    assert run(0, "--unlock") == (0, ["--unlock"])
    assert "unlock" in capsys.readouterr().out


def test_each_fault_of_a_config_stands_on_a_line_of_its_own(run, tmp_path, capsys):
    (tmp_path / "s.yaml").write_text(CONFIG + "title: ASK\nseed: ASK\n")
    assert run(0)[0] == 1
    lines = capsys.readouterr().err.splitlines()
    assert ["key title" in lines[0], "key seed" in lines[1], len(lines)] == [True, True, 2]
