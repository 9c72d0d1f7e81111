"""A table of what cannot be: each is one line on stderr, an exit code, and nothing written."""

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from cellfill import cli
from cellfill.network.devices import import_onnxruntime
from conftest import DATA, MODEL
from runtime import bad_inputs as bad
from runtime import bad_places as places

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One bad input: how it is made, and what is said of it."""

    says: str
    code: int = 3
    make: Any = bad.good
    options: tuple[str, ...] = ()
    output: str = "out.h5ad"
    model: Any = MODEL
    before: Any = None
    skip: bool = False


def data(make, says, *options):
    return Row(make=make, says=says, options=options)


def usage(says, *options, make=bad.good):
    return Row(make=make, says=says, options=options, code=2)


def output(name, says, *options, before=None, skip=False, make=bad.good):
    return Row(make=make, output=name, says=says, options=options, code=6, before=before, skip=skip)


def model(damage, says):
    def make(folder):
        copy = folder / "model"
        shutil.copytree(MODEL, copy)
        damage(copy)
        return copy

    return Row(model=make, says=says, code=4)


ABSENT = Row(make=lambda _c, f: f / "absent.h5ad", says="there is no such file")
LAYERS = {"counts": lambda a: a.layers.update(counts=a.X.copy())}

ROWS = {
    # What is no data
    "absent": ABSENT,
    "a folder without data": data(lambda _c, f: (f / "d").mkdir() or f / "d", "folder without data"),
    "a link to nothing": data(bad.link("nowhere.h5ad"), "there is no such file"),
    "a link to itself": data(bad.link("in.h5ad"), "there is no such file"),
    "a pipe": data(bad.pipe, "neither a file nor a folder"),
    "a device": data(lambda _c, _f: Path("/dev/null"), "neither a file nor a folder"),
    "a name that is too long": data(lambda _c, f: f / ("x" * 300), "there is no such file"),
    "a name in two lines": data(lambda _c, f: f / "two\nlines.h5ad", "two lines.h5ad: there is no such file"),
    "an R object": data(bad.content("RDX3\n", "in.rds"), "writeH5AD"),
    "a spreadsheet": data(bad.content("PK\x03\x04", "in.xlsx"), "spreadsheet"),
    "a picture": data(bad.content(b"\x89PNG\r\n\x1a\n\0\0", "in.png"), "no format that cellfill reads"),
    # Zero bytes, in every format
    "zero bytes, h5ad": data(bad.content("", "in.h5ad"), "it is empty"),
    "zero bytes, 10x h5": data(bad.content("", "in.h5"), "it is empty"),
    "zero bytes, loom": data(bad.content("", "in.loom"), "it is empty"),
    "zero bytes, csv": data(bad.content("", "in.csv"), "it is empty"),
    "zero bytes, tsv.gz": data(bad.content("", "in.tsv.gz"), "it is empty"),
    "zero bytes, zarr.zip": data(bad.content("", "in.zarr.zip"), "it is empty"),
    "zero bytes, a matrix": data(
        bad.written("10x mtx, version 2", bad.within("matrix*", bad.emptied)), "10x matrix folder"
    ),
    "zero bytes, metadata of zarr": data(
        bad.written("zarr 3", bad.within("zarr.json", bad.emptied)), "cannot be read as .zarr"
    ),
    # Cut short or corrupt, in every format
    "h5ad, text": data(bad.content("gene,cell\n1,2\n", "in.h5ad"), "not an HDF5 file"),
    "h5ad, cut short": data(bad.written("h5ad", bad.cut(0.5)), "cannot be read as .h5ad"),
    "h5ad of something else": data(
        bad.written("h5ad", bad.hdf5(lambda f: [f.pop(k) for k in list(f)])), "neither AnnData nor 10x nor loom"
    ),
    "h5ad without var": data(bad.written("h5ad", bad.hdf5(lambda f: f.pop("var"))), "it has no var"),
    "h5ad, indices too large": data(
        bad.written("h5ad", bad.replaced("X/indices", lambda v: v + 5000)), "column index"
    ),
    "h5ad, dense, a row short": data(
        bad.written("h5ad, dense", bad.replaced("X", lambda v: v[:-1])), "19 x 400, but there are 20 cells"
    ),
    "h5ad, of one axis": data(bad.written("h5ad, dense", bad.replaced("X", np.ravel)), "two axes"),
    "zarr, a part absent": data(bad.written("zarr 2", bad.within("X/data", bad.delete)), "cannot be read as .zarr"),
    "zarr, a chunk absent": data(bad.written("zarr 3", bad.within("X/data/c/0", bad.delete)), "of its 1 chunks"),
    "zarr.zip, cut short": data(bad.written("zarr.zip", bad.cut(0.5)), "cannot be read as .zarr"),
    "10x h5, cut short": data(bad.written("10x h5, version 3", bad.cut(0.5)), "cannot be read as"),
    "10x h5, a barcode short": data(
        bad.written("10x h5, version 3", bad.replaced("matrix/barcodes", lambda v: v[:-1])), "names of 400 and 19"
    ),
    "10x folder without barcodes": data(
        bad.written("10x mtx, version 3", bad.within("barcodes*", bad.delete)), "no barcodes.tsv"
    ),
    "10x folder, matrix cut short": data(
        bad.written("10x mtx, version 3", bad.within("matrix*", bad.cut(0.5))), "10x matrix folder"
    ),
    "10x folder, gene names cut short": data(
        bad.written("10x mtx, version 2", bad.within("genes*", bad.cut(0.5))), "different matrices"
    ),
    "loom, cut short": data(bad.written("loom", bad.cut(0.5)), "cannot be read as"),
    "loom without names": data(bad.written("loom", bad.hdf5(lambda f: f["row_attrs"].clear())), "name its genes"),
    "csv, cut short": data(bad.written("csv, cells in rows", bad.cut(0.55)), "cut short"),
    "csv.gz, cut short": data(bad.written("csv.gz, semicolons", bad.cut(0.5)), "cannot be read as a table"),
    "csv, text among the numbers": data(bad.table(bad.set_value("many")), "many"),
    "csv, names alone": data(bad.content(",CD3D,LYZ\n", "in.csv"), "no line of numbers"),
    "csv, no text": data(bad.content(b"\x00\xff" * 50, "in.csv"), "cannot be read as a table"),
    "tsv of prose": data(bad.content("Dear reader\nthere are\nno counts\n", "in.tsv"), "cannot be read as a table"),
    # Values that are no counts
    "NaN": data(bad.one_value(np.nan), r"NaN or infinite values \(1 of"),
    "NaN, dense": data(bad.one_value(np.nan, dense=True), "NaN or infinite"),
    "infinite": data(bad.one_value(np.inf), "NaN or infinite"),
    "minus infinite": data(bad.one_value(-np.inf), "NaN or infinite"),
    "one negative": data(bad.one_value(-1), r"negative values \(the lowest is -1\)"),
    "negative, of int64": data(bad.one_value(-7, dtype="int64"), "negative"),
    "scaled": data(bad.matrix(lambda x: x.toarray() - 0.1), "negative"),
    "huge": data(bad.one_value(1e30), "more than a cell has molecules"),
    "huge, of int64": data(bad.one_value(2**62, dtype="int64"), "more than a cell has molecules"),
    "square roots": data(bad.matrix(lambda x: x.sqrt()), "square roots"),
    "binary": data(bad.matrix(lambda x: x.astype(bool).astype("float32")), "binary"),
    "booleans": data(bad.matrix(lambda x: x.astype(bool).toarray()), "binary"),
    "complex": data(bad.matrix(lambda x: x.astype("complex64").toarray()), "complex64 values, not numbers"),
    "log1p, then scaled": data(bad.matrix(lambda x: x.log1p() * 0.37), "holds fractions"),
    "square roots in some cells only": data(bad.changed(bad.roots_at_the_end), "holds fractions"),
    "NaN, csv": data(bad.table(bad.set_value("NaN")), "NaN or infinite"),
    "negative, loom": data(bad.written("loom", bad.replaced("matrix", lambda v: -v)), "negative"),
    "negative, mtx": data(
        bad.written(
            "10x mtx, version 2",
            bad.within("matrix*", lambda p: p.write_text(re.sub(r" (\d+)$", r" -\1", p.read_text(), flags=re.M))),
        ),
        "negative",
    ),
    # Empty
    "all zeros": data(bad.matrix(lambda x: sparse.csr_matrix(x.shape, dtype="float32")), "only zeros"),
    "all zeros, dense": data(bad.matrix(lambda x: np.zeros(x.shape, dtype="float32")), "only zeros"),
    "all zeros, stored": data(bad.matrix(lambda x: x.multiply(0).tocsr()), "only zeros"),
    "one cell without counts": data(
        bad.changed(lambda a: a.__init__(sparse.csr_matrix((1, a.n_vars), dtype="float32"), var=a.var)),
        "only zeros",
    ),
    "no cells": data(bad.only_part(cells=slice(0)), r"is empty: its shape is \(0, "),
    "no genes": data(bad.only_part(genes=slice(0)), r"is empty: its shape is \(20, 0\)"),
    "no X": data(bad.changed(lambda a: setattr(a, "X", None)), "X is absent"),
    # Genes that are not the model's
    "one gene": data(bad.only_part(genes=["CD3D"]), "the model needs"),
    "one gene, whatever the coverage": data(
        bad.only_part(genes=["CD3D"]), "none that it can fill", "--min-coverage=0"
    ),
    "another tissue": data(lambda _c, _f: DATA / "cell_lines_150.h5ad", "a coverage of", "--min-coverage=0.9"),
    "numbers as genes": data(bad.renamed(str), "look like 0, 1, 2"),
    "unicode genes": data(bad.renamed(lambda i: f"基因{i}"), "look like 基因0"),
    "genes of two lines": data(bad.renamed(lambda i: f"a\nb{i}"), "the model needs|none that it can fill"),
    "all genes of one name": data(bad.renamed(lambda _i: "CD3D"), "the model needs"),
    "mouse ids": data(bad.renamed(lambda i: f"ENSMUSG{i:011d}"), "Mus musculus"),
    "mouse symbols": data(bad.renamed(lambda i: bad.MOUSE[i % 10] if i < 10 else f"Gm{10000 + i}"), "Mus musculus"),
    "rodents' case": data(bad.renamed(lambda i: f"{bad.MOUSE[i % 10]}x{i}"), "Rattus norvegicus"),
    "worm ids": data(bad.renamed(lambda i: f"WBGene{i:08d}"), "Caenorhabditis elegans"),
    "mouse ids, csv": data(
        bad.table(lambda f: f.set_axis([f"ENSMUSG{i:011d}" for i in range(f.shape[1])], axis=1)), "Mus musculus"
    ),
    "no such column": data(bad.good, "no column 'symbol'", "--gene-column=symbol"),
    "a column of no names": data(
        bad.changed(lambda a: a.var.insert(0, "n", range(a.n_vars))), "look like 0, 1, 2", "--gene-column=n"
    ),
    # Layers
    "no such layer": data(bad.good, "no layer 'spliced'; layers: none", "--layer=spliced"),
    "no layer of a table": data(bad.table(), "no layer 'counts'", "--layer=counts"),
    "a layer of NaN": data(
        bad.changed(lambda a: a.layers.update(c=a.X * np.nan)), r"layers\['c'\] holds NaN", "--layer=c"
    ),
    # Options that mean nothing
    "an unknown option": usage("No such option:? '?--frobnicate", "--frobnicate"),
    "an unknown estimate": usage("'magic' is not one of", "--estimate=magic"),
    "an unknown policy": usage("'none' is not one of", "--policy=none"),
    "an unknown dtype": usage("'float64' is not one of", "--dtype=float64"),
    "an unknown device": usage("'tpu' is not one of", "--device=tpu"),
    "no threads": usage("--threads", "--threads=0"),
    "threads that are no number": usage("--threads", "--threads=many"),
    "blocks of no cells": usage("--block-size", "--block-size=0"),
    "blocks of half a cell": usage("--block-size", "--block-size=0.5"),
    "coverage over one": usage("share from 0 to 1", "--min-coverage=1.5"),
    "coverage below zero": usage("share from 0 to 1", "--min-coverage=-1"),
    "coverage that is no number": usage("share from 0 to 1", "--min-coverage=nan"),
    "drop below a negative": usage("from 0 to below 1", "--drop-below=-0.1"),
    "drop below one": usage("from 0 to below 1", "--drop-below=1"),
    "drop below no number": usage("from 0 to below 1", "--drop-below=nan"),
    "no genes asked for": usage("no gene name", "--genes=,"),
    "an empty list of genes": usage("no gene name in ''", "--genes="),
    "a list of genes that is blank": usage("no gene name", "--genes= "),
    "a gene that is not filled": usage("does not fill NOTAGENE", "--genes=CD3D,NOTAGENE"),
    "a family of genes": usage(r"does not fill CD3 \(the nearest: CD3D, CD3E, CD3G\)", "--genes=CD3"),
    "a long name of a gene": usage("does not fill A{60}:", f"--genes={'A' * 5000}"),
    "a list of genes that is no text": usage("cannot be read as a text file", "--genes=in.h5ad"),
    "no such list of genes": usage("no such file: nofile.txt", "--genes=nofile.txt"),
    "no such list of genes in a folder": usage("no such file: absent/genes", "--genes=absent/genes"),
    "a folder as list of genes": usage("is a folder", "--genes=."),
    "a key with a slash": usage("without a slash", "--key-added=a/b"),
    "an empty key": usage("without a slash", "--key-added="),
    "a key that is a path": usage("begin with a dot", "--key-added=.."),
    "a key that means X": usage("--key-added is 'X'", "--key-added=X"),
    "a key of two lines": usage("without a slash", "--key-added=a\nb"),
    "the key of the counts": usage(
        "layer of the counts", "--layer=counts", "--key-added=counts", make=bad.changed(LAYERS["counts"])
    ),
    "a key that is a layer": usage(
        r"layers\['counts'\] already", "--key-added=counts", make=bad.changed(LAYERS["counts"])
    ),
    "a key that is a column of var": usage(
        r"var\['imputed'\] already", make=bad.changed(lambda a: a.var.insert(0, "imputed", 1))
    ),
    "a key that is the index of var": usage(
        r"var\['imputed'\] already", make=bad.changed(lambda a: setattr(a.var.index, "name", "imputed"))
    ),
    "a key that is in uns": usage(
        r"uns\['cellfill'\] already", make=bad.changed(lambda a: a.uns.update(cellfill="mine"))
    ),
    "half precision of huge counts": usage(
        "float16 holds values up to 65,504", "--dtype=float16", make=bad.one_value(70000)
    ),
    **{
        f"half precision for {name}": usage("float16 would only round", "--dtype=float16", f"--output={name}")
        for name in ("out.csv", "out.tsv.gz", "out")
    },
    "no scheduler": Row(
        says="No Dask scheduler answers at tcp://127.0.0.1:1",
        options=("--dask=tcp://127.0.0.1:1",),
        code=2,
        before=places.no_scheduler,
    ),
    # Runs that are not to be gone on with
    "resumed, another run's work": Row(
        says="beginning of another run",
        options=("--resume",),
        code=2,
        before=places.holds("out.h5ad.unfinished/run.json", "{}"),
    ),
    "resumed, a damaged record": Row(
        says="beginning of another run",
        options=("--resume",),
        code=2,
        before=places.holds("out.h5ad.unfinished/run.json", ""),
    ),
    "resumed, a folder of other things": Row(
        says="holds other things",
        options=("--resume",),
        code=2,
        before=places.holds("out.h5ad.unfinished/thesis.docx"),
    ),
    "resumed, a file in the way": Row(
        says="cannot be written to", options=("--resume",), code=6, before=places.holds("out.h5ad.unfinished")
    ),
    "resumed, no counts": data(bad.one_value(-1), "negative", "--resume"),
    # Devices and what is not installed
    "no GPU": Row(
        says="GPU|CUDA",
        options=("--device=cuda",),
        code=5,
        skip="CUDAExecutionProvider" in import_onnxruntime().get_available_providers(),
    ),
    "no anndata": Row(
        make=bad.written("loom"), says=r"pip install 'cellfill\[h5ad\]'", code=5, before=places.without("anndata")
    ),
    "no h5py": Row(says=r"pip install 'cellfill\[h5ad\]'", code=5, before=places.without("h5py")),
    "no zarr": Row(
        make=bad.written("zarr 2"), says=r"pip install 'cellfill\[zarr\]'", code=5, before=places.without("zarr")
    ),
    "no Dask": Row(
        says=r"pip install 'cellfill\[dask\]'",
        options=("--dask=tcp://x:1",),
        code=5,
        before=places.without("distributed"),
    ),
    # Models
    "no model": Row(model=lambda f: f / "absent", says="No model at", code=4),
    "a file as model": Row(model=lambda f: f / "in.h5ad", says="No model at", code=4),
    "a model's name of two lines": Row(model=lambda f: f / "a\nb", says="No model at", code=4),
    "a model without its graph": model(lambda f: (f / "model.onnx").unlink(), "model.onnx cannot be read"),
    "a model without its genes": model(lambda f: (f / "genes.tsv").unlink(), "genes.tsv cannot be read"),
    "a graph cut short": model(lambda f: bad.cut(0.9)(f / "model.onnx"), "not the file that the manifest names"),
    "other genes": model(lambda f: (f / "genes.tsv").write_text("x\n"), "not the file that the manifest names"),
    "a manifest cut short": model(lambda f: bad.cut(0.5)(f / "manifest.json"), "manifest.json"),
    "an empty manifest": model(lambda f: bad.emptied(f / "manifest.json"), "manifest.json"),
    "a manifest of another version": model(places.manifest(format_version=99), "version"),
    "a graph that is none": model(places.resealed("model.onnx", b"nonsense"), "model.onnx is refused"),
    "genes that are none": model(places.resealed("genes.tsv", b"a\tb\n1\t2\n"), "genes.tsv"),
    "a model without a name": usage("model's name is empty", "--model="),
    "a revision of nothing": usage("no model's name before @v1", "--model=@v1"),
    # Outputs
    "standard output": usage("cannot be written to standard output: give a file", "--output=-"),
    "a stream": usage("cannot be written to a stream, as /dev/stdout is", "--output=/dev/stdout"),
    "an output without a name": usage("cannot be written without a name: give a file", "--output="),
    "an output of no format": output("out.xlsx", "must end in .h5ad"),
    "an output in no folder": output("absent/out.h5ad", "is not a folder. Make it first"),
    "an output below a file": output("in.h5ad/out.h5ad", "is not a folder"),
    "an output that is too long": output("x" * 300 + ".h5ad", "could not be written"),
    "a folder as .h5ad": output("out.h5ad", "is a folder", "--force", before=places.holds("out.h5ad/precious")),
    "a file as .zarr": output("out.zarr", "is a file", "--force", before=places.holds("out.zarr")),
    "a file as a 10x folder": output("out", "is a file", "--force", before=places.holds("out")),
    "a folder of other things": output("out", "it is not replaced", "--force", before=places.holds("out/precious")),
    "a store of other things": output(
        "out.zarr", "it is not replaced", "--force", before=places.holds("out.zarr/precious")
    ),
    "an output that is a pipe": output("out.h5ad", "a device or pipe", "--force", before=places.pipe_there),
    "an output that is a loop": output("out.h5ad", "could not be written", "--force", before=places.loop_there),
    "an output that exists, h5ad": output("out.h5ad", "--force", before=places.holds("out.h5ad")),
    "an output that exists, zarr": output("out.zarr", "--force", before=places.holds("out.zarr/zarr.json")),
    "an output that exists, csv": output("out.csv", "--force", before=places.holds("out.csv")),
    "a folder where a record belongs": output(
        "out.csv", "is no file", before=places.holds("out.csv.cellfill.json/x")
    ),
    "a record of somebody else": output(
        "out.csv", "json exists, is not of cellfill", before=places.holds("out.csv.cellfill.json")
    ),
    "a table of genes of somebody else": output(
        "out.tsv.gz", "tsv exists, is not of cellfill", before=places.holds("out.tsv.gz.cellfill.tsv")
    ),
    "an output that exists, 10x": output("out", "--force", before=places.holds("out/matrix.mtx.gz")),
    "the input as output": output("in.h5ad", "exists"),
    **{
        f"the counts as output, {form}": Row(
            make=bad.written(form), output=name, says="holds the counts", options=("--force",), code=2
        )
        for form, name in {"csv, cells in rows": "in.csv", "10x mtx, version 3": "in"}.items()
    },
    "a folder that is read-only": output("out.h5ad", "cannot be written to", before=places.may_not_be_written),
    "a disk that is too small": output("out.h5ad", "MB free; the result needs", before=places.no_space),
    "a disk full midway, h5ad": output("out.h5ad", "No space left", before=places.full_disk),
    "a disk full midway, zarr": output("out.zarr", "No space left", before=places.full_disk),
    "a disk full midway, csv": output("out.csv", "No space left", before=places.full_disk),
    "a disk full midway, 10x": output("out", "No space left", before=places.full_disk),
    "a disk full at the end, h5ad": output("out.h5ad", "No space left", before=places.full_at_the_end),
    "a disk full at the end, zarr": output("out.zarr", "No space left", before=places.full_at_the_end),
    "a disk full at the end, csv": output("out.csv", "No space left", before=places.full_at_the_end),
    "a disk full at the end, the old kept": output(
        "out.h5ad",
        "No space left",
        "--force",
        before=lambda f, m: (places.holds("out.h5ad")(f, m), places.full_at_the_end(f, m)),
    ),
}


@pytest.fixture
def command(monkeypatch, capfd):
    """The command line, in this process: its exit code, and what it says."""

    def leave(code):
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", leave)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["cellfill", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main()
        said = capfd.readouterr()
        return left.value.code, said.out, said.err

    return run


def contents(folder):
    """Return everything below a folder: files by what they hold."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        if path.is_file()
        else path.readlink()
        if path.is_symlink()
        else ""
        for path in sorted(folder.rglob("*"))
    }


@pytest.mark.parametrize("case", ROWS)
def test_bad_input_is_one_line_an_exit_code_and_nothing_written(case, example, tmp_path, monkeypatch, command):
    row = ROWS[case]
    if row.skip:
        pytest.skip("this machine can do it")
    source = row.make(example[:20].copy(), tmp_path)
    model = row.model(tmp_path) if callable(row.model) else row.model
    monkeypatch.chdir(tmp_path)
    if row.before is not None:
        row.before(tmp_path, monkeypatch)
    before = contents(tmp_path)
    code, out, err = command("impute", source, "--model", model, "--output", tmp_path / row.output, *row.options)
    assert code == row.code, err
    assert re.fullmatch(r"Error: [^\n]+\n", err), err
    assert re.search(row.says, err), err
    assert len(err) < 1200
    assert out == ""
    assert contents(tmp_path) == before
