"""Gene sets are read from a GMT file, and wired to the genes that a network reads."""

import gzip

import numpy as np
import pytest

from cellfill.errors import DataError, DataNotFoundError
from cellfill_training.studies.gene_sets import GeneSet, read_gene_sets, wire
from cellfill_training.studies.gene_table import GeneName, GeneTable

LINES = "GO:0000001\timmune response\tCD3D\tCD3E\t\nHALLMARK_APOPTOSIS\thttp://where\tBAX\n\n"


@pytest.mark.parametrize("pack", [lambda text: text, gzip.compress])
def test_sets_are_called_by_their_ids_and_what_these_are(tmp_path, pack):
    (tmp_path / "sets").write_bytes(pack(LINES.encode()))
    assert [(one.name, set(one.genes)) for one in read_gene_sets(tmp_path / "sets")] == [
        ("GO:0000001 immune response", {"CD3D", "CD3E"}),
        ("HALLMARK_APOPTOSIS", {"BAX"}),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no gene set"),
        (b"CD3D\nCD3E\n", "line 1: a line of a GMT file is a name"),
        (b"a\tb\tCD3D\na\tc\tCD3E\n", "two sets that are called 'a'"),
        (b"\x1f\x8b\x00broken", "no GMT file, plain or by gzip"),
        (b"a\tb\t\xff\xfe\n", "no GMT file"),
        (gzip.compress(b"a\tb\tCD3D\n" * 100, mtime=0)[:-20], "no GMT file"),
    ],
)
def test_what_is_no_gmt_file_is_refused(tmp_path, content, message):
    (tmp_path / "sets.gmt").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_gene_sets(tmp_path / "sets.gmt")
    with pytest.raises(DataNotFoundError, match="no such file"):
        read_gene_sets(tmp_path / "other.gmt")
    with pytest.raises(DataNotFoundError, match="that is a folder"):
        read_gene_sets(tmp_path)


def test_names_that_a_model_cannot_hold_whole_stay_apart_and_a_line_may_be_there_twice(tmp_path):
    lines = [f"{'LONG_' * 30}{end}\tx\tCD3D\t{end}" for end in ("B", "C", "C")]
    (tmp_path / "sets.gmt").write_text("\r\n".join([*lines, ""]))
    names = [one.name for one in read_gene_sets(tmp_path / "sets.gmt")]
    assert names == [f"{('LONG_' * 30)[:99]}…", f"{('LONG_' * 30)[:98]}…2"]
    lines = [f"{'x' * 98}{end}\tx\tCD3D" for end in ("A1", "A2", "B1", "B2")]
    (tmp_path / "sets.gmt").write_text("\n".join(lines))
    assert len({one.name for one in read_gene_sets(tmp_path / "sets.gmt")}) == 4


def test_a_file_without_an_end_is_not_read_whole(tmp_path, monkeypatch):
    (tmp_path / "sets.gmt").write_bytes(b"a\tb\t" + b"G\t" * 4000)
    monkeypatch.setattr("cellfill_training.studies.gene_sets._MOST_LINE", 1000)
    with pytest.raises(DataError, match="too large for gene sets"):
        read_gene_sets(tmp_path / "sets.gmt")


GENES = [GeneName("ENSG1", "A"), GeneName("ENSG2", "B"), GeneName("ENSG3", "C"), GeneName("", "D")]
TABLE = GeneTable([[("ENSG1", "A"), ("ENSG3", "C")], [("ENSG3", "OLD")]])


def made(**sets):
    return [GeneSet(name=name, genes=frozenset(genes.split())) for name, genes in sets.items()]


def test_genes_are_found_by_symbol_id_and_earlier_name():
    wiring = wire(made(x="A ENSG2 OLD", y="C D Z"), GENES, TABLE, least=1, most=9, most_sets=9)
    assert wiring.names == ("x", "y")
    np.testing.assert_array_equal(wiring.member.T, [[1, 1, 1, 0], [0, 0, 1, 1]])


def test_sets_are_chosen_by_size_by_what_is_read_of_them_and_once():
    sets = made(half="A B Y Z", few="A Z", general="A B C D E F G", whole="C D", twin="C D Z", other="A B C")
    bounds = {"least": 2, "most": 6}
    assert wire(sets, GENES, TABLE, **bounds, most_sets=9).names == ("half", "whole", "other")
    assert wire(sets, GENES, TABLE, **bounds, most_sets=2).names == ("whole", "other")
    with pytest.raises(DataError, match="Lower --least-set-genes"):
        wire(sets, GENES, TABLE, least=4, most=6, most_sets=9)
    with pytest.raises(DataError, match="same species"):
        wire(made(x="Cd3d Cd3e"), GENES, TABLE, least=1, most=9, most_sets=9)
    many = [GeneName("", f"GENE{n}") for n in range(200)]
    mouse = made(x=" ".join(f"Gene{n}" for n in range(200)), y="GENE1 Gene2", z="GENE2 GENE3")
    with pytest.raises(DataError, match=r"3 of the 203 genes of the gene sets .* same species"):
        wire(mouse, many, TABLE, least=1, most=300, most_sets=9)  # some names are alike by chance
