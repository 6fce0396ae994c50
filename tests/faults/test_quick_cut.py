"""A quick cut of the faults, kills aside; all of them: `python -m tests.faults`."""

import random

import pytest

from tests.faults import damage, inputs, storage
from tests.faults.bench import Bench


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return Bench(tmp_path_factory.mktemp("faults"))


@pytest.fixture
def rng(request):
    return random.Random(request.node.name)


def test_no_process_of_a_run_reaches_for_the_network(bench):
    assert len(list(bench.guard.glob("armed-*"))) > 20
    assert [path.name for path in bench.guard.glob("tried-*")] == []


def test_every_tampered_result_is_found(bench, rng):
    damage.every_tampered_result_is_found(bench, rng)


def test_edits_and_damaged_records_are_found(bench, rng):
    damage.an_edited_number_with_its_receipt_is_found(bench, rng)
    damage.a_damaged_record_is_refused(bench, rng)


def test_a_damaged_intermediate_is_never_built_upon(bench, rng):
    damage.damaged_intermediates_are_never_built_upon(bench, rng, tries=1)


def test_a_full_disk_keeps_the_old_file(rng):
    try:
        storage.full_disk_keeps_the_old_file(rng)
    except storage.NotHere as error:
        pytest.skip(str(error))


def test_broken_configs_are_refused_before_anything_runs(bench, rng):
    inputs.broken_configs(bench, rng, tries=3)
