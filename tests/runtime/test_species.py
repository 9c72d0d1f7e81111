"""The species is told by ids, by the way symbols are written, by genes that only one species has; or not at all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellfill.bundle import read_bundle
from cellfill.genes.species import HUMAN, MOUSE, RAT, same_species, see_species
from conftest import MODEL

SYMBOLS = [gene.symbol for gene in read_bundle(MODEL).genes if gene.symbol]


@pytest.mark.parametrize(
    ("names", "species"),
    [
        (["ENSG00000167286", "ENSG00000167287.3"], {HUMAN}),
        (["ENSG00000167286_CD3D"] * 3, {HUMAN}),
        (["ENSMUSG00000032094"] * 3, {MOUSE}),
        (["ENSRNOG00000032094"] * 3, {RAT}),
        (["WBGene00000010"] * 3, {"Caenorhabditis elegans"}),
        (["FBgn0000010"] * 3, {"Drosophila melanogaster"}),
        (["YAL001C", "YBR002W", "YPL012W-A"], {"Saccharomyces cerevisiae"}),
        (["AT1G01010", "ATMG00010"], {"Arabidopsis thaliana"}),
        (["ENSG00000167286", "ENSMUSG00000032094"], {HUMAN, MOUSE}),
        (["Cd3d", "Cd14", "Lyz2", "mt-Nd1", "H2-K1"], {MOUSE, RAT}),
        (["CD3D", "GM15408", "4930451G09RIK", "H2-K1", "RP23-383B20.1"], {MOUSE}),
        (["CD3D", "HLA-DRA", "LINC00115", "RP11-34P13.7"], {HUMAN}),
        (["cd3d", "hla-dra", "linc00115", "rp11-34p13.7"], {HUMAN}),
        (["CD3D", "CD14", "LYZ", "MS4A1", "C1orf112"], set()),
        (["0", "1", "2"], set()),
        ([""], set()),
    ],
)
def test_names_tell_their_species(names, species):
    assert set(see_species([names]).species) == species


def test_the_first_column_that_tells_decides():
    assert see_species([["row1", "row2"], ["ENSMUSG00000032094"] * 2]).species == {MOUSE}


@pytest.mark.parametrize(
    ("model", "names", "same"),
    [
        ("Homo sapiens", ["ENSG00000167286"], True),
        ("human", ["ENSMUSG00000032094"], False),
        ("Mus musculus", ["Cd3d", "Cd14", "Lyz1"], True),
        ("mouse", ["ENSG00000167286"], False),
        ("unknown", ["ENSMUSG00000032094"], True),
        ("Ambystoma mexicanum", ["ENSG00000167286"], True),
        ("Homo sapiens", ["CD3D"], True),
    ],
)
def test_only_a_clear_mismatch_is_one(model, names, same):
    assert same_species(model, see_species([names])) is same


@pytest.mark.parametrize("before", [("GRCh38_", "mm10___"), ("hg19_", "GRCm39_"), ("", "")])
def test_cells_of_two_species_in_one_table_are_of_neither(before):
    mouse = ["Gm15408", "4930451G09Rik", "H2-K1", "Lyz2", *(name.capitalize() for name in SYMBOLS[:200])]
    human = ["HLA-DRA", "LINC00115", "RP11-34P13.7", *SYMBOLS[:200]]
    seen = see_species([[before[0] + name for name in human] + [before[1] + name for name in mouse]])
    assert (seen.said, seen.together) == ("Homo sapiens and Mus musculus", True)
    assert not same_species("human", seen)
    assert not same_species("mouse", seen)
    assert same_species("unknown", seen)
    assert same_species("human", see_species([[before[0] + name for name in human]]))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([1, 10, 50, 500]), st.sampled_from([str, str.lower, str.upper]))
def test_no_human_panel_is_taken_for_another_species(seed, size, case):
    panel = np.random.default_rng(seed).choice(SYMBOLS, size, replace=False)
    assert same_species("Homo sapiens", see_species([[case(name) for name in panel]]))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([10, 50, 500]))
def test_every_mouse_panel_in_its_own_spelling_is_seen(seed, size):
    shared = [name for name in SYMBOLS if name.isalnum() and name.isupper() and not name.startswith("LINC")]
    panel = np.random.default_rng(seed).choice(shared, size, replace=False)
    assert not same_species("Homo sapiens", see_species([[name.capitalize() for name in panel]]))
