"""The report on a model that names cells, and the pictures of types."""

import re
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from typer.testing import CliRunner

import cellfill
from cellfill import plots
from cellfill.cli import app
from cellfill.errors import TaskError, UsageError
from cellfill.fitness.options import CheckOptions
from cellfill.plots.plane import plane_of
from cellfill.plots.style import GREY
from cellfill.plots.types import UNASSIGNED, looks_of_types
from cellfill.report import write_report
from cellfill.report.on_dimensions import activity, dimensions_section, draw_activity
from cellfill.report.on_types import types_section
from cellfill.report.provenance import PageAsked
from conftest import EXAMPLE, MODEL
from report.test_report import Tables, words
from runtime import bundles
from runtime.tasks.known import known_cells

mpl.use("Agg")


@pytest.fixture
def ax():
    return Figure().add_subplot()


@pytest.fixture(scope="module")
def cells(names_cells):
    placed = known_cells()
    cellfill.annotate(placed, model=names_cells)
    cellfill.embed(placed, model=names_cells)
    return placed


def test_it_says_what_the_check_says(typed, names_cells):
    path, fitness = typed
    found = cellfill.check(known_cells(), model=names_cells, task="annotate")
    assert fitness.to_dict() | {"counts": ""} == found.to_dict() | {"counts": ""}
    text = path.read_text()
    for reason in fitness.reasons:
        assert reason in words(text)
    rows = {row[0]: row for row in Tables(text).rows if row}
    remarked = any(row.off for row in fitness.types)
    for row in fitness.types:
        assert rows[row.name][1 + remarked] == f"{row.cells:,}"
    for title in ("Types: how many", "Where the cells lie", "Cells without a type", "Whether the answers hold"):
        assert title in text
    assert "Do not name the cells with this model" in text
    asked = PageAsked(data="cells.h5ad", model="m", options=CheckOptions(), task="annotate")
    assert asked.command() == "cellfill annotate cells.h5ad --model m --output typed.h5ad"
    assert "impute" not in text.partition("<style")[0] + text.partition("</style>")[2]
    assert "over 4 cells of the model&#39;s studies" in text


@pytest.mark.parametrize("task", [None, "annotate", "embed"])
def test_markers_are_refused_where_nothing_is_imputed(names_cells, tmp_path, monkeypatch, task):
    monkeypatch.setattr("cellfill.report.write.look_at_types", None)
    with pytest.raises(UsageError, match=r"^markers must be left out .* does not impute\.$"):
        write_report(known_cells(), tmp_path / "page.html", model=names_cells, task=task, markers=["INS"])
    assert not list(tmp_path.iterdir())


def test_markers_point_to_imputing_where_a_model_does(tmp_path):
    several = bundles.make(tmp_path / "several", tasks=("impute", "embed"))
    words = ("report", EXAMPLE, "--model", several, "--task", "embed", "--markers", "INS,NOTAGENE")
    done = CliRunner().invoke(app, [*map(str, words), "-o", str(tmp_path / "page.html")])
    assert isinstance(done.exception, UsageError)
    said = r"^--markers must be left out of .* places the cells: .* add --task impute"
    assert re.search(said, str(done.exception))


def test_that_a_type_looks_off_stands_before_the_figures_as_words(names_cells):
    """A phone shows the left of a table, and breaks words alone."""
    fitness = cellfill.check(known_cells(), model=names_cells, task="annotate")
    kinds = [row.name for row in fitness.types for _ in range(row.cells)]
    sure = np.full(len(kinds), 0.9, dtype=np.float32)
    for off in (False, True):
        types = tuple(replace(row, off=off and place == 0) for place, row in enumerate(fitness.types))
        (table,) = types_section(replace(fitness, types=types), kinds, sure, labels=None).tables
        assert table.head[: table.words] == (("type", "remark") if off else ("type",))
        assert ("looks off" in table.rows[0][1]) == off


def test_cells_of_another_species_get_a_page_too(tmp_path, names_cells):
    cells = known_cells()
    cells.var_names = [f"none{place}" for place in range(cells.n_vars)]
    fitness = write_report(cells, tmp_path / "page.html", model=names_cells, embedding="pca")
    assert fitness.verdict == "does not fit"
    assert "cellfill recommend --task annotate" in (tmp_path / "page.html").read_text()


def test_a_model_that_only_places_cells_gets_a_page(tmp_path):
    model = bundles.make(tmp_path / "places", tasks=("embed",))
    fitness = write_report(known_cells(), tmp_path / "page.html", model=model, embedding="pca")
    text = (tmp_path / "page.html").read_text()
    assert fitness.reasons[0] in words(text)
    assert "Where the cells lie" in text
    with pytest.raises(TaskError, match="does not name cell types"):
        write_report(EXAMPLE, tmp_path / "no.html", model=MODEL, task="annotate")


def test_dimensions_with_names_are_shown_by_kinds_of_cells():
    rng = np.random.default_rng(0)
    kinds = ["B"] * 30 + ["NK"] * 30 + [UNASSIGNED] * 5
    places = rng.normal(size=(65, 40))
    places[:30, 7] += 5  # B cells have the eighth term
    places[30:60, 9] += 5
    places[60:, 11] += 50  # what has no type has no part
    places[3] = np.nan
    names = [f"GO:{n:07} <b>term {n}</b> $x$" for n in range(40)]
    found = activity(places, names, kinds)
    assert set(found.kinds) == {"B", "NK"}
    assert names[11] not in found.dimensions[:2]
    b, nk = (found.kinds.index(kind) for kind in ("B", "NK"))
    assert found.mean[found.dimensions.index(names[7]), b] > 0.8
    assert found.mean[found.dimensions.index(names[9]), nk] > 0.8
    long = [f"natural killer cell mediated response, {name}" for name in names]
    told = dimensions_section(places, long, kinds, by="your labels (kind)")
    assert {row[0] for row in told.tables[0].rows} <= set(long)  # in full
    axes = draw_activity(activity(places, long, kinds))
    drawn = [label.get_text() for label in axes.get_yticklabels()]
    assert len(set(drawn)) == len(drawn)
    section = dimensions_section(places, names, kinds, by="your labels (kind)")
    ax = section.pictures[0].draw(Figure().add_subplot())
    assert ax.get_yticklabels()[0].get_text().startswith("<b>term ")
    assert section.tables[0].head == ("dimension", *found.kinds)
    numbers = [str(n) for n in range(1, 41)]
    assert dimensions_section(places, numbers, kinds, by="") is None  # a number says nothing
    assert dimensions_section(places, names, ["B"] * 65, by="") is None


def test_types_are_drawn_and_unassigned_cells_are_grey(cells, ax):
    plots.types(cells, ax)
    drawn = np.concatenate([dots.get_offsets() for dots in ax.collections])
    assert sorted(map(tuple, drawn)) == sorted(map(tuple, cells.obsm["X_small"][:-1].astype(float)))
    assert len(drawn) == 59  # the last has no place
    assert {text.get_text() for text in ax.texts} <= set(cells.obs["cell_type"]) - {"unassigned"}
    looks = looks_of_types(["B", "unassigned", "T"], ["T", "B"])
    assert list(looks) == ["T", "B", "unassigned"]
    assert looks["unassigned"][0] == GREY
    assert GREY not in {looks["T"][0], looks["B"][0]}


def test_new_cells_are_drawn_over_those_that_the_model_knows(cells, names_cells, ax):
    plots.on_reference(cells, names_cells, ax)
    known, new = (
        np.concatenate([dots.get_offsets() for dots in part]) for part in (ax.collections[:-1], ax.collections[-1:])
    )
    reference = cellfill.load(names_cells).opened.bundle.reference.coordinates
    assert sorted(map(tuple, known)) == sorted(map(tuple, reference.astype(float)))
    np.testing.assert_allclose(new, cells.obsm["X_small"][:-1])
    assert "B cell" in {text.get_text() for text in ax.texts}


def test_what_cannot_be_drawn_is_said(cells, names_cells, ax, tmp_path):
    with pytest.raises(UsageError, match=r"no obs\['kind'\]"):
        plots.types(cells, ax, key="kind")
    with pytest.raises(UsageError, match=r"no obsm\['X_none'\]"):
        plots.types(cells, ax, basis="X_none")
    other = cells.copy()
    other.obsm["X_small"] = other.X.toarray()
    with pytest.raises(UsageError, match="6 dimensions and the model's reference 2"):
        plots.on_reference(other, names_cells, ax)
    bare = bundles.make(tmp_path / "bare", tasks=("embed",), reference=None)
    with pytest.raises(UsageError, match="brings no cells that it knows"):
        plots.on_reference(cells, bare, ax)


def test_the_plane_is_the_reference_s_whatever_the_new_cells_are():
    rng = np.random.default_rng(0)
    known = rng.normal(size=(50, 6)) * [9, 5, 1, 1, 1, 1]
    new = rng.normal(size=(20, 6)) + 3
    both, some = plane_of(new, known), plane_of(new[:5], known)
    np.testing.assert_allclose(both.cells[:5], some.cells)
    np.testing.assert_allclose(both.reference, some.reference)
    assert both.reference.std(axis=0) == pytest.approx(known.std(axis=0)[:2], rel=0.2)
    assert np.isfinite(plane_of(new[:1]).cells).all()


def test_of_a_model_that_does_not_say_how_typical_cells_are_the_page_does_not_speak_of_it(typed):
    _, fitness = typed
    silent = replace(fitness, types=tuple(replace(row, typical=float("nan")) for row in fitness.types))
    names = [row.name for row in fitness.types]
    for found, told in ((fitness, True), (silent, False)):
        section = types_section(found, names, np.ones(len(names), dtype=np.float32), labels=None)
        assert ("How typical the cells are tells these" in section.beware) is told
        assert ("typical" in section.tables[0].head) is told
        assert {len(row) for row in section.tables[0].rows} == {len(section.tables[0].head)}
