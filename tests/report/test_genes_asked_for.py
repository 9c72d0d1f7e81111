"""Markers on the page: those asked for, those chosen, and the groups where there are no labels."""

import re

import anndata
import numpy as np
import pytest

import cellfill
from cellfill import FitWarning
from cellfill.errors import UsageError
from cellfill.genes.named import has_a_name
from cellfill.report import write_report
from cellfill.report.clusters import find_clusters, standing_out
from cellfill.report.explained import Explained
from cellfill.report.labels import UNKNOWN
from cellfill.report.markers import Filled, Marker
from cellfill.report.on_markers import _said
from cellfill.report.options import ReportOptions
from conftest import EXAMPLE, MODEL
from report.test_report import Tables, words


@pytest.fixture(scope="module")
def asked(tmp_path_factory, model):
    """A page on the example without labels, with genes of every fate."""
    folder = tmp_path_factory.mktemp("asked")
    cells = anndata.read_h5ad(EXAMPLE)
    del cells.obs["sorted_type"]
    added = anndata.AnnData(np.ones((cells.n_obs, 1), dtype=np.float32) * (np.arange(cells.n_obs) % 3)[:, None])
    added.var_names, added.obs_names = ["MYGENE"], cells.obs_names
    cells = anndata.concat([cells, added], axis="var", merge="same")
    assert "IFIT1" not in cells.var_names
    cells.write_h5ad(folder / "cells.h5ad")
    genes = ["ms4a1", "MYGENE", "IFIT1", "CD79Z"]
    with pytest.warns(FitWarning, match=r"have CD79Z \(the nearest: CD79.*\)\. The page shows the others"):
        fitness = write_report(folder / "cells.h5ad", folder / "report.html", model=model, markers=genes)
    return cells, fitness, (folder / "report.html").read_text()


def test_a_gene_is_shown_as_imputing_fills_it(asked, model):
    cells, _, text = asked
    filled = cellfill.impute(cells, model=model, gate=False, copy=True)
    before = cells[:, "MS4A1"].X.toarray().ravel()
    after = filled[:, "MS4A1"].layers["imputed"].toarray().ravel()
    rows = Tables(text).rows
    at = next(i for i, row in enumerate(rows) if "zeros filled" in row)
    groups = [row for row in rows[at + 1 :] if len(row) == 7 and re.match(r"\d+: ", row[0])]
    groups = groups[: len({row[0] for row in groups})]
    assert sum(int(row[1].replace(",", "")) for row in groups) == cells.n_obs
    assert sum(int(row[3].replace(",", "")) for row in groups) == ((before == 0) & (after > 0)).sum()
    for column, values in ((5, before), (6, after)):
        total = sum(int(row[1]) * float(row[column]) for row in groups)
        assert total == pytest.approx(values.sum(), rel=0.02)
    assert f"Counted in {(before > 0).mean():.0%} of these cells." in words(text)
    assert "What is put in is the estimate expected" in words(text)


def test_a_gene_that_is_not_imputed_says_why(asked):
    cells, _, text = asked
    assert 'alt="' not in text
    said = words(text)
    counted = (cells[:, "MYGENE"].X > 0).mean()
    assert f"Counted in {counted:.0%} of these cells. Not imputed: not in the model" in said
    assert "Not imputed: the dataset does not have it, and imputing adds no genes." in said
    assert "Not imputed: neither the data nor the model have a gene of this name (the nearest: CD79" in said
    assert "MYGENE as counted" in said
    assert "MYGENE as imputed" not in said


def filled(group, cells, *, seen=0.0, zeros=0, put_in=0.0):
    return Filled(group=group, cells=cells, seen=seen, zeros=zeros, put_in=put_in, before=seen, after=seen)


def shown(*groups, gain=float("nan"), trusted=False):
    values = np.zeros(3)
    return _said(
        Marker(name="G", why_not="", before=values, after=values, filled=groups, gain=gain, trusted=trusted)
    )


@pytest.mark.parametrize(
    ("gain", "trusted", "seen", "said"),
    [
        (
            0.0134,
            False,
            1 / 300,
            "Do not rely on it: it is filled since the model seems to predict it a little better",
        ),
        (0.5, False, 0.1, "Do not rely on it: a hidden molecule of it is 1.6 times as likely by the model"),
        (float("nan"), False, 0.0, "Do not rely on it: these cells have no count of it"),
        (float("nan"), False, 0.1, "Do not rely on it: it is filled since the model seems to predict it, but"),
        (1.5, True, 0.1, "The model surely predicts it by itself: a hidden molecule of it is 4.5 times as likely"),
        (0.01, True, 0.1, "The model surely predicts it by itself, but hardly better than by the gene's mean."),
        (float("nan"), True, 0.1, "The model surely predicts it by itself."),
    ],
)
def test_it_says_whether_one_can_rely_on_what_was_filled(gain, trusted, seen, said):
    text = shown(filled("a", 300, seen=seen, zeros=299, put_in=0.01), gain=gain, trusted=trusted)
    assert said in text
    assert "no more likely" not in text
    assert ("Do not rely on it" in text) != trusted
    counted = {0.0: "none of these cells", 0.1: "10% of these cells", 1 / 300: "1 of 300 cells"}[seen]
    assert text.startswith(f"Counted in {counted}. ")


def test_groups_of_a_few_cells_and_cells_without_a_type_are_not_named():
    few = filled("tiny", 3, zeros=3, put_in=9.0)
    rest = [filled(name, 50, zeros=40, put_in=8.0) for name in ("unassigned", UNKNOWN)]
    text = shown(few, *rest, filled("B", 90, zeros=9, put_in=0.5), filled("T", 90, zeros=9, put_in=0.2))
    assert "Of its zeros 101 are filled" in text
    assert "with 0.5 in the mean in B, 0.2 in T." in text
    assert "with 9 in the mean in tiny." in shown(few)


def test_without_labels_cells_are_coloured_by_clusters(asked):
    cells, _, text = asked
    assert "cells coloured by clusters found on these cells" in words(text)
    named = [row[0] for row in Tables(text).rows if len(row) == 2 and re.match(r"\d+: ", row[0])]
    genes = {gene for name in named for gene in name.partition(": ")[2].split()}
    assert genes <= set(cells.var_names)
    assert {"CD79A", "CD79B", "MS4A1"} & genes  # B cells are told by these
    assert "counts of the cell" not in text


def test_markers_are_chosen_that_the_model_surely_predicts(report, fitness):
    text = report.read_text()
    chosen = re.findall(r"<h3>([^<]+)</h3>\s*<p>Counted in", text)
    genes = fitness.genes
    trusted = {name for name, sure in zip(genes.names, genes.trusted, strict=True) if sure}
    assert len(chosen) == 4
    assert set(chosen) <= trusted


def test_clusters_are_those_that_were_made():
    rng = np.random.default_rng(0)
    kind = np.repeat([0, 1, 2], [60, 40, 20])
    logs = rng.normal(0.3, 0.1, size=(120, 30)).astype(np.float32)
    for k in range(3):
        logs[kind == k, k] += 2
    noise = rng.normal(size=(120, 5))
    noise[:, :3] += 20 * np.eye(3)[kind]
    found = find_clusters(noise, logs, [f"g{n}" for n in range(30)])
    assert [set(np.array(found.of_cell)[kind == k]) for k in range(3)] == [{"1: g0"}, {"2: g1"}, {"3: g2"}]
    assert found.by == "clusters found on these cells"
    lonely = np.vstack([noise, noise[:1] + 500])  # one cell is no cluster
    with_outlier = find_clusters(lonely, np.vstack([logs, logs[:1]]), [f"g{n}" for n in range(30)])
    assert with_outlier.of_cell[-1] == UNKNOWN
    alike = find_clusters(rng.normal(size=(50, 5)), np.ones((50, 4), dtype=np.float32), list("abcd"))
    assert set(alike.of_cell) == {"all cells"}
    assert set(find_clusters(noise[:4], logs[:4], []).of_cell) == {"all cells"}


def test_a_cluster_is_named_by_genes_that_have_names_where_some_stand_out():
    kind = np.repeat([0, 1], [35, 25])
    logs = np.zeros((60, 4), dtype=np.float32)
    logs[kind == 0, 0], logs[kind == 0, 1], logs[kind == 1, 2] = 3.0, 1.0, 2.0
    places = 20.0 * kind[:, None] + np.random.default_rng(0).normal(size=(60, 5))
    found = find_clusters(places, logs, ["LINC01234", "CD79A", "AC012345.1", "GAPDH"])
    assert [set(np.array(found.of_cell)[kind == k]) for k in range(2)] == [
        {"1: CD79A LINC01234"},
        {"2: AC012345.1"},
    ]


@pytest.mark.parametrize(
    ("gene", "named"),
    [
        *(
            (name, True)
            for name in ("CD79A", "HLA-DRA", "RP9", "H2-K1", "GM2A", "C1orf112", "MT-CO1", "AC1", "Rps6", "XIST")
        ),
        *((name, False) for name in ("ENSG00000141510", "ENSMUSG00000059552.3", "LOC101", "LINC01234", "Gm10825")),
        *(
            (name, False)
            for name in ("1810041L15Rik", "AC012345.1", "RP11-291B21.2", "CTD-2017D11.1", "BC048679", "")
        ),
    ],
)
def test_a_number_is_no_name(gene, named):
    assert has_a_name(gene) is named


def test_what_only_one_group_has_tells_more():
    logs = np.array([[3.0, 1.0, 0.0], [3.0, 1.0, 0.0], [2.0, 0.0, 0.0], [2.0, 0.0, 0.0]], dtype=np.float32)
    apart, distinct = standing_out(
        logs, [np.array([True, True, False, False]), np.array([False, False, True, True])]
    )
    assert apart.tolist() == [[1, 1, 0], [-1, -1, 0]]
    assert distinct[0, 1] > distinct[0, 0] > distinct[0, 2] == 0
    assert not distinct[1].any()


def test_words_are_linked_once_a_section_and_text_stays_text():
    words_met = Explained()
    words_met.begin()
    linked = str(words_met.link("<b>error</b> & the gene's error; run `cellfill check`"))
    assert linked.count('href="#term-error-mse"') == 1
    assert linked.startswith("&lt;b&gt;<a ")
    assert "&amp; the gene's" in linked
    assert "<code>cellfill check</code>" in linked
    words_met.begin()
    assert "href" in str(words_met.link("an error of zeros"))
    assert [term.name for _, term in words_met.met()] == ["error (MSE)", "zeros"]


@pytest.mark.parametrize(
    ("markers", "said"),
    [([], "at least one"), ("CD3D", "at least one"), ([f"g{n}" for n in range(25)], "24 at most")],
)
def test_genes_are_a_short_list(markers, said):
    with pytest.raises(UsageError, match=said):
        ReportOptions(model="m", markers=markers)


def test_the_command_runs_where_the_page_says_and_tells_no_path(tmp_path, monkeypatch, example):
    from cellfill.loading import loaded
    from cellfill.report.provenance import asked_model

    model = loaded(MODEL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "models" / "human-pbmc").mkdir(parents=True)
    assert asked_model("models/human-pbmc", model, "data/cells.h5ad") == ("../models/human-pbmc", "")
    assert asked_model("models/human-pbmc", model, "cells.h5ad") == ("models/human-pbmc", "")
    private = str(tmp_path / "models" / "human-pbmc")
    assert asked_model(private, model, "cells.h5ad") == ("human-pbmc", "human-pbmc")
    assert asked_model("models/human-pbmc", model, tmp_path / "cells.h5ad") == ("human-pbmc", "human-pbmc")
    assert asked_model("lab/blood@v1", model, "cells.h5ad") == ("lab/blood@v1", "")
    (tmp_path / "model_cards" / "human-pbmc").mkdir(parents=True)
    (tmp_path / "model_cards" / "human-pbmc" / "manifest.json").touch()
    assert asked_model("human-pbmc", model, "data/cells.h5ad") == ("../model_cards/human-pbmc", "")
    monkeypatch.setenv("CELLFILL_MODELS", str(tmp_path / "model_cards"))
    assert asked_model("human-pbmc", model, "data/cells.h5ad") == ("human-pbmc", "human-pbmc")
    assert asked_model(model, model, example) == (model.manifest.name, "")
