"""Folders of matrices and tables as programs and people write them; none of them can fill the memory."""

import gzip
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy import io, sparse

from cellfill.errors import DataError
from cellfill.readers import open_dataset
from runtime.one_dataset import forty_cells


@pytest.fixture
def cells(example):
    return forty_cells(example)[:, :50].copy()


def values(dataset):
    block = dataset.matrices[0].rows[0 : dataset.cells]
    return block.toarray() if sparse.issparse(block) else block


def write_folder(folder, cells, *, matrix, names_of_cells, names_of_genes, cells_in_rows=False, zipped=()):
    """A matrix and files of one name a line; ``zipped`` are those that are gzipped, whatever their names."""
    folder.mkdir(exist_ok=True)
    counts = sparse.coo_matrix(cells.X.astype(int) if cells_in_rows else cells.X.T.astype(int))
    io.mmwrite(str(folder / "plain.mtx"), counts)  # scipy 1.12 adds the ending to no path
    texts = {
        matrix: (folder / "plain.mtx").read_text(),
        names_of_cells: "".join(f"{n}\n" for n in cells.obs_names),
        names_of_genes: "".join(f"{n}\n" for n in cells.var_names),
    }
    (folder / "plain.mtx").unlink()
    for name, text in texts.items():
        (folder / name).write_bytes(gzip.compress(text.encode()) if name in zipped else text.encode())
    return folder


# matrix, names of the cells, names of the genes, whether cells are in rows
FAMILIES = {
    "Cell Ranger 2": ("matrix.mtx", "barcodes.tsv", "genes.tsv", False),
    "Cell Ranger 3": ("matrix.mtx", "barcodes.tsv", "features.tsv", False),
    "GEO": ("GSM1_sample_matrix.mtx", "GSM1_sample_barcodes.tsv", "GSM1_sample_genes.tsv", False),
    "GEO, as text": ("GSE1_counts.mtx", "GSE1_barcodes.txt", "GSE1_genes.txt", False),
    "STARsolo": ("UniqueAndMult-EM.mtx", "barcodes.tsv", "features.tsv", False),
    "kallisto": ("cells_x_genes.mtx", "cells_x_genes.barcodes.txt", "cells_x_genes.genes.txt", True),
    "kallisto, nac": ("cells_x_genes.mature.mtx", "cells_x_genes.barcodes.txt", "cells_x_genes.genes.txt", True),
    "alevin-fry": ("quants_mat.mtx", "quants_mat_rows.txt", "quants_mat_cols.txt", True),
    "Expression Atlas": (
        *("E-CURD-1.aggregated_filtered_counts.mtx", "E-CURD-1.aggregated_filtered_counts.mtx_cols"),
        *("E-CURD-1.aggregated_filtered_counts.mtx_rows", False),
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("square", [False, True])
@pytest.mark.parametrize("by_file", [False, True])
def test_folders_of_every_program_are_read(cells, tmp_path, family, square, by_file):
    matrix, names_of_cells, names_of_genes, cells_in_rows = FAMILIES[family]
    cells = cells[:, :40].copy() if square else cells
    folder = write_folder(
        tmp_path / "in",
        cells,
        matrix=matrix,
        names_of_cells=names_of_cells,
        names_of_genes=names_of_genes,
        cells_in_rows=cells_in_rows,
    )
    dataset = open_dataset(folder / matrix if by_file else folder)
    assert list(dataset.var.index) == list(cells.var_names)
    assert list(dataset.cell_names()) == list(cells.obs_names)
    np.testing.assert_array_equal(values(dataset), cells.X.toarray())


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("zipped", [(), (0,), (1,), (2,), (0, 1, 2)])
def test_what_is_gzipped_is_told_by_its_bytes(cells, tmp_path, ending, zipped):
    names = [f"{name}{ending}" for name in ("matrix.mtx", "barcodes.tsv", "features.tsv")]
    folder = write_folder(
        tmp_path / "in",
        cells,
        matrix=names[0],
        names_of_cells=names[1],
        names_of_genes=names[2],
        zipped=[names[i] for i in zipped],
    )
    np.testing.assert_array_equal(values(open_dataset(folder)), cells.X.toarray())


@pytest.mark.parametrize(
    ("head", "value", "read", "kind"),
    [
        ("coordinate integer", "1e+05", 1e5, "i"),
        ("coordinate integer", "1.0", 1, "i"),
        ("coordinate integer", "1.75", 1.75, "f"),
        ("coordinate unsigned-integer", "7", 7, "i"),
        ("coordinate Integer", "9007199254740993", 2**53, "f"),
        ("coordinate integer", "nan", np.nan, "f"),
        ("coordinate real", "7", 7, "f"),
        ("array integer", "1.5", 1.5, "f"),
        ("array integer", "2", 2, "i"),
    ],
)
def test_values_are_what_they_are_whatever_the_head_says(tmp_path, head, value, read, kind):
    """R writes 1e+05 into matrices of integers, and some hold fractions; scipy reads both as 1."""
    (tmp_path / "features.tsv").write_text("A\nB\n")
    (tmp_path / "barcodes.tsv").write_text("c\n")
    lines = f"2 1\n{value}\n3\n" if head.startswith("array") else f"2 1 2\n1 1 {value}\n2 1 3\n"
    (tmp_path / "matrix.mtx").write_text(f"%%MatrixMarket matrix {head} general\n% R\n{lines}")
    dataset = open_dataset(tmp_path)
    np.testing.assert_array_equal(values(dataset), [[read, 3]])
    assert dataset.matrices[0].rows.dtype.kind == kind


def test_the_matrix_of_unique_counts_is_taken_beside_others(cells, tmp_path):
    names = {"names_of_cells": "barcodes.tsv", "names_of_genes": "features.tsv"}
    write_folder(tmp_path / "in", cells, matrix="UniqueAndMult-EM.mtx", **names)
    folder = write_folder(tmp_path / "in", cells, matrix="matrix.mtx", **names)
    (folder / "UniqueAndMult-EM.mtx").write_text("not this one")
    np.testing.assert_array_equal(values(open_dataset(folder)), cells.X.toarray())


def test_symbols_of_kallisto_name_the_genes(cells, tmp_path):
    matrix, names_of_cells, names_of_genes, _ = FAMILIES["kallisto"]
    names = list(cells.var_names)
    cells.var_names = cells.var["gene_ids"]
    folder = write_folder(
        tmp_path / "in",
        cells,
        matrix=matrix,
        names_of_cells=names_of_cells,
        names_of_genes=names_of_genes,
        cells_in_rows=True,
    )
    (folder / "cells_x_genes.genes.names.txt").write_text("\n".join(names))
    dataset = open_dataset(folder)
    assert list(dataset.var.index) == names
    assert list(dataset.var.frame()["gene_ids"]) == list(cells.var_names)


@pytest.mark.parametrize(
    ("matrix", "present", "said"),
    [
        ("cells_x_tcc.mtx", "cells_x_tcc.barcodes.txt", r"no features\.tsv .*cells_x_tcc\.genes\.txt \(kallisto\)"),
        ("quants_mat.mtx", "quants_mat_cols.txt", r"no barcodes\.tsv .*quants_mat_rows\.txt \(alevin-fry\)"),
        ("a_matrix.mtx", "a_barcodes.tsv", r"no a_features\.tsv or a_genes\.tsv \(10x\)"),
    ],
)
def test_the_names_that_are_needed_are_said(tmp_path, matrix, present, said):
    for name in (matrix, present):
        (tmp_path / name).write_text("%%MatrixMarket matrix coordinate integer general\n1 1 0\n")
    with pytest.raises(DataError, match=said):
        open_dataset(tmp_path / matrix)


def test_a_folder_within_is_pointed_to(tmp_path):
    (tmp_path / "counts_unfiltered").mkdir()
    (tmp_path / "counts_unfiltered" / "cells_x_genes.mtx").write_text("")
    with pytest.raises(DataError, match="folder counts_unfiltered has some: name that"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("quote", ['"', "'", ""])
def test_every_column_of_features_is_kept_without_quotes(cells, tmp_path, quote):
    folder = write_folder(
        tmp_path / "in", cells, matrix="matrix.mtx", names_of_cells="barcodes.tsv", names_of_genes="features.tsv"
    )
    rows = [
        [i, n, "Gene Expression", *(["chr1", str(k), str(k + 9)] if k else ["", "", ""])]
        for k, (i, n) in enumerate(zip(cells.var["gene_ids"], cells.var_names, strict=True))
    ]
    quoted = ("\t".join(f"{quote}{field}{quote}" for field in row) for row in rows)
    (folder / "features.tsv").write_text("\n".join(quoted) + "\n\n")
    (folder / "barcodes.tsv").write_text("".join(f"{n}\tdonor {n}\n" for n in cells.obs_names))
    dataset = open_dataset(folder)
    var = dataset.var.frame()
    assert list(var.index) == list(cells.var_names)
    assert list(var["gene_ids"]) == list(cells.var["gene_ids"])
    assert list(var["feature_types"]) == ["Gene Expression"] * 50
    assert list(var["interval"]) == ["", *(f"chr1:{k}-{k + 9}" for k in range(1, 50))]
    assert list(dataset.obs()["column_2"]) == [f"donor {n}" for n in cells.obs_names]


def as_frame(cells):
    return pd.DataFrame(cells.X.toarray().astype(int), index=cells.obs_names, columns=cells.var_names)


def gct(frame):
    table = frame.T.rename_axis("NAME")
    table.insert(0, "Description", "na")
    return f"#1.2\n{len(table)}\t{len(frame)}\n" + table.to_csv(sep="\t")


TABLES = {
    "UTF-16": lambda f: f.to_csv(sep="\t").encode("utf-16"),
    "UTF-16, big-endian": lambda f: ("\ufeff" + f.to_csv()).encode("utf-16-be"),
    "UTF-8 with a mark": lambda f: f.to_csv().encode("utf-8-sig"),
    "separator at the end": lambda f: f.to_csv().replace("\n", ",\n").encode(),
    "separator at the end of numbers": lambda f: f.to_csv().replace("\n", ",\n").replace(",\n", "\n", 1).encode(),
    "tab at the end, genes in rows": lambda f: f.T.to_csv(sep="\t").replace("\n", "\t\n").encode(),
    "lines before": lambda f: ("# exported\n#\n# by, someone\n" + f.to_csv()).encode(),
    "names in a line of #": lambda f: ("#" + f.T.to_csv(sep="\t")).encode(),
    "an empty line before": lambda f: ("\n\n" + f.to_csv()).encode(),
    "decimal commas": lambda f: f.astype(float).to_csv(sep=";", decimal=",", float_format="%.1f").encode(),
    "decimal commas, tabs": lambda f: f.astype(float).to_csv(sep="\t", decimal=",", float_format="%.2f").encode(),
    "GCT": lambda f: gct(f).encode(),
    "Windows": lambda f: f.to_csv(lineterminator="\r\n").encode(),
    "all of it": lambda f: (
        "# a\n" + f.astype(float).to_csv(sep=";", decimal=",", float_format="%.1f").replace("\n", ";\r\n")
    ).encode("utf-16"),
}


@pytest.mark.parametrize("form", TABLES)
@pytest.mark.parametrize("name", ["in.csv", "in.txt.gz"])
def test_tables_as_people_have_them(cells, tmp_path, form, name):
    content = TABLES[form](as_frame(cells))
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    dataset = open_dataset(tmp_path / name)
    assert list(dataset.var.index) == list(cells.var_names)
    assert list(dataset.cell_names()) == list(cells.obs_names)
    np.testing.assert_array_equal(values(dataset), cells.X.toarray())


@pytest.mark.parametrize("separator", [",", "\t", ";", " "])
def test_lines_longer_than_any_field_are_parted(tmp_path, separator):
    frame = pd.DataFrame(np.arange(40_000).reshape(2, -1) % 1000, index=["AAACCTGA-1", "AAACCTGC-1"])
    frame.columns = [f"ENSG{i:011}" for i in range(20_000)]
    frame.to_csv(tmp_path / "in.csv", sep=separator)
    dataset = open_dataset(tmp_path / "in.csv")
    np.testing.assert_array_equal(values(dataset), frame.to_numpy())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("g;a;b\nCD3D;1,234;2,345\nLYZ;1,000;7\n", "1234 or 1.234"),
        (",A,B,\nx,1,2,\ny,1,2,\ny,1,2,\ny,1,2,\ny,1,2,\ny,1,2,\nz,1,2,3\n", "more than 3 fields"),
        ("#" * 5 + "\n", "no line of numbers"),
        ("# a\n" * 10_001 + ",A,B\nx,1,2\n", "more than 10,000 lines of #"),
        (b"BZh91AY&SY" + bytes(20), "packed with bzip2"),
        (b"\xfd7zXZ\x00" + bytes(20), "packed with xz"),
    ],
)
def test_what_is_odd_of_a_table_is_said(tmp_path, content, said):
    (tmp_path / "in.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=said):
        open_dataset(tmp_path / "in.csv")


def bomb(start=b"", *, filling=b"\0", mebibytes=512):
    """A gzip file whose content is hundreds of times its size."""
    part = gzip.compress(filling * ((64 << 20) // len(filling)), 1)
    return gzip.compress(start) + part * (mebibytes // 64)


HEAD = b"%%MatrixMarket matrix coordinate integer general\n40 50 9\n"
BOMBS = {
    "barcodes.tsv": bomb,
    "barcodes.tsv, lines": lambda: bomb(filling=b"AAAC\n"),
    "barcodes.tsv, one line": lambda: bomb(filling=b"A"),
    "features.tsv": lambda: bomb(b"A\nB\n"),
    "matrix.mtx": bomb,
    "matrix.mtx, after its head": lambda: bomb(HEAD),
    "matrix.mtx, a number without end": lambda: bomb(HEAD + b"1 1 ", filling=b"1"),
    "matrix.mtx, a comment without end": lambda: bomb(HEAD[:49] + b"%", filling=b"a"),
    "matrix.mtx, more values than it can hold": lambda: gzip.compress(HEAD.replace(b"40 50 9", b"50 40 1999")),
    "in.csv": bomb,
    "in.csv, after its head": lambda: bomb(b",A,B\nx,1,2\n"),
    "in.csv, a field without end": lambda: bomb(b",A,B\nx,1,2\n", filling=b"1"),
    "in.csv, columns": lambda: bomb(b",A,B\n", filling=b"1,"),
}


@pytest.mark.parametrize("form", BOMBS)
def test_little_that_unpacks_to_much_is_refused_in_little_memory(cells, tmp_path, form):
    folder = write_folder(
        tmp_path / "in", cells, matrix="matrix.mtx", names_of_cells="barcodes.tsv", names_of_genes="features.tsv"
    )
    file = folder / form.split(",")[0]
    file.write_bytes(BOMBS[form]())
    tracemalloc.start()
    try:
        with pytest.raises(DataError):
            open_dataset(file if file.suffix == ".csv" else folder)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < (700 << 20 if "csv" in form else 150 << 20)
