"""Pictures are functions of Axes, and show the numbers that they were given."""

import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

import cellfill
from cellfill import plots
from cellfill.errors import UsageError
from cellfill.fitness import baselines
from cellfill.plots.embedding import looks_of
from cellfill.plots.fates import fates_of
from cellfill.plots.genes import error_groups, error_ratios
from cellfill.plots.plane import plane_of
from cellfill.plots.style import legible
from cellfill.plots.zeros import shares_of_zeros
from runtime.tasks.known import known_cells

mpl.use("Agg")


@pytest.fixture
def ax():
    return Figure().add_subplot()


def test_public_names():
    assert set(plots.__all__) == {
        "embedding",
        "gene_errors",
        "gene_fates",
        "hidden_counts",
        "library_sizes",
        "marker",
        "missing_genes",
        "on_reference",
        "types",
        "zeros",
    }


def test_importing_them_imports_no_matplotlib():
    code = (
        "import sys, cellfill.plots, cellfill.report; print('matplotlib' in sys.modules, 'jinja2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_each_draws_on_what_it_is_given_or_on_a_figure_of_its_own(fitness, names_cells):
    cells = known_cells()
    cellfill.annotate(cells, model=names_cells)
    cellfill.embed(cells, model=names_cells)
    calls = {
        plots.hidden_counts: (fitness,),
        plots.gene_errors: (fitness,),
        plots.gene_fates: (fitness,),
        plots.missing_genes: (fitness.coverage,),
        plots.zeros: (np.eye(3), np.full((3, 3), 0.2)),
        plots.library_sizes: ([100, 2000],),
        plots.embedding: ([[0, 1], [1, 0]],),
        plots.types: (cells,),
        plots.on_reference: (cells, names_cells),
    }
    others = {"types", "on_reference", "marker"}  # which have tests of their own
    assert {call.__name__ for call in calls} | others == set(plots.__all__)
    for call, given in calls.items():
        own = Figure().add_subplot()
        assert call(*given, own) is own
        assert own.has_data(), call
        assert call(*given).figure is not own.figure
    mpl.pyplot.close("all")


def test_the_density_is_of_all_hidden_counts(fitness, ax):
    plots.hidden_counts(fitness, ax)
    mse, pearson = fitness.entries.scores("model, calibrated")
    assert f"MSE {mse:.4f}, r {pearson:.3f}" in ax.get_title()
    assert ax.collections[0].get_array().sum() == pytest.approx(len(fitness.entries.truth), rel=0.005)
    other = Figure().add_subplot()
    plots.hidden_counts(fitness, other, method=baselines.NONZERO)
    assert other.collections[0].norm.vmax == ax.collections[0].norm.vmax
    assert (other.get_xlim(), other.get_ylim()) == (ax.get_xlim(), ax.get_ylim())


def test_a_method_that_there_is_not_is_refused(fitness, ax):
    with pytest.raises(UsageError, match="it must be one of model, plain"):
        plots.hidden_counts(fitness, ax, method="magic")


def test_errors_are_ratios_to_the_best_simple_method(fitness, ax):
    level, model, simple = error_groups(fitness)
    assert (np.diff(level) >= 0).all()
    entries = fitness.entries
    trivial = min((baselines.NONZERO, baselines.MEAN_TRUNCATED), key=lambda method: entries.scores(method)[0])
    number = np.bincount(entries.gene)
    for method, curve in (("model, calibrated", model), (trivial, simple)):
        of_gene = np.bincount(entries.gene, entries.squares(method))[number > 0] / number[number > 0]
        assert curve.mean() == pytest.approx(of_gene.mean(), rel=0.01), method
    ratio = error_ratios(fitness)
    plots.gene_errors(fitness, ax)
    low, high = ax.get_ylim()
    line = next(line for line in ax.lines if line.get_label().startswith("the model"))
    assert list(line.get_ydata()) == pytest.approx(np.clip(model / simple, low * 1.08, high / 1.08).tolist())
    drawn = ax.collections[0].get_offsets()[:, 1]
    assert len(drawn) == np.isfinite(ratio).sum()
    assert low < drawn.min()
    assert drawn.max() < high
    # What the ratio is of: the error of the model is the ratio times that of the simple method.
    assert np.nanmedian(ratio[fitness.genes.mean > 1]) < 1


def test_every_gene_has_a_fate(fitness, ax):
    fates = fates_of(fitness)
    assert sum(fates.values()) == fitness.coverage.genes
    plots.gene_fates(fitness, ax)
    assert [bar.get_width() for bar in ax.patches] == list(fates.values())


def test_nothing_to_draw_is_said(model, example, ax):
    example.var_names = [f"none{place}" for place in range(example.n_vars)]
    refused = model.check(example)
    for call in (plots.hidden_counts, plots.gene_errors):
        with pytest.raises(UsageError, match="nothing to draw"):
            call(refused, ax)


def test_every_cell_is_drawn(ax):
    labels = ["B"] * 30 + ["T"] * 20 + [f"rare {place}" for place in range(50)]
    points = np.random.default_rng(0).normal(size=(100, 2))
    plots.embedding(points, ax, labels=labels)
    drawn = np.concatenate([dots.get_offsets() for dots in ax.collections])
    assert sorted(map(tuple, drawn)) == sorted(map(tuple, points))
    names = [text.get_text() for text in ax.texts]
    assert names[0] in labels
    assert {"B", "T"} <= set(names)
    with pytest.raises(UsageError, match="must be 3 cells x 2"):
        plots.embedding(points, ax, labels=["a", "b", "c"])


def test_names_that_would_lie_on_each_other_are_left_to_the_legend(ax):
    points = np.vstack([np.zeros((60, 2)), [[-5.0, -5.0], [5.0, 5.0]]])
    labels = [f"type {place % 6}" for place in range(62)]
    plots.embedding(points, ax, labels=labels)
    heights = sorted(text.get_position()[1] for text in ax.texts)
    assert len(heights) == 3
    assert np.diff(heights).min() > 0.4
    named = {text.get_text() for text in ax.texts}
    legend = {text.get_text() for text in ax.get_legend().get_texts()}
    assert named | legend == set(looks_of(labels))
    assert not named & legend
    bare = plots.embedding(points, Figure().add_subplot(), labels=labels, legend=False)
    assert bare.get_legend() is None


def test_names_are_cut_where_they_all_begin_alike(ax):
    plots.embedding(np.eye(2), ax, labels=["GSM3516662_MSK_TUMOUR", "GSM3516662_MSK_LYMPH"])
    assert sorted(text.get_text() for text in ax.texts) == ["…LYMPH", "…TUMOUR"]


def test_dollars_are_no_mathematics(ax):
    plots.embedding(np.eye(2), ax, labels=["$\\frac{$", "b"])
    ax.figure.draw_without_rendering()
    assert any("frac" in text.get_text() for text in ax.texts)


def test_training_cells_are_shown_beside_library_sizes(ax):
    plots.library_sizes([500, 1000, 2000], ax, training=(100.0, 1000.0, 30000.0))
    low, high = ax.get_xlim()
    assert low < 100
    assert high > 30000
    band, *bars = ax.patches
    assert (band.get_x(), band.get_x() + band.get_width()) == (100, 30000)
    assert sum(bar.get_height() for bar in bars) == 3


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("CD8A", "CD8A"),
        ("a\x00\n b", "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} b"),
        ("x" * 50, "x" * 39 + "…"),
        (3, "3"),
    ],
)
def test_names_are_shown_as_one_short_line(name, shown):
    assert legible(name) == shown


ODD = [np.array([["a", "b"]] * 60), np.full((60, 3), np.nan), np.zeros((60, 0)), np.full((60, 3), 1e300)]


@pytest.mark.parametrize("odd", ODD, ids=["words", "no place", "no dimension", "beyond numbers"])
def test_a_matrix_that_places_nothing_is_refused(names_cells, odd):
    cells = known_cells()
    cells.obs["cell_type"] = 1
    cells.obsm["X_odd"] = odd
    for draw in (plots.types, lambda c, basis: plots.on_reference(c, names_cells, basis=basis)):
        with pytest.raises(UsageError, match="X_odd"):
            draw(cells, basis="X_odd")
    with pytest.raises(UsageError, match="points"):
        plots.embedding(odd)


def test_cells_without_a_place_are_left_out(ax):
    places = np.array([[0.0, 1.0], [np.nan, 1.0], [2.0, 0.0], [np.inf, 0.0]])
    plots.embedding(places, ax, labels=[1, 2, 1, 2])
    assert sum(len(dots.get_offsets()) for dots in ax.collections) == 2
    with pytest.raises(UsageError, match="no numbers"):
        plots.library_sizes(["many"])


def test_a_reference_of_one_cell_is_drawn():
    plane = plane_of(np.eye(3), np.ones((1, 3)))
    assert plane.reference.tolist() == [[1.0, 1.0]]
    assert plane.cells.tolist() == np.eye(3)[:, :2].tolist()


def test_zeros_are_told_by_what_is_put_in(ax):
    from scipy import sparse

    before = np.array([[3, 0, 0, 0], [0, 1, 0, 0]], dtype=np.float32)
    after = np.array([[3, 0.005, 0.7, 0], [0.05, 1, 0.2, 0.6]], dtype=np.float32)
    shares = shares_of_zeros(before, after)
    assert [8 * share for share in shares.values()] == [2, 1, 1, 1, 1, 2]
    assert shares == shares_of_zeros(sparse.csr_matrix(before), sparse.csr_matrix(after))
    plots.zeros(before, after, ax)
    assert [bar.get_width() for bar in ax.patches] == [100 * share for share in shares.values()]
    with pytest.raises(UsageError, match="two matrices of one shape"):
        plots.zeros(before, after[:1])
