"""What is told of a training: by what it is measured, in words, and as a curve."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from cellfill_training.cli.epochs import EpochLines
from cellfill_training.fitting.curve import draw_curve
from cellfill_training.fitting.epoch import NAN, Course, Epoch
from cellfill_training.fitting.history import write_history

NONE = Course()


def epoch(number=1, *, course=NONE, loss=2.0, held=1.0, **more):
    given = {"most": 9, "running": 1, "networks": 1, "seconds": 1.0 * number, "least_left": 3.0, "most_left": 8.4}
    return Epoch(number=number, loss=loss, held_out_loss=held, course=course, **(given | more))


def gained(held, own=1.0):
    return Course(held_out_gain=held, training_gain=own)


def named(held, own=1.0, commonest=0.25):
    return Course(held_out_accuracy=held, training_accuracy=own, commonest=commonest)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            epoch(2, course=gained(4.5, 6.25), running=3, networks=4),
            "epoch 2: 4.50 nats a cell better than the gene's mean on held-out cells, 6.25 better on those that "
            "train; 3 of 4 sub-networks still learn; 3 to 8 s left, then export and judging",
        ),
        (
            epoch(1, course=gained(-4.5, 6.25), most_left=3.1),
            "epoch 1: 4.50 nats a cell worse than the gene's mean on held-out cells, 6.25 better on those that "
            "train; 3 s left, then export and judging",
        ),
        (
            epoch(1, course=named(0.5, 0.75), stage="types"),
            "types, epoch 1: 50.0% of held-out cells named right (commonest type: 25.0%), 75.0% of those that "
            "train; 3 to 8 s left of this part",
        ),
        (epoch(1, held=-3.5), "epoch 1: held-out loss -3.5000; 3 to 8 s left, then export and judging"),
        (epoch(9, course=named(0.5), held=NAN), ""),  # one of many networks, and not its last
        (epoch(9, held=NAN, last=True), ""),  # pre-training
        (
            epoch(9, course=named(0.5), held=NAN, last=True, stage="without a"),
            "without a: 50.0% of held-out cells named right (commonest type: 25.0%), 100.0% of those that train; "
            "9 passes; 9 s",
        ),
        (
            epoch(9, course=Course(training_accuracy=0.5), held=NAN, last=True, stage="all cells"),
            "all cells: 50.0% of cells that train named right; 9 passes; 9 s",
        ),
    ],
)
def test_gain_comes_first_and_losses_do_not_come(told, said):
    assert EpochLines(verbose=False).line(told) == said


def test_a_loss_without_a_baseline_is_told_by_how_far_it_fell():
    lines = EpochLines(verbose=False)
    lines.line(epoch(1, held=2.0))
    assert lines.line(epoch(2, held=1.5)).startswith("epoch 2: held-out loss 25.0% below that of epoch 1")
    assert lines.line(epoch(3, held=3.0)).startswith("epoch 3: held-out loss 50.0% above that of epoch 1")
    assert lines.line(epoch(1, held=8.0, stage="clusters")).startswith("clusters, epoch 1: held-out loss 8.0000")


def test_verbose_says_every_epoch_and_the_losses():
    lines = EpochLines(verbose=True)
    assert "loss 2.0000, held out 1.0000" in lines.line(epoch(1, course=gained(4.5)))
    assert "loss 2.0000; 3 to 8 s left" in lines.line(epoch(1, course=named(0.5), held=NAN))


def drawn(epochs):
    text = draw_curve(epochs, name="my $model$").decode()
    ET.fromstring(text)  # a picture that parses
    return text


def test_a_curve_has_both_lines_the_baseline_where_it_stopped_and_when():
    epochs = [epoch(n, course=gained(gain)) for n, gain in enumerate([1, 3, 2], start=1)]
    text = drawn(epochs)
    for words in ("held-out cells", "cells that train", "gene's mean x library", "nats a cell better"):
        assert words in text
    assert "stopped after 3 epochs of 9, best at 2; 3 s" in text
    assert text == drawn(epochs)
    assert "9 epochs, best at 9; 9 s" in drawn([epoch(n, course=gained(n)) for n in range(1, 10)])


def test_a_curve_of_types_takes_the_mean_of_networks_that_left_something_out():
    told = [
        *(epoch(n, course=named(0.5), held=NAN, stage="without a", last=n == 3) for n in (1, 2, 3)),
        *(epoch(n, course=named(0.75), held=NAN, stage="without b", last=n == 2) for n in (1, 2)),
        *(epoch(n, course=Course(training_accuracy=1.0), held=NAN, stage="all cells", last=n == 3) for n in (1, 3)),
    ]
    text = drawn(told)
    assert "commonest type" in text
    assert "cells named right" in text
    assert text.count('id="line2d_') == drawn(told[:3] + told[5:]).count(
        'id="line2d_'
    )  # one line, not one a network
    assert "held-out cells" not in drawn(told[-2:])


def test_a_curve_without_a_baseline_is_of_the_loss():
    text = drawn([epoch(1, stage="layers"), epoch(1, stage="clusters"), epoch(2, stage="clusters")])
    assert "loss, a cell" in text
    assert "gene's mean" not in text
    assert "compare no lines" not in text
    assert "loss of a batch: compare no lines" in drawn([epoch(1, course=Course(of_batch=True))])


def test_a_table_leaves_empty_what_there_is_not(tmp_path):
    place = tmp_path / "m.history.tsv"
    write_history(place, [epoch(1, course=gained(0.5)), epoch(2, held=NAN, stage="a\tb")])
    rows = [line.split("\t") for line in place.read_text().splitlines()]
    first, second = (dict(zip(rows[0], row, strict=True)) for row in rows[1:])
    assert (first["held_out_gain"], first["held_out_accuracy"], first["stage"]) == ("0.500000", "", "")
    assert (second["held_out_loss"], second["held_out_gain"], second["stage"]) == ("", "", "a b")


class Known:
    """A network whose answers are known: the gene's mean times a factor of each cell, and a type of each."""

    def __init__(self, facts, factor):
        self.facts, self.factor = facts, factor

    def outputs(self, _maths, counts, size_factors):
        import tensorflow as tf

        mean = tf.constant(self.facts.means[None], tf.float32) * size_factors
        one = tf.one_hot(tf.zeros(tf.shape(counts)[0], tf.int32), 2)
        return {"expected": mean * self.factor, "class_probabilities": one}


def test_a_yardstick_measures_beside_the_gene_mean_and_the_commonest_type():
    from cellfill_training.fitting.sparse_cells import SparseCells
    from cellfill_training.fitting.yardstick import Yardstick
    from cellfill_training.parts.options import NetworkOptions
    from cellfill_training.studies.cohort import harmonise
    from cellfill_training.studies.gene_table import GeneTable
    from cellfill_training.workflow.networks.prepare import choose_genes, facts_of
    from training.small import programmes, study_of

    _, counts, kinds = programmes(cells=80, genes=30)
    options = NetworkOptions(min_detection=0.0)
    cohort, levels = choose_genes(harmonise([study_of(counts)], GeneTable()), options)
    label = np.where(np.arange(80) < 10, -1, kinds)  # of ten cells nobody knows the type
    facts = facts_of(cohort, levels, types={"a": 10, "b": 20})
    cells, training, held = SparseCells(cohort, levels, label=label), np.arange(50), np.arange(50, 80)
    same = Yardstick(Known(facts, 1.0), cells, training, held).measure()
    assert same.held_out_gain == pytest.approx(0, abs=1e-3)
    assert same.measure == "gain"
    assert same.held_out_accuracy == pytest.approx((kinds[50:] == 0).mean())
    assert same.training_accuracy == pytest.approx((kinds[10:50] == 0).mean())
    assert same.commonest == pytest.approx((kinds[50:] == 1).mean())
    double = Yardstick(Known(facts, 2.0), cells, training, held).measure()
    mean = facts.means * levels.size_factors[50:, None]
    worse = (mean - cohort.counts[50:].toarray() * np.log(2)).sum(axis=1).mean()  # Poisson, of twice the mean
    assert double.held_out_gain == pytest.approx(-worse, rel=1e-4)
