"""A report says what the check found, of the cells that the check drew, and escapes what files say."""

import json
import os
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser

import anndata
import numpy as np
import pytest

import cellfill
from cellfill.errors import DataError, MissingDependencyError, OutputError, OutputExistsError, UsageError
from cellfill.fitness.sentences import best_and_worst, error_said
from cellfill.plots.components import log_normalised
from cellfill.report import write_report
from cellfill.report.labels import UNKNOWN, find_labels
from cellfill.report.options import ReportOptions
from cellfill.report.project import project, same_neighbours, wants_umap
from conftest import EXAMPLE, MODEL, ROOT


class Tables(HTMLParser):
    """The rows of every table, and the names of all tags and attributes."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.tags, self.attributes, self.open = [], set(), set(), False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.open = True

    def handle_data(self, data):
        if self.open:
            self.rows[-1][-1] += data

    def handle_endtag(self, tag):
        self.open = self.open and tag not in ("td", "th")


def words(text):
    """Return what a page says, without its links."""
    return unescape(re.sub(r"</?(?:a|code)\b[^>]*>", "", text))


def test_it_says_what_the_check_says(report, fitness, model):
    text = report.read_text()
    rows = Tables(text).rows
    for figure in fitness.figures:
        value = figure.mse if figure.protocol == "masked entries" else figure.loss
        assert [figure.method, f"{value:.4f}"] in [row[:2] for row in rows], figure
    assert f"{model.manifest.name} {fitness.verdict} these cells" in text
    assert all(reason in words(text) for reason in fitness.reasons)
    said = error_said(fitness.figures)
    assert said[1:] in words(text)
    for chosen in best_and_worst(fitness.genes):
        names = [fitness.genes.names[i] for i in chosen]
        at = [row[0] for row in rows].index(names[0])
        assert [row[0] for row in rows[at : at + len(names)]] == names
        shown = [row[2] for row in rows[at : at + len(names)]]
        assert shown == [f"{np.exp(fitness.genes.gain[i]):.2f} times as likely" for i in chosen]
    assert len({f"{np.exp(fitness.genes.gain[i]):.2f}" for i in best_and_worst(fitness.genes)[0]}) > 4
    for gene in fitness.coverage.worst_missing:
        assert [gene.symbol, gene.ensembl_id, f"{gene.worth:.2%}"] in rows
    assert ["SHA-256 of its manifest", model.origin.manifest_sha256] in rows
    assert len(re.findall(r"\b[0-9a-f]{64}\b", text)) == 1
    assert ["trained", model.manifest.provenance["trained"]] in rows
    assert ["cellfill", cellfill.__version__] in rows
    assert f"cellfill impute {EXAMPLE.name} --model" in text


@pytest.mark.parametrize("kind", ["imputing", "types"])
def test_the_page_is_one_file_that_runs_nothing(report, typed, kind):
    report = report if kind == "imputing" else typed[0]
    text = report.read_text()
    assert report.stat().st_size < 3_000_000
    parsed = Tables(text)
    assert not parsed.tags & {"script", "iframe", "object", "embed", "form", "img", "base"}
    assert "style" not in parsed.attributes
    assert not [name for name in parsed.attributes if name.startswith("on")]
    assert "default-src 'none'" in text
    assert re.findall(r'(?:href|src)="(?!#|data:)[^"]*', text) == []  # of the Hub's models there is one link
    assert re.findall(r"url\((?!#)", text) == []
    ids = re.findall(r'\bid="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="|url\()#([^")]*)', text)) <= set(ids)
    assert str(ROOT) not in text


def test_zeros_are_those_of_the_counts_and_of_what_imputing_gives(report, fitness, model):
    counts, after = _imputed(fitness, model)
    rows = {row[0]: row[1] for row in Tables(report.read_text()).rows if len(row) == 2}
    new = after[counts == 0]
    assert rows["counted before"] == f"{(counts > 0).mean():.2%}"
    assert rows["zero, gets below 0.01"] == f"{((new > 0) & (new < 0.01)).sum() / counts.size:.2%}"
    assert rows["zero, gets 0.5 and more"] == f"{(new >= 0.5).sum() / counts.size:.2%}"


def _imputed(fitness, model):
    """Return the counts of the judged genes, and what the report says that imputing makes of them."""
    cells = anndata.read_h5ad(EXAMPLE)
    counts = cells[:, list(fitness.genes.names)].X.toarray()
    imputed = cellfill.impute(cells, model=model, gate=False, copy=True)[:, list(fitness.genes.names)]
    return counts, np.where(fitness.genes.filled, imputed.layers["imputed"].toarray(), counts)


def test_what_files_say_is_escaped(hostile):
    path, fitness = hostile
    text = path.read_text()
    parsed = Tables(text)
    assert not parsed.tags & {"script", "img", "b "}
    assert not [name for name in parsed.attributes if name.startswith("on")]
    assert "attacker.example" in text
    assert not re.search(r"(?:href|src)=[\"']?https?:", text)
    assert all(c.isprintable() or c == "\n" for c in text)
    assert fitness.genes is not None
    shown = {row[0] for row in parsed.rows}
    assert any(name.startswith("<script>document") for name in shown)
    assert max(len(name) for name in shown) <= 60


def test_cells_that_the_model_was_not_made_for_get_a_page_too(tmp_path, example, model):
    example.var_names = [f"WBGene{place:08d}" for place in range(example.n_vars)]
    fitness = write_report(example, tmp_path / "worm.html", model=model)
    text = (tmp_path / "worm.html").read_text()
    assert fitness.verdict == "does not fit"
    assert f"{model.manifest.name} does not fit these cells" in text
    assert 'id="coverage"' in text
    assert 'id="hidden"' not in text
    assert "cellfill impute" not in text
    # Nothing of what never ran.
    for never in (
        "alibration",
        "whose absence costs most",
        "seed of what was hidden",
        "look better than on new ones",
    ):
        assert never not in words(text).partition('id="terms"')[0], never


def test_few_cells_get_a_page_that_says_so(tmp_path, example, model):
    write_report(example[:5].copy(), tmp_path / "few.html", model=model)
    assert "Only 5 cells can be looked at" in (tmp_path / "few.html").read_text()


def test_the_command_line_writes_the_page(tmp_path):
    page = tmp_path / "out.html"
    command = [sys.executable, "-m", "cellfill.cli", "report", str(EXAMPLE), "--model", str(MODEL), "-o", str(page)]
    options = ["--no-calibrate", "--labels", "sorted_type", "--embedding", "pca", "--threads", "1", "--offline"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "verdict       fits" in done.stderr
    text = page.read_text()
    assert "coloured by your labels (sorted_type)" in text
    assert "--no-calibrate" in text
    assert "model, calibrated" not in text
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 6
    assert "--force" in again.stderr
    assert page.read_text() == text


def test_the_command_warns_of_genes_in_its_own_way(tmp_path, example):
    example[:60].copy().write_h5ad(tmp_path / "cells.h5ad")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "cellfill.cli", "report", "cells.h5ad", "--model", str(MODEL), "-q"),
            *("--markers", "CD3D,CD79Z", "--embedding", "pca", "-o", "page.html"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.fullmatch(r"WARNING       Neither the data nor the model have CD79Z .*the others\.\n", done.stderr)
    assert not done.stdout


def test_what_cannot_be_is_refused_before_the_work(tmp_path, example, model, monkeypatch):
    monkeypatch.setattr("cellfill.report.write.check_dataset", None)
    with pytest.raises(OutputError, match=r"must end in \.html"):
        write_report(example, tmp_path / "page.pdf", model=model)
    (tmp_path / "there.html").write_text("precious")
    with pytest.raises(OutputExistsError):
        write_report(example, tmp_path / "there.html", model=model)
    with pytest.raises(DataError, match=r"no column 'typ'; columns: sorted_type\. Name one with --labels"):
        write_report(example, tmp_path / "page.html", model=model, labels="typ", embedding="pca")
    with pytest.raises(UsageError, match=r"have CD3 \(the nearest: CD3D, CD3E, CD3G\); CD79Z \(the nearest: CD79"):
        write_report(example, tmp_path / "page.html", model=model, markers=["CD3", "CD79Z"])
    with pytest.raises(DataError, match="report takes an AnnData, not a list"):
        write_report([1], tmp_path / "page.html", model=model, embedding="pca")
    assert [path.name for path in tmp_path.iterdir()] == ["there.html"]


@pytest.mark.parametrize("package", ["matplotlib", "jinja2"])
def test_without_the_extra_it_says_what_to_install(tmp_path, example, model, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependencyError, match=rf"need {package}: pip install 'cellfill\[report\]'"):
        write_report(example, tmp_path / "page.html", model=model)


def test_what_umap_loads_does_not_talk(tmp_path):
    """A stand-in for umap-learn with TensorFlow beside it, whose C++ writes past Python's stderr."""
    (tmp_path / "umap.py").write_text(
        "import os\n"
        "os.write(2, b'oneDNN custom operations are on' + os.environ['TF_CPP_MIN_LOG_LEVEL'].encode())\n"
        "class UMAP:\n"
        "    def __init__(self, **_options): pass\n"
        "    def fit_transform(self, components):\n"
        "        os.write(2, b'heard')\n"
        "        return components[:, :2]\n"
    )
    code = (
        "import numpy as np; from cellfill.report.project import project; project(np.eye(9, dtype='f4'), umap=True)"
    )
    path = os.pathsep.join([str(tmp_path), *sys.path])
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"heard")


def test_umap_is_made_where_it_is_asked_for(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert not wants_umap(ReportOptions(model="m").embedding)
    with pytest.raises(MissingDependencyError, match="pip install umap-learn"):
        wants_umap("umap")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: object())
    assert wants_umap("umap")
    assert not wants_umap(ReportOptions(model="m").embedding)


def test_components_are_those_of_scikit_learn(example):
    from sklearn.decomposition import PCA

    logs = log_normalised(example.X.toarray()[:, :400].astype(np.float32))
    found, expected = project(logs, umap=False), PCA(20, svd_solver="full").fit(logs.astype(np.float64))
    assert found.shares == pytest.approx(expected.explained_variance_ratio_, rel=1e-6)
    theirs = expected.transform(logs)
    agree = np.abs(np.corrcoef(found.components[:, :5].T, theirs[:, :5].T)[:5, 5:].diagonal())
    assert agree == pytest.approx(1, abs=1e-6)
    tall = project(logs[:, :30], umap=False)
    assert tall.shares == pytest.approx(PCA(20).fit(logs[:, :30]).explained_variance_ratio_, rel=1e-4)
    turned = project(logs, umap=False, like=-found.components)
    assert np.allclose(turned.components, -found.components)


def test_neighbours_tell_groups_from_a_mixture():
    rng = np.random.default_rng(0)
    labels = ["a"] * 50 + ["b"] * 50
    apart = rng.normal(size=(100, 3)) + 20 * (np.arange(100) >= 50)[:, None]
    assert same_neighbours(apart, labels) == 1
    assert same_neighbours(rng.normal(size=(100, 3)), labels) == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"leiden": ["0", "1"], "cell_type": ["B", "T"]}, "cell_type"),
        ({"louvain": ["0", "1"], "n_counts": [1.5, 2.5]}, "louvain"),
        ({"Seurat_Clusters": [0, 1]}, "Seurat_Clusters"),
        ({"cell_type": ["B", "B"], "cluster": ["1", "2"]}, "cluster"),
        ({"sample": ["a", "b"], "n_genes": [1, 2]}, None),
    ],
)
def test_labels_are_found_by_their_usual_names(columns, found):
    import pandas as pd

    labels = find_labels(pd.DataFrame(columns), np.array([1, 0]), column=None)
    assert (labels.column if labels else None) == found
    if labels:
        assert labels.of_cell == tuple(str(value) for value in reversed(columns[found]))


def test_cells_without_a_label_are_called_so_and_names_are_no_labels():
    import pandas as pd

    frame = pd.DataFrame({"cell_type": pd.Categorical(["B", None, "T"]), "name": list("abc")})
    assert find_labels(frame, np.arange(3), column="cell_type").of_cell == ("B", UNKNOWN, "T")
    many = pd.DataFrame({"name": [f"cell {place}" for place in range(100)]})
    with pytest.raises(DataError, match="100 different values"):
        find_labels(many, np.arange(100), column="name")


def test_the_same_cells_give_the_same_page(report, tmp_path):
    write_report(EXAMPLE, tmp_path / "again.html", model=MODEL, labels="sorted_type", embedding="pca")
    pages = [re.sub(r"\d{4}-\d\d-\d\d", "the day", p.read_text()) for p in (tmp_path / "again.html", report)]
    assert pages[0] == pages[1]


def test_what_is_shown_in_a_notebook_is_short_and_escaped(model, example, fitness):
    example.var_names = ["<b>gene"] * example.n_vars
    example.var_names_make_unique()
    for shown in (model, model.align(EXAMPLE), model.align(example), fitness):
        text = shown._repr_html_()
        assert 100 < len(text) < 4000
        assert "<b>gene" not in text
        tags = Tables(text).tags
        assert tags <= {"div", "p", "b", "table", "tbody", "thead", "tr", "th", "td", "details", "summary"}
    assert model.manifest.name in model._repr_html_()
    assert "good" in model.align(EXAMPLE)._repr_html_()
    assert json.dumps(fitness.to_dict())


def test_the_screenshots_are_small_and_as_wide_as_a_page():
    from matplotlib.image import imread

    shown = re.findall(r"\]\((report-\w+\.png)\)", (ROOT / "docs" / "report.md").read_text())
    assert len(shown) == 4
    for name in shown:
        path = ROOT / "docs" / name
        assert path.stat().st_size < 300_000, name
        assert imread(path).shape[1] == 1100, name
