"""The collector rests inside, and is afterwards as it was, whatever happened."""

import gc

import pytest

from popmargin.core.collector import collector_at_rest


@pytest.fixture
def running():
    gc.enable()
    yield
    gc.enable()


def test_rests_inside_and_runs_afterwards(running):
    with collector_at_rest():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_runs_again_after_an_error(running):
    with pytest.raises(ValueError, match="inside"), collector_at_rest():
        raise ValueError("inside")
    assert gc.isenabled()


def test_a_collector_that_rested_before_is_left_so(running):
    gc.disable()
    with collector_at_rest():
        pass
    assert not gc.isenabled()
