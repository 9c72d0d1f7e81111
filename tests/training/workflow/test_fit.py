"""Training: it learns, a seed repeats it, each sub-network stops on its own, and the export is the same."""

import dataclasses

import numpy as np
import pytest

from cellfill.bundle import read_bundle
from cellfill.bundle.graph_check import check_graph, signature
from cellfill.errors import DataError, GeneMatchError, OutputError, OutputExistsError, UsageError
from cellfill_training import About, GeneTable, fit, options_for
from cellfill_training.architectures.subnetworks.export import check_export, export_graph, input_genes
from cellfill_training.architectures.subnetworks.learning import fit_networks
from cellfill_training.architectures.subnetworks.network import SubNetworks
from cellfill_training.architectures.subnetworks.prepare import prepare
from cellfill_training.architectures.subnetworks.trainer import Trainer
from cellfill_training.exporting.parity import ExportError
from cellfill_training.fitting.early_stopping import split_cells
from cellfill_training.fitting.losses import poisson, weighted_mse
from cellfill_training.studies.cohort import harmonise
from training.tiny import TINY


def setup(studies, preset="default", **changes):
    options = options_for(preset, **(TINY | changes))
    cohort, levels, plan = prepare(harmonise(studies, GeneTable()), options)
    return cohort, levels, plan, options


def train(studies, preset="default", **changes):
    cohort, levels, plan, options = setup(studies, preset, **changes)
    epochs = []
    return fit_networks(cohort, levels, plan, options, epochs.append), epochs, (cohort, levels, plan, options)


@pytest.mark.parametrize("preset", ["default", "paper"])
def test_the_held_out_loss_falls(studies, preset):
    fast = {"learning_rate": 1e-3, "max_epochs": 4}
    _, epochs, _ = train(studies, preset, **fast)
    assert epochs[-1].held_out_loss < epochs[0].held_out_loss
    assert [e.number for e in epochs] == list(range(1, len(epochs) + 1))


def test_a_seed_gives_the_same_model_and_another_seed_another(studies):
    options = {"max_epochs": 2, "thinning": 0.5, "hide": 0.3}
    first, again, other = (train(studies, **options, seed=s)[0].networks.snapshot() for s in (3, 3, 4))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(first[0], other[0])


def test_every_sub_network_keeps_its_best_epoch(studies):
    fitted, _, _ = train(studies[:1], max_epochs=12, learning_rate=0.02, patience=2)
    assert fitted.best_epochs.min() < fitted.epochs  # the rate is too large: the last epoch is not the best
    worst = train(studies[:1], max_epochs=12, learning_rate=0.02, patience=2, keep="last")[0]
    assert (fitted.held_out_losses <= worst.held_out_losses + 1e-6).all()
    assert (worst.best_epochs >= fitted.best_epochs).all()


def test_sub_networks_are_independent(studies):
    """The first network alone learns what it learns among the others."""
    fitted, _, (cohort, levels, plan, options) = train(studies[:1], max_epochs=1, dropout=0.0)
    first = {"targets": plan.group_size, "predictors": plan.predictors[:1], "rare": plan.rare[: plan.group_size]}
    one = dataclasses.replace(plan, **first)
    alone = fit_networks(cohort, levels, one, options)
    width = len(plan.predictors[0])
    together = fitted.networks.snapshot()[0][0, :width]
    start = SubNetworks(plan, levels, options).snapshot()[0][0, :width]
    start_alone = SubNetworks(one, levels, options).snapshot()[0][0, :width]
    np.testing.assert_array_equal(start, start_alone)
    moved, moved_alone = together - start, alone.networks.snapshot()[0][0] - start_alone
    np.testing.assert_allclose(moved, moved_alone, atol=1e-4)


def test_genes_that_a_study_did_not_measure_teach_nothing(studies):
    cohort, levels, plan, options = setup(studies, max_epochs=1, thinning=0.0)
    unknown = ~cohort.measured[cohort.study]
    assert unknown.any()
    poisoned = cohort.counts.toarray()
    poisoned[unknown] = 77
    from scipy import sparse

    other = dataclasses.replace(cohort, counts=sparse.csr_matrix(poisoned))
    one, two = (fit_networks(c, levels, plan, options).networks.snapshot() for c in (cohort, other))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_losses_are_the_papers_and_poissons():
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(2, 3, 4)).astype("f4"), rng.poisson(2, (2, 3, 4)).astype("f4")
    ones = np.ones_like(z)
    truth, guess = np.log1p(y), np.log1p(np.exp(z))
    expected = (truth * (truth - guess) ** 2).sum(axis=2).mean(axis=1)
    np.testing.assert_allclose(weighted_mse(z, y, ones).numpy(), expected, rtol=1e-5)
    likelihood = (np.exp(z) - y * z).sum(axis=2).mean(axis=1)
    np.testing.assert_allclose(poisson(z, y, ones).numpy(), likelihood, rtol=1e-5)
    assert poisson(z, y, 0 * ones).numpy().tolist() == [0, 0]


def test_held_out_cells_are_five_percent_and_never_train():
    training, held = split_cells(1000, options_for("paper"))
    assert len(held) == 50
    assert sorted([*training, *held]) == list(range(1000))
    with pytest.raises(DataError, match="too few"):
        split_cells(3, options_for("paper"))


@pytest.mark.parametrize("preset", ["default", "paper"])
def test_onnx_runtime_and_tensorflow_agree_and_a_difference_is_refused(studies, preset):
    fitted, _, (cohort, *_) = train(studies, preset, max_epochs=2, learning_rate=1e-3)
    graph, form = export_graph(fitted.networks)
    cells = cohort.counts[:40].toarray()
    assert check_export(graph, fitted.networks, cells) < 1e-4
    assert form.output_meaning == ("expected" if preset == "default" else "expressed")
    assert [i.meaning for i in form.inputs] == ["counts", "size_factors"][: len(form.inputs)]
    fitted.networks.b2.assign_add(np.full(fitted.networks.b2.shape, 0.01, dtype=np.float32))
    with pytest.raises(ExportError, match="differ by"):
        check_export(graph, fitted.networks, cells)


@pytest.mark.parametrize("preset", ["default", "paper"])
def test_a_model_of_one_sub_network_is_exported_as_any_other(studies, preset):
    """Its last group is padded, too: 90 targets in a group of 120."""
    changes = {"max_targets": 90, "max_epochs": 1, "group_size": 120, "even_groups": False}
    fitted, _, (cohort, _, plan, _) = train(studies[:1], preset, **changes)
    assert len(plan.predictors) == 1
    graph, form = export_graph(fitted.networks)
    assert check_export(graph, fitted.networks, cohort.counts[:24].toarray()) < 1e-4
    check_graph(graph, signature(form, inputs=len(input_genes(fitted.networks)), targets=plan.targets))


def test_a_graph_that_gives_another_number_of_cells_is_refused_for_that(studies):
    """Compared value by value, one cell would be spread over all."""
    import onnx

    fitted, _, (cohort, _, _, _) = train(studies[:1], max_epochs=1)
    proto = onnx.load_from_string(export_graph(fitted.networks)[0])
    proto.graph.node[-1].output[0] = "all"
    proto.graph.initializer.append(onnx.numpy_helper.from_array(np.array([0]), "first"))
    proto.graph.node.append(onnx.helper.make_node("Gather", ["all", "first"], ["imputed_counts"], axis=0))
    with pytest.raises(ExportError, match=r"the shape \(1, "):
        check_export(proto.SerializeToString(), fitted.networks, cohort.counts[:20].toarray())


def test_the_graph_is_self_contained_and_standard(studies):
    import onnx

    fitted, _, _ = train(studies, max_epochs=1)
    graph, _ = export_graph(fitted.networks)
    proto = onnx.load_from_string(graph)
    assert {o.domain for o in proto.opset_import} | {n.domain for n in proto.graph.node} == {""}
    assert not any(t.data_location == onnx.TensorProto.EXTERNAL for t in proto.graph.initializer)
    assert len(proto.graph.node) < 30
    assert export_graph(fitted.networks)[0] == graph


def test_the_bundle_says_how_good_every_gene_is_beside_the_baseline(tiny):
    bundle = read_bundle(tiny)
    genes = bundle.genes
    for name in ("mse", "pearson", "baseline_mse", "baseline_pearson", "inverse_dispersion"):
        known = np.isfinite(genes.column(name)[genes.targets])
        assert known.mean() > 0.9, name
    methods = [[s.method for s in e.scores] for e in bundle.manifest.evaluations]
    assert methods[0] == [
        "cellfill, not calibrated",
        "cellfill, calibrated",
        "non-zero mean + library slope",
        "gene mean x library, zero-truncated",
        "no imputation",
    ]
    assert [(s.name, s.role) for s in bundle.manifest.studies] == [
        ("pbmc3k_400", "training"),
        ("pbmc_donor_a_300", "held-out"),
    ]
    assert {e.data for e in bundle.manifest.evaluations} == {"pbmc_donor_a_300"}


def test_the_tiny_model_beats_every_trivial_baseline_on_the_study_it_never_saw(tiny):
    masked, molecules = read_bundle(tiny).manifest.evaluations
    scores = {s.method: s.values for s in masked.scores}
    ours = scores.pop("cellfill, calibrated")
    scores.pop("cellfill, not calibrated")
    assert all(ours["mse"] < s["mse"] and ours["pearson"] > s["pearson"] for s in scores.values())
    losses = {s.method: s.values["poisson_loss"] for s in molecules.scores}
    assert losses["cellfill, calibrated"] < losses["gene mean x library"] < losses["no imputation, best floor"]


def test_the_card_holds_the_figures_of_the_manifest(tiny):
    bundle = read_bundle(tiny)
    for evaluation in bundle.manifest.evaluations:
        for score in evaluation.scores:
            row = f"| {score.method} |" + "".join(f" {v:.4f} |" for v in score.values.values())
            assert row in bundle.card
    assert bundle.card.startswith("---\nlicense: cc-by-4.0\nlibrary_name: cellfill\n")


def test_without_a_held_out_study_the_held_out_cells_judge(studies, tmp_path):
    options = options_for("paper", **TINY, held_out_fraction=0.1)
    bundle = fit(studies, out=tmp_path / "both", preset="paper", options=options)
    assert {e.data for e in bundle.manifest.evaluations} == {
        "stopping cells of pbmc3k_400",
        "stopping cells of pbmc_donor_a_300",
    }
    assert bundle.manifest.estimates == ("expressed",)
    assert np.isnan(bundle.genes.column("inverse_dispersion")).all()


def test_a_share_of_the_cells_is_drawn_from_all_studies(studies):
    from cellfill_training.workflow.imputation.training import _subsample

    cohort = harmonise(studies, GeneTable())
    fewer = _subsample(cohort, options_for("default", cells_fraction=0.25))
    assert fewer.counts.shape[0] == 175
    assert set(fewer.study) == {0, 1}


def test_a_study_of_which_no_cell_is_drawn_breaks_nothing(studies, tmp_path):
    few = dataclasses.replace(studies[1], counts=studies[1].counts[:3])
    options = options_for("default", **(TINY | {"cells_fraction": 0.1, "max_epochs": 1}))
    bundle = fit([studies[0], few], out=tmp_path / "few", options=options)
    assert len(bundle.manifest.studies) == 2


def test_a_training_that_diverged_is_not_written(studies, tmp_path):
    options = options_for("paper", **(TINY | {"learning_rate": 1e6, "max_epochs": 3}))
    with pytest.raises(ExportError, match="diverged"):
        fit(studies[:1], out=tmp_path / "wild", preset="paper", options=options)
    assert not (tmp_path / "wild").exists()


def test_a_hold_out_study_without_shared_genes_is_refused_before_the_training(studies, tmp_path):
    names = tuple(f"WBGene{i:08d}" for i in range(studies[1].counts.shape[1]))
    worm = dataclasses.replace(studies[1], gene_names=(names,))
    epochs = []
    options = options_for("default", **TINY)
    with pytest.raises(GeneMatchError):
        fit(studies[:1], out=tmp_path / "x", options=options, held_out=[worm], on_epoch=epochs.append)
    assert not epochs


@pytest.mark.parametrize("name", ["my model", "a" * 120, "-x"])
def test_a_name_that_cannot_be_is_refused_before_the_training(studies, tmp_path, name):
    with pytest.raises(OutputError, match="cannot be a model's name"):
        fit(studies[:1], out=tmp_path / name)


@pytest.mark.parametrize(
    ("name", "about", "message"),
    [
        ("a\x1b[31m", {}, r"The name of a study is 'a\\x1b\[31m': .* rename its file, or its value in the column"),
        ("a", {"tissue": "blood\nskin"}, r"The tissue of the model is 'blood\\nskin': .* say another --tissue"),
        ("a", {"species": "Homo\u202e"}, "The species of the model"),
        ("a" * 20_001, {}, "has 20,001 characters, over the bound"),
    ],
)
def test_a_text_that_no_manifest_holds_is_refused_before_the_training(studies, tmp_path, name, about, message):
    said = []
    with pytest.raises(UsageError, match=message):
        fit(
            [dataclasses.replace(studies[0], name=name)],
            out=tmp_path / "m",
            about=About(**about),
            on_step=said.append,
        )
    assert said == []


def test_a_bundle_that_is_there_is_refused_before_any_work(tiny, studies):
    with pytest.raises(OutputExistsError):
        fit(studies, out=tiny)


def test_one_study_cannot_train_and_judge(studies, tmp_path):
    with pytest.raises(UsageError, match="both trained on and held out"):
        fit(studies, out=tmp_path / "x", held_out=studies[:1])
    with pytest.raises(UsageError, match="no study"):
        fit([], out=tmp_path / "x")


def test_a_balanced_epoch_has_as_many_cells_drawn_by_the_studies_shares():
    from cellfill_training.fitting.batches import draw_epoch

    cells, study = np.arange(10, 110), np.repeat([0, 1], [90, 10])
    drawn = {
        kind: draw_epoch(cells, study, kind, np.random.default_rng(0)) for kind in ("cells", "sqrt", "studies")
    }
    assert sorted(drawn["cells"]) == cells.tolist()
    shares = {kind: (epoch >= 100).mean() for kind, epoch in drawn.items()}
    assert shares == {"cells": 0.1, "sqrt": 0.25, "studies": 0.5}  # 3 : 1 by the roots of 90 and 10
    for epoch in drawn.values():
        assert len(epoch) == 100
        small = np.bincount(epoch[epoch >= 100] - 100, minlength=10)
        assert small.max() - small.min() <= 1  # no cell comes again before all have been drawn
        assert not np.array_equal(epoch, np.sort(epoch))


def test_balance_changes_what_is_learned_and_unknown_ones_are_refused(studies):
    few = dataclasses.replace(studies[1], counts=studies[1].counts[:60])
    by_cells, by_studies = (
        train([studies[0], few], max_epochs=1, balance=kind)[0].networks.snapshot()[0]
        for kind in ("cells", "studies")
    )
    assert not np.array_equal(by_cells, by_studies)
    with pytest.raises(UsageError, match="balance is 'fair'"):
        options_for("default", balance="fair")


def test_batches_made_ahead_are_those_made_one_by_one(studies):
    from cellfill_training.fitting.batches import Batches

    cohort, levels, plan, _ = setup(studies)
    batches = Batches(cohort, levels, targets=plan.targets, thinning=0.5)
    cells = np.random.default_rng(1).permutation(300)
    ahead = list(batches.of(cells, 64, np.random.default_rng(2)))
    rng = np.random.default_rng(2)
    assert [len(batch.study) for batch in ahead] == [64, 64, 64, 64, 44]
    for start, batch in zip(range(0, 300, 64), ahead, strict=True):
        rows = cells[start : start + 64]
        for one, other in zip(batch, batches._make(rows, rng), strict=True):
            np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(batch.targets, cohort.counts[rows][:, : plan.targets].toarray())
        assert (batch.seen <= cohort.counts[rows].toarray()).all()
        assert (batch.seen < cohort.counts[rows].toarray()).any()


def test_what_pads_the_last_group_and_the_predictors_learns_nothing(studies):
    """Whether all genes were measured or not; and either way of the loss says the same of the same cells."""
    for used in (studies[:1], studies):
        fitted, _, (cohort, _, plan, _) = train(used, max_epochs=1, max_targets=299)
        assert cohort.measured.all() == (len(used) == 1)
        padding = len(plan.predictors) * plan.group_size - plan.targets
        assert padding
        assert not fitted.networks.b2.numpy()[-1, 0, -padding:].any()
        assert fitted.networks.b2.numpy()[-1, 0, :-padding].all()
        widths = [len(predictors) for predictors in plan.predictors]
        assert len(set(widths)) > 1
        for number, width in enumerate(widths):
            assert not fitted.networks.w1.numpy()[number, width:].any()


def test_a_loss_with_every_gene_measured_is_the_loss_without_the_short_cut(studies):
    cohort, levels, plan, options = setup(studies[:1])
    trainer = Trainer(SubNetworks(plan, levels, options), cohort, levels, options)
    cells = np.arange(50)
    short = trainer.held_out_loss(cells)
    again = Trainer(trainer.networks, cohort, levels, options)
    again.all_measured = False
    np.testing.assert_array_equal(again.held_out_loss(cells), short)
