"""Mouse and human on one index, by pairs of genes that have only each other."""

import numpy as np
import pytest
from scipy import sparse

from cellfill.errors import DataError, UsageError
from cellfill_training.cards.words import StudyWords, Words
from cellfill_training.recipes.command import bring_studies
from cellfill_training.studies.cohort import harmonise
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.studies.orthologues import read_orthologues
from cellfill_training.studies.study import Study

# Two mouse genes of one human one, and a gene alone: none of these is a pair.
TABLE = "CD3D,Cd3d\nGNLY,\nHLA-A,H2-D1\nHLA-A,H2-K1\nLYZ,Lyz1\nMS4A1,Ms4a1\nHLA-DRA,H2-Ea\nHLA-B,\nCD3D,Cd3d\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text(TABLE)
    return path


def study(name, genes):
    counts = np.arange(1, 2 * len(genes) + 1, dtype=np.float32).reshape(2, -1)
    return Study(name=name, counts=sparse.csr_matrix(counts), gene_names=(tuple(genes),))


HUMAN = study("man", ["CD3D", "HLA-A", "HLA-B", "HLA-DRA", "GNLY"])
MOUSE = study("mouse", ["Ms4a1", "H2-D1", "Cd3d", "Xist", "Lyz1"])


def test_only_genes_that_have_each_other_are_pairs(table):
    found = read_orthologues(table)
    assert found.species == ("Homo sapiens", "Mus musculus")
    assert dict(found.pairs) == {"CD3D": "Cd3d", "LYZ": "Lyz1", "MS4A1": "Ms4a1", "HLA-DRA": "H2-Ea"}


def test_a_mouse_study_stands_in_the_genes_of_a_human_model_and_the_rest_is_unknown(table):
    training, _, words = bring_studies([HUMAN, MOUSE], [], Words(), table=table, species="human")
    cohort = harmonise(training, GeneTable())
    symbols = [gene.symbol for gene in cohort.genes]
    of_mouse = {s for s, measured in zip(symbols, cohort.measured[1], strict=True) if measured}
    assert of_mouse == {"CD3D", "MS4A1", "LYZ"}
    assert cohort.counts[2].toarray()[0, symbols.index("CD3D")] == 3
    assert training[0] is HUMAN
    assert "3 of 5" in training[1].left_out[-1]
    assert words.studies == {"mouse": StudyWords(species="Mus musculus")}


def test_the_reverse_brings_human_cells_to_a_mouse_model(table):
    found = read_orthologues(table).bring(HUMAN, "Mus musculus")
    assert found.gene_names == (("Cd3d", "", "", "H2-Ea", ""),)


def test_symbols_in_capitals_are_found_where_other_names_tell_the_species(table):
    loud = study("loud", ["MS4A1", "H2-D1", "H2-K1", "H2-AA"])
    assert read_orthologues(table).bring(loud, "human").gene_names == (("MS4A1", "", "", ""),)


@pytest.mark.parametrize(
    ("text", "species", "error", "says"),
    [
        (TABLE, "Danio rerio", UsageError, "Danio rerio: name one of the two with --species"),
        (TABLE, "", UsageError, "not said"),
        ("CD3D,CD3E\n", "human", DataError, "two columns"),
        ("HLA-A,Apoe\nHLA-B,Actb\nHLA-C,Gapdh\n", "human", DataError, "other names"),
    ],
)
def test_what_cannot_be_brought_is_refused_with_what_to_do(tmp_path, text, species, error, says):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(error, match=says):
        read_orthologues(path).bring(MOUSE, species)


def test_a_recipe_brings_its_studies_too(table, monkeypatch):
    from cellfill_training.recipes import recipe

    place = table.with_name("both.recipe.toml")
    entries = "".join(
        f'[[study]]\nname = "{one.name}"\nfile = "{one.name}.h5ad"\nsource = ""\nlicence = ""\n'
        for one in (HUMAN, MOUSE)
    )
    place.write_text(f'orthologues = "pairs.csv"\n[about]\nspecies = "Homo sapiens"\n{entries}')
    there = {one.name: one for one in (HUMAN, MOUSE)}
    monkeypatch.setattr(recipe, "read_study", lambda path, **_: there[path.stem])
    heard = {}
    monkeypatch.setattr(recipe, "fit", lambda studies, **said: heard.update(said) or studies)
    learnt = recipe.fit_recipe(recipe.read_recipe(place), data=table.parent, out=table.parent / "both")
    assert [study.gene_names[0][:3] for study in learnt] == [("CD3D", "HLA-A", "HLA-B"), ("MS4A1", "", "CD3D")]
    said = heard["words"].studies
    assert {name: words.species for name, words in said.items() if words.species} == {MOUSE.name: "Mus musculus"}
