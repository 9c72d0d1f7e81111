"""Every published network: trained, exported, published, pulled, run without TensorFlow; mutated, refused."""

from __future__ import annotations

import dataclasses
import json
import os
import warnings

import anndata
import numpy as np
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cellfill
from cellfill.bundle import read_bundle
from cellfill.bundle.manifest.graph import MAX_DIMENSIONS
from cellfill.errors import CellfillError, DataError, UsageError
from cellfill.loading import verify
from cellfill_training import ARCHITECTURES, About, Words, architecture_options, fit_network
from cellfill_training.architectures.catalogue import check_entries
from cellfill_training.cards.words import StudyWords
from cellfill_training.cli.progress import _unjudged
from cellfill_training.studies.cell_classes import CellClass, ClassTree
from cellfill_training.studies.gene_sets import GeneSet
from cellfill_training.studies.labels import UNLABELLED, Labelled
from cellfill_training.workflow.networks.labels import judge_labelled
from conftest import EXAMPLE
from hub.conftest import _office, desk, hub  # noqa: F401  fixtures
from runtime.hostile import parts
from runtime.hostile.mutations import mutated
from runtime.hostile.test_fuzz import bounded
from training.small import study_of

# Whatever the paper's: small enough for a test. Of each only what the network reads.
SMALL = {
    "most_genes": 150,
    "min_genes": 50,
    "encoder": "16",
    "dimensions": 4,
    "decoder": "16",
    "batch_size": 64,
    "max_epochs": 3,
    "warm_up": 2,
    "start_spread": 0.05,
    "beside_sets": 8,
    "least_set_genes": 2,
    "most_set_genes": 10_000,
    "most_sets": 20,
}
TREE = ClassTree(
    (
        CellClass(name="immune cell"),
        CellClass(name="monocyte", parent="immune cell", ontology_id="CL:0000576"),
        CellClass(name="lymphocyte", parent="immune cell", ontology_id="CL:0000542"),
    )
)
SAID = StudyWords(
    **dict.fromkeys(("source", "licence", "accession", "platform", "cell_types", "reference"), "said")
)
NAMES = sorted(ARCHITECTURES)
REPO = "lab/{}"
WITHOUT_TENSORFLOW = """
import sys, json
sys.modules["tensorflow"] = sys.modules["onnx"] = None
import anndata, cellfill
cells, every = anndata.read_h5ad({cells!r}), {{}}
for name in {names!r}:
    model = cellfill.load("lab/" + name + "@v1.0.0", offline=True)
    said = every[name] = {{}}
    if "impute" in model.manifest.tasks:
        filled = cellfill.impute(cells, model=model, copy=True, policy="all", gate=False)
        said["impute"] = float(filled.layers["imputed"].sum())
    if "annotate" in model.manifest.tasks:
        said["annotate"] = len(set(cellfill.annotate(cells, model=model, copy=True).obs["cell_type"]))
    if "embed" in model.manifest.tasks:
        said["embed"] = len(cellfill.embed(cells, model=model, copy=True).obsm["X_" + name])
print(json.dumps(every))
"""


def matrix_of(graph, name):
    """Return a matrix of a graph by its name."""
    import onnx

    found = onnx.load(graph).graph.initializer
    return onnx.numpy_helper.to_array(next(one for one in found if one.name.startswith(name)))


def small_options(name, **changes):
    wanted = {key: value for key, value in SMALL.items() if key in ARCHITECTURES[name].reads}
    if "encoder" in wanted and architecture_options(name).encoder == "":
        wanted["encoder"] = ""
    if "start_spread" in wanted:  # those that begin far away, with steps of 1e-4
        wanted |= {"learning_rate": 0.01, "max_epochs": 12}
    if architecture_options(name).dimensions < SMALL["dimensions"]:
        del wanted["dimensions"]
    return architecture_options(name, **(wanted | changes))


def with_types(study):
    """Return a study whose cells are monocytes, where they show much of LYZ, lymphocytes, or unknown.

    One that did not measure it has no labels.
    """
    if "LYZ" not in study.gene_names[0]:
        return study
    levels = study.counts[:].toarray()[:, study.gene_names[0].index("LYZ")]
    leaves = np.where(levels > 3, 0, np.where(levels < 1, 1, UNLABELLED))
    return Labelled(study=study, leaves=leaves, trusted=leaves != UNLABELLED)


def sets_of(study):
    """Return thirty sets of genes by their place."""
    names = study.gene_names[0]
    return [GeneSet(name=f"GO:{n:07} set of {n}", genes=frozenset(names[n::30])) for n in range(30)]


@pytest.fixture(scope="module")
def trained(studies, tmp_path_factory):
    """Train a network on two studies, once for all processes; its folder, and the loss of each epoch."""
    place = tmp_path_factory.getbasetemp()
    place = (place.parent if os.environ.get("PYTEST_XDIST_WORKER") else place) / "networks"
    place.mkdir(exist_ok=True)

    def of(name):
        losses, kind = place / f"{name}.losses", ARCHITECTURES[name]
        with FileLock(place / f"{name}.lock"):
            if not losses.is_file():
                epochs = []
                fit_network(
                    [with_types(study) for study in studies] if kind.labels else studies,
                    out=place / name,
                    architecture=name,
                    options=small_options(name),
                    tree=TREE if kind.labels else None,
                    gene_sets=None if kind.gene_sets == "never" else sets_of(studies[0]),
                    about=About(tissue="blood"),
                    words=Words(purpose="said", harms="said", studies={study.name: SAID for study in studies}),
                    on_epoch=epochs.append,
                )
                losses.write_text(json.dumps([epoch.loss for epoch in epochs]))
        return place / name, json.loads(losses.read_text())

    return of


def test_every_entry_names_options_that_there_are():
    check_entries()
    for name in NAMES:
        architecture_options(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_network_learns_and_its_graph_says_what_tensorflow_says(trained, name):
    folder, (first, *later) = trained(name)
    if ARCHITECTURES[name].in_steps:
        assert min(later) < first
    bundle = read_bundle(folder)
    assert bundle.manifest.architecture.name == name
    assert set(ARCHITECTURES[name].tasks) == set(bundle.manifest.tasks)
    assert verify(folder).sound  # golden values, replayed
    difference = float(
        bundle.manifest.provenance["largest relative difference between ONNX Runtime and TensorFlow"]
    )
    assert difference < 1e-4
    worth = np.array([gene.worth for gene in bundle.genes])
    assert worth.sum() == pytest.approx(1)
    assert (worth > 1e-4).sum() > 20  # many genes tell something
    if ARCHITECTURES[name].gene_sets == "must":
        assert (worth > 1e-9).mean() > 0.9  # what no set has is no input
    said = "of the training studies, which said when to stop" in bundle.card
    assert said == ARCHITECTURES[name].labels  # no study was held out
    assert "taught nothing to what was judged" not in bundle.card
    assert ("of the training studies that changed no weight" in bundle.card) == (
        bundle.manifest.tasks == ("embed",)
    )
    assert "A model of the other studies" not in bundle.card


@pytest.mark.parametrize("name", NAMES)
def test_what_comes_follows_from_the_cells(trained, name):
    folder, _ = trained(name)
    cells = anndata.read_h5ad(EXAMPLE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = cellfill.load(folder)
        if "impute" in model.manifest.tasks:
            estimate = model.manifest.estimates[0]
            filled = model.impute_matrix(
                cells.X, list(cells.var_names), estimate=estimate, policy="all", gate=False, calibrate=False
            )
            values = filled.toarray() if hasattr(filled, "toarray") else filled
            own = values[:, (values > 0).all(axis=0)]
            assert own.shape[1] > 100  # of 150 genes
            assert np.isfinite(values).all()
            assert (own.std(axis=0) > 0).mean() > 0.9  # cells differ
        if "embed" in model.manifest.tasks:
            placed = cellfill.embed(cells, model=folder, copy=True).obsm[model.manifest.embedding.key]
            assert placed.shape == (cells.n_obs, len(model.manifest.graph.output("embedding").dimensions))
            assert np.isfinite(placed).all()
            assert (placed.std(axis=0) > 0).any()


def test_published_pulled_and_run_without_tensorflow(trained, desk, hub):  # noqa: F811
    for name in NAMES:
        folder, _ = trained(name)
        published = desk.upload(folder, "--tag", "v1.0.0", repo=REPO.format(name))
        assert published.returncode == 0, published.stderr
        assert desk.run("pull", f"{REPO.format(name)}@v1.0.0").returncode == 0
    hub.requests.clear()
    every = desk.python(WITHOUT_TENSORFLOW.format(cells=str(EXAMPLE), names=NAMES))
    for name, said in every.items():
        assert said.keys() == set(ARCHITECTURES[name].tasks)
        assert all(value > 0 for value in said.values())
    assert hub.requests == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("file", ["model.onnx", "manifest.json"])
def test_a_mutated_network_runs_or_is_refused(trained, tmp_path_factory, name, file):
    folder, _ = trained(name)
    sound = {path.name: path.read_bytes() for path in folder.iterdir()}
    cells = anndata.read_h5ad(EXAMPLE)[:5]
    refused = []

    @settings(
        max_examples=5,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
    @given(st.data())
    def attempt(data):
        files = sound | {file: data.draw(mutated(file, sound[file]))}
        if file != "manifest.json":
            files = parts.seal(files | {"manifest.json": json.loads(sound["manifest.json"])})
        place = parts.write(tmp_path_factory.mktemp("mutated") / name, files)
        try:
            with bounded(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = cellfill.load(place)
                if "impute" in model.manifest.tasks:
                    model.impute_matrix(cells.X, list(cells.var_names), calibrate=False)
                verify(place)
        except CellfillError as error:
            refused.append(str(error))

    attempt()
    assert refused


def test_a_network_of_labels_names_types_of_the_tree_and_says_how_well(trained):
    folder, _ = trained("lin")
    bundle = read_bundle(folder)
    assert [(c.name, c.parent, c.ontology_id) for c in bundle.classes.rows] == [
        (c.name, c.parent, c.ontology_id) for c in TREE.classes
    ]
    assert bundle.manifest.annotation.confidence == 0.5
    figures = next(e for e in bundle.manifest.evaluations if e.task == "annotate")
    ours, logistic = (
        next(s.values for s in figures.scores if s.method == m) for m in ("cellfill", "majority class")
    )
    assert ours.keys() == {"accuracy", "macro_f1", "ece"}
    assert ours["accuracy"] > logistic["accuracy"]
    cells = anndata.read_h5ad(EXAMPLE)
    sure = cellfill.annotate(cells, model=folder, copy=True, confidence=0.0).obs["cell_type"]
    unsure = cellfill.annotate(cells, model=folder, copy=True, confidence=1.0).obs["cell_type"]
    assert set(sure) == {"monocyte", "lymphocyte"}
    assert (sure[cells.obs["sorted_type"] == "CD14+ Monocyte"] == "monocyte").mean() > 0.8
    assert "immune cell" in set(unsure)
    assert "learnt" in bundle.card
    assert "without a label" not in bundle.card


def test_groups_that_a_network_found_have_no_priors_and_no_other_shares(trained):
    folder, _ = trained("desc")
    classes = read_bundle(folder).classes
    assert np.isnan(classes.priors).all()  # shares by Student's t are no posteriors
    assert all(row.cells >= 0 for row in classes.rows)
    with pytest.raises(UsageError, match="does not say how frequent its types were in training"):
        cellfill.annotate(anndata.read_h5ad(EXAMPLE), model=folder, copy=True, shares=True)
    assert read_bundle(trained("lin")[0]).classes.priors.sum() == pytest.approx(1)


def test_a_held_out_study_without_a_type_of_the_model_judges_nothing_and_it_is_said_why(trained, studies):
    bundle = read_bundle(trained("lin")[0])
    learnt = [one for one in map(with_types, studies) if isinstance(one, Labelled)]
    lone = dataclasses.replace(
        learnt[0],
        study=dataclasses.replace(learnt[0].study, name="lone"),
        leaves=np.full(len(learnt[0].leaves), UNLABELLED),
    )
    lone.leaves[:2] = 0
    judged = judge_labelled(bundle, TREE, learnt, [lone], np.arange(3), gene_table=None, seed=0, say=print)
    assert judged.manifest.evaluations == ()
    said = _unjudged(judged.manifest)
    assert said.startswith(" (2 cells of lone with a label among the model's types, monocyte, lymphocyte; 20 are")
    assert said.endswith("Give it more cells, or a study to judge it on (--hold-out-study).")


def test_dimensions_are_terms_that_read_their_genes_alone(trained):
    folder, _ = trained("gonn")
    cells = anndata.read_h5ad(EXAMPLE)
    bundle = read_bundle(folder)
    names = bundle.manifest.graph.output("embedding").dimensions
    placed = cellfill.embed(cells, model=folder, copy=True)
    record = placed.uns[f"cellfill_{bundle.manifest.embedding.key}"]
    assert list(record["dimensions"]) == list(names)
    # Without the genes of one term, which fall to their neutral level, that term is what moves.
    wired = matrix_of(folder / "model.onnx", "w_terms")
    term = int((wired != 0).sum(axis=0).argmax())
    kept = [g.symbol for g, own in zip(bundle.genes, wired[:, term], strict=True) if own == 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = cellfill.embed(cells[:, cells.var_names.isin(kept)].copy(), model=folder, copy=True)
    key = bundle.manifest.embedding.key
    moved = np.abs(placed.obsm[key] - other.obsm[key]).mean(axis=0)
    assert len(kept) < len(bundle.genes)
    assert moved.argmax() == term


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("lin", {}, "lin learns from the types of cells: name their column"),
        ("goae", {}, "goae is wired by gene sets: give a GMT file"),
        ("dca", {"gene_sets": []}, "dca is wired by no gene sets"),
        ("dca", {"tree": TREE}, "dca learns from counts alone"),
    ],
)
def test_types_and_gene_sets_are_given_where_they_are_read(studies, tmp_path, name, changes, message):
    with pytest.raises(UsageError, match=message):
        fit_network(studies, out=tmp_path / name, architecture=name, **changes)


def test_too_few_genes_are_refused_before_the_training(tmp_path):
    counts = np.random.default_rng(0).poisson(3.0, (60, 8)) + 1.0
    whole = study_of(counts[:30, :6])
    rest = study_of(counts[30:, 2:], name="rest", genes=[f"gene{n}" for n in range(2, 8)])
    sets = [GeneSet(name=str(n), genes=frozenset({f"gene{n}", "gene1"})) for n in (0, 2, 3)]
    options = {"min_genes": 1, "most_genes": None}
    for studies, name, message in (
        (
            [study_of(counts[:, :2])],
            "scvis",
            "2 genes are detected in 2.0% of the cells; a network reads 3 at least",
        ),
        ([whole, rest], "goae", "rest measured 2 of the 4 genes that the network reads, and 3 are the least"),
    ):
        given = {"gene_sets": sets} if name == "goae" else {}
        chosen = architecture_options(name, **options | ({"least_set_genes": 1} if given else {}))
        said = []
        with pytest.raises(DataError, match=message):
            fit_network(
                studies, out=tmp_path / "m", architecture=name, options=chosen, on_step=said.append, **given
            )
        assert not any(line.startswith("training") for line in said)


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("vasc", {"temperature": 0}, "temperature is 0; it must be a number, above 0"),
        ("scvis", {"perplexity": 0.0}, "above 0"),
        ("dca", {"learning_rate": float("nan")}, "learning_rate is nan; it must be a number, above 0"),
        ("dca", {"learning_rate": -1.0}, "above 0"),
        ("lin", {"momentum": 1.0}, "momentum is 1.0; it must be a number, 0 or above and below 1"),
        ("dca", {"batch_size": 1}, "batch normalisation needs at least 2 cells a step"),
        ("scvis", {"dimensions": MAX_DIMENSIONS + 1}, "a model has at most 4,096"),
        ("pca", {"components": MAX_DIMENSIONS + 1}, "a model has at most 4,096"),
        ("scscope", {"rounds": 61}, "rounds is 61; beside 0 layers a model's graph has room for 60"),
        ("dca", {"encoder": "2," * 25 + "2"}, "encoder has 26 layers; a model's graph has room for 25"),
    ],
)
def test_options_that_mean_nothing_are_refused(name, changes, message):
    with pytest.raises(UsageError, match=message):
        architecture_options(name, **changes)


def test_what_may_just_be_asked_for_is_taken():
    assert architecture_options("pca", components=MAX_DIMENSIONS).components == MAX_DIMENSIONS
    assert architecture_options("dca", batch_size=1, batch_norm=False, momentum=0.0).momentum == 0


def test_what_a_network_does_not_read_is_refused():
    with pytest.raises(UsageError, match=r"dca has no --kl-weight: leave it out\. It reads --activation"):
        architecture_options("dca", kl_weight=2.0)
    with pytest.raises(UsageError, match="There is no architecture 'dcaa'"):
        architecture_options("dcaa")
