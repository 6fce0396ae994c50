"""Running a study: what is asked of Snakemake, and what the exit code says."""

from types import SimpleNamespace

import pytest
from snakemake.exceptions import WorkflowError

import popmargin.pipeline.run
from popmargin.core.exceptions import OutOfRange, RefusedInput
from popmargin.core.flags import Flag
from popmargin.core.resources import resource_path
from popmargin.pipeline.account import flags_table
from popmargin.pipeline.run import run_study
from popmargin.pipeline.snakefile import nearby, study_of
from popmargin.pipeline.watch import Ending
from popmargin.tables.write import write_table

CONFIG = "study: s\nsources:\n  - {label: '$(id)', synthetic: {cohort: brain}}\n"


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """Commands that would be run; the study's folder is the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(CONFIG)
    commands = []

    def fake(command):
        commands.append(command)
        if "interrupt" in commands:
            raise KeyboardInterrupt
        return Ending(commands.count("fail"), "a fault")

    monkeypatch.setattr(popmargin.pipeline.run, "watch", fake)
    return commands


def write_flags(*flags):
    write_table(flags_table(flags), "results/s/tables/flags.csv", contract="flags")


def test_the_command_holds_fixed_words_and_paths_only(asked):
    assert run_study("s.yaml", cores=2, arguments=["--dry-run"]) == 0
    (command,) = asked
    assert str(resource_path("Snakefile")) in command
    assert command[command.index("--cores") + 1] == "2"
    assert command[command.index("--configfile") + 1] == "s.yaml"
    assert command[-1] == "--dry-run"
    assert "$(id)" not in " ".join(command)


def test_exit_codes(asked, capsys):
    write_flags(Flag("few_patients", "warn", "6 patients"))
    assert run_study("s.yaml") == 0
    write_flags(Flag("ids_shared_by_centres", "block", "2 ids"))
    assert run_study("s.yaml") == 3
    capsys.readouterr()
    asked.append("fail")
    assert run_study("s.yaml") == 1
    assert capsys.readouterr().err == "popmargin: stopped: a fault\n"
    asked.append("interrupt")
    with pytest.raises(KeyboardInterrupt):
        run_study("s.yaml")
    assert "the same command goes on from there" in capsys.readouterr().err


def test_a_copied_config_does_not_take_the_results_of_the_first(asked, tmp_path):
    assert run_study("s.yaml") == 0
    (tmp_path / "copy.yaml").write_text(CONFIG)
    assert run_study("copy.yaml") == 0  # there is nothing to lose yet
    write_flags(Flag("few_patients", "warn", "6 patients"))
    with pytest.raises(
        RefusedInput, match=r"s\.yaml, key study: .*copy\.yaml has made in results/s"
    ):
        run_study("s.yaml")
    (tmp_path / "copy.yaml").rename(tmp_path / "moved.yaml")
    assert run_study("moved.yaml") == 0
    assert len(asked) == 3


def test_nothing_is_asked_for_a_refused_config_or_impossible_cores(asked, tmp_path):
    with pytest.raises(OutOfRange, match="cores"):
        run_study("s.yaml", cores=0)
    (tmp_path / "s.yaml").write_text("study: NO")
    with pytest.raises(RefusedInput, match=r"s\.yaml, line 1, key study"):
        run_study("s.yaml")
    assert asked == []


def workflow(*files, **overrides):
    return SimpleNamespace(
        overwrite_configfiles=files, config_settings=SimpleNamespace(config=overrides)
    )


def test_the_study_of_a_run(asked, tmp_path):
    assert study_of(workflow()).name == "example"
    mine = study_of(workflow(tmp_path / "s.yaml", margins={"population": "0.8"}))
    assert mine.name == "s"
    assert mine.config_path.as_posix() == "s.yaml"
    assert mine.values["margins"]["population"] == 0.8
    with pytest.raises(WorkflowError, match="stands alone"):
        study_of(workflow(tmp_path / "s.yaml", tmp_path / "t.yaml"))
    with pytest.raises(WorkflowError, match=r"t\.yaml: expected a readable config file"):
        study_of(workflow(tmp_path / "t.yaml"))
    with pytest.raises(WorkflowError, match="command line, key seed"):
        study_of(workflow(tmp_path / "s.yaml", seed="many"))


def test_paths_below_the_working_directory_become_relative(asked, tmp_path):
    assert nearby(tmp_path / "a" / ".." / "b.yaml").as_posix() == "b.yaml"
    assert nearby(tmp_path.parent / "b.yaml") == tmp_path.parent / "b.yaml"
