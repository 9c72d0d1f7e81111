"""Work done beside other work: two chains of short steps at once."""

import threading

import numpy as np
import pytest

from cellfill.network.threads import beside


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_given_is_done_in_order_and_its_results_are_waited_for(workers):
    done = []
    with beside(workers) as soon:
        first = soon(lambda: done.append(threading.get_ident()) or "first")
        second = soon(lambda: f"{first()}, second")
        assert second() == "first, second"
    assert (done[0] == threading.get_ident()) is (workers == 1)


def test_an_error_reaches_who_asks_and_after_it_nothing_more_is_begun():
    going, on, begun = threading.Event(), threading.Event(), []

    def slow():
        going.set()
        on.wait(30)

    def fail():
        with beside(2) as soon:
            soon(slow)
            soon(lambda: begun.append(1))
            going.wait(30)
            threading.Timer(0.05, on.set).start()
            raise ValueError("here")

    with pytest.raises(ValueError, match="here"):
        fail()
    assert not begun

    def bad():
        raise KeyError("there")

    with beside(2) as soon:
        later = soon(bad)
        with pytest.raises(KeyError, match="there"):
            later()


def test_correcting_and_checking_at_once_change_no_value(model, example):
    one, two = (model.impute(example, copy=True, threads=threads) for threads in (1, 2))
    assert one.uns["cellfill"]["check"] == two.uns["cellfill"]["check"]
    assert one.uns["cellfill"]["check"]["verdict"]
    first, second = (adata.layers["imputed"] for adata in (one, two))
    np.testing.assert_array_equal(first.toarray(), second.toarray())
