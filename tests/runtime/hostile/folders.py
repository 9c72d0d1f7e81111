"""Folders and files that are no model: what is done to a sound bundle's folder, and what must be said of it."""

import hashlib
import json
import os

from runtime.hostile import parts
from runtime.hostile.format2 import FORMAT2
from runtime.hostile.parts import seal, sound, table, write


def manifest(change):
    """A folder whose manifest is changed, its files sound."""

    def make(place):
        files = sound()
        change(files["manifest.json"])
        return write(place, seal(files))

    return make


def sealed_manifest(change):
    """A folder whose manifest is changed after the files' records were written into it."""

    def make(place):
        files = seal(sound())
        raw = json.loads(files["manifest.json"])
        data = change(raw)
        return write(
            place, files | {"manifest.json": data if isinstance(data, bytes) else json.dumps(raw).encode()}
        )

    return make


def genes(change):
    """A folder whose gene table is changed, under the right hash; rows are lists of fields, first the header."""

    def make(place):
        rows = parts.genes()
        data = change(rows)
        return write(place, seal(sound() | {"genes.tsv": data if isinstance(data, bytes) else table(rows)}))

    return make


def field(row, column, value):
    return genes(lambda rows: rows[row].__setitem__(column, value))


def folder(change):
    """A sound folder, changed on disk."""

    def make(place):
        write(place, seal(sound()))
        change(place)
        return place

    return make


def card(data):
    return lambda place: write(place, seal(sound() | {"README.md": data}))


def linked(name, target):
    def change(place):
        (place.parent / "outside").mkdir()
        (place / name).rename(place.parent / "outside" / name)
        (place / name).symlink_to(target)

    return folder(change)


def replaced(name, make):
    def change(place):
        (place / name).unlink()
        make(place / name)

    return folder(change)


def unsealed(name, data):
    return folder(lambda place: (place / name).write_bytes(data))


def claims(name, **record):
    return sealed_manifest(lambda raw: raw["files"][name].update(record))


def renamed(name, new):
    return sealed_manifest(lambda raw: raw["files"].__setitem__(new, raw["files"].pop(name)))


def cached(target):
    """A folder like the Hub's cache, whose graph is a link to this place."""

    def make(place):
        repository = place.parent / "models--x--y"
        real = write(repository / "snapshots" / ("a" * 40), seal(sound()))
        (repository / "blobs").mkdir()
        outside = (real / "model.onnx").rename(place.parent / "model.onnx")
        (real / "model.onnx").symlink_to(target)
        if target.startswith("../../blobs/b"):
            (repository / target.removeprefix("../../")).symlink_to(outside)
        place.symlink_to(real)
        return place

    return make


def many_genes(rows):
    row = "\t".join(rows[1])
    return ("\t".join(rows[0]) + "\n" + (row + "\n") * 200_001).encode()


DEEP = b"[" * 100_000 + b"]" * 100_000
_OTHER = "is not the file that the manifest names"

FOLDERS = {
    # Places
    "a file that is missing": (folder(lambda f: (f / "model.onnx").unlink()), "cannot be read: No such file"),
    "a byte that was changed": (unsealed("README.md", sound()["README.md"].replace(b"small", b"smell")), _OTHER),
    "a graph that was replaced": (unsealed("model.onnx", b"x" * len(sound()["model.onnx"])), _OTHER),
    "a file that is longer": (unsealed("genes.tsv", sound()["genes.tsv"] + b"\n"), _OTHER),
    "a link out of the folder": (linked("genes.tsv", "../outside/genes.tsv"), "a link that leads out"),
    "an absolute link": (replaced("genes.tsv", lambda f: f.symlink_to("/etc/passwd")), "a link that leads out"),
    "a manifest that is a link": (linked("manifest.json", "../outside/manifest.json"), "a link that leads out"),
    "a link that ends nowhere": (replaced("genes.tsv", lambda f: f.symlink_to("nowhere")), "a link that leads out"),
    "a link to itself": (replaced("genes.tsv", lambda f: f.symlink_to("genes.tsv")), "a link that leads out"),
    "a cache's link past its blobs": (cached("../../../model.onnx"), "a link that leads out"),
    "a cache's link to a folder of blobs": (cached("../../blobs/.."), "a link that leads out"),
    "a blob that is a link out of the cache": (cached("../../blobs/" + "b" * 64), "out of the Hub's cache"),
    "a pipe": (replaced("model.onnx", os.mkfifo), "no regular file"),
    "a pipe as card": (replaced("README.md", os.mkfifo), "no regular file"),
    "a folder as file": (replaced("model.onnx", lambda f: f.mkdir()), "no regular file|Is a directory"),
    "a device without end": (replaced("genes.tsv", lambda f: f.symlink_to("/dev/zero")), "a link that leads out"),
    "a file over its bound": (
        folder(lambda f: os.truncate(f / "manifest.json", 2 << 20)),
        "over the bound of 1,048,576: not a model",
    ),
    "a graph said to be over its bound": (claims("model.onnx", size=1 << 40), "over the bound of 1,073,741,824"),
    # What the manifest says of the files
    "a file above the folder": (renamed("genes.tsv", "../genes.tsv"), r"names the files .*'\.\./genes\.tsv'"),
    "a file by its absolute name": (renamed("genes.tsv", "/etc/passwd"), "names the files"),
    "a file in the other case": (renamed("genes.tsv", "Genes.tsv"), "names the files"),
    "a file whose name only looks right": (renamed("genes.tsv", "g\u0435nes.tsv"), "names the files"),
    "a file whose name hides a mark": (renamed("genes.tsv", "genes\u200b.tsv"), "characters that steer"),
    "one more file": (sealed_manifest(lambda m: m["files"].update(x=m["files"]["genes.tsv"])), "names the files"),
    "ten thousand files": (
        sealed_manifest(lambda m: m["files"].update({f"x{i}": m["files"]["genes.tsv"] for i in range(9_000)})),
        "names the files",
    ),
    "a hash in capitals": (claims("genes.tsv", sha256="A" * 64), "malformed"),
    "a hash of another file": (claims("genes.tsv", sha256=hashlib.sha256(b"").hexdigest()), _OTHER),
    "a size that is a text": (claims("genes.tsv", size="12"), "not int"),
    "a size beyond all bounds": (claims("genes.tsv", size=10**30), "over the bound of 9,007"),
    # The manifest as text
    "a manifest that is deep": (sealed_manifest(lambda _m: DEEP), "not valid JSON"),
    "a manifest that is deep inside": (
        sealed_manifest(lambda m: json.dumps(m | {"tissue": "@"}).encode().replace(b'"@"', DEEP)),
        "not valid JSON",
    ),
    "a number of five thousand digits": (
        sealed_manifest(lambda m: json.dumps(m | {"min_coverage": "@"}).encode().replace(b'"@"', b"1" * 5000)),
        "not valid JSON",
    ),
    "a number of a thousand digits": (manifest(lambda m: m["graph"].update(opset=10**1000)), "over 60|60 digits"),
    "a number that overflows": (
        sealed_manifest(lambda m: json.dumps(m | {"min_coverage": "@"}).encode().replace(b'"@"', b"1e999")),
        "not a finite number",
    ),
    "a number that is none": (manifest(lambda m: m.update(min_coverage=float("nan"))), "NaN is not a number"),
    "a key twice": (
        sealed_manifest(lambda m: json.dumps(m).encode().replace(b"{", b'{"task": "imputation", ', 1)),
        "a key occurs twice",
    ),
    "an unknown key of two lines": (manifest(lambda m: m.update({"a\nb": 1})), r"unknown keys: 'a\\nb'"),
    "an unknown key that is long": (manifest(lambda m: m.update({"k" * 100_000: 1})), "unknown keys: k{60}\\."),
    "a text that steers the terminal": (manifest(lambda m: m.update(tissue="\x1b[2Jblood")), "steer, turn or hide"),
    "a text that turns what follows": (manifest(lambda m: m.update(tissue="blo\u202eod")), "steer, turn or hide"),
    "half a character": (manifest(lambda m: m.update(tissue="\ud800")), "steer, turn or hide"),
    "a model's name that is a path": (manifest(lambda m: m.update(name="../../x")), "not a model name"),
    "a list as format": (manifest(lambda m: m.update(task=["imputation"])), "task is"),
    "a format from the future": (manifest(lambda m: m.update(format_version=99)), "upgrade cellfill"),
    "a format of a thousand digits": (manifest(lambda m: m.update(format_version=10**1000)), "60 digits"),
    "another format": (manifest(lambda m: m.update(format="pickle")), "format is 'pickle'"),
    "a manifest in two bytes a letter": (
        sealed_manifest(lambda m: json.dumps(m).encode("utf-16")),
        "not valid JSON",
    ),
    "cuts that name no constant": (
        manifest(lambda m: m["graph"]["cut"].update(stacked=["w1\u202e"])),
        "steer, turn or hide",
    ),
    # Genes
    "more genes than a genome": (genes(many_genes), "200001 genes, over the bound"),
    "a line without end": (field(1, 2, "|".join(["A"] * 20_000)), "over the bound of 20,000"),
    "a table in one line": (genes(lambda rows: b"x" * 5_000_000), "must begin with the columns"),
    "a gene in two lines": (field(1, 1, "A\nB"), "fields, 14 expected"),
    "a gene that steers the terminal": (field(1, 1, "A\x9b2J"), "is not a gene name"),
    "a gene that turns what follows": (field(1, 1, "A\u202eB"), "is not a gene name"),
    "a number in another script": (field(1, 6, "\u0661"), "holds something else"),
    "a number with a space": (field(1, 6, " 0.5"), "holds something else"),
    "a number with underscores": (field(1, 6, "1_0"), "holds something else"),
    "an infinite mean": (field(1, 6, "1e999"), "over the bound of 1e\\+09"),
    "a mean beyond all counts": (field(1, 6, "1e300"), "over the bound of 1e\\+09"),
    "a sub-network of five thousand digits": (field(1, 4, "1" * 5000), "line 2"),
    "a sub-network that is not there": (field(1, 4, "7"), r"a sub-network that manifest\.json does not have"),
    "a gene twice": (genes(lambda rows: rows.append(list(rows[1]))), "occurs twice"),
    "one gene more than the graph reads": (
        genes(lambda rows: rows.append(["", "NEW1", "", "input", "", "0", "0.1", "0.1", "0", "", "", "", "", ""])),
        "of the shape",
    ),
    "no gene that is filled": (
        genes(lambda rows: [row.__setitem__(slice(3, 6), ["input", "", "0"]) for row in rows[1:]] and None),
        "at least one",
    ),
    # The card
    "a card that is no text": (card(b"\xff\xfe"), "not UTF-8"),
    "a card that steers the terminal": (card(b"---\n\x1b]0;owned\x07\n"), "steer a terminal"),
    "a card over its bound": (card(b"x" * (5 << 20)), "over the bound"),
} | FORMAT2
