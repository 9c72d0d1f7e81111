"""The page on security says what is so: every test that it names is there, and so is every operator and bound."""

import dataclasses
import re

from cellfill.bundle import (
    MEANINGS,
    TASKS,
    Annotation,
    Architecture,
    Embedding,
    Evaluation,
    FileRecord,
    Golden,
    GoldenCell,
    GoldenOutput,
    Graph,
    GraphOutput,
    Imputation,
    Manifest,
    Scale,
    Study,
    SubNetwork,
    Unknown,
    UnknownScore,
    classes,
    files,
    golden,
    profiles,
    reference,
)
from cellfill.bundle.gene_index import MAX_GENES, MAX_LINE
from cellfill.bundle.graph_check import IR_VERSIONS, OPSETS
from cellfill.bundle.graph_file import MAX_NODES
from cellfill.bundle.graph_shapes import MAX_PRODUCTS, MAX_VALUES, OPERATORS
from conftest import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| threat")]


def test_every_test_that_the_page_on_security_names_is_there():
    there = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        there |= set(re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert named - there == set()
    assert len(named) > 10


def test_every_threat_has_a_test_that_shows_what_stops_it():
    assert len(ROWS) > 20
    assert [row for row in ROWS if not re.search(r"`test_\w+`[^|]*\|$", row)] == []


def test_the_page_on_security_names_every_operator():
    assert f"no other: {', '.join(OPERATORS)} |" in PAGE
    bundle = " ".join((ROOT / "docs" / "bundle.md").read_text().split())
    assert f"{', '.join(OPERATORS[:-1])} and {OPERATORS[-1]}." in bundle


def test_the_page_on_security_states_the_bounds():
    sizes = [files.MAX_BYTES[name] >> 20 for name in (files.MANIFEST, files.CARD, files.GENES)]
    assert "{} MiB (manifest), {} MiB (card), {} MiB (genes), 1 GiB (graph)".format(*sizes) in PAGE
    assert files.MAX_BYTES[files.GRAPH] == 1 << 30
    sizes = [files.MAX_BYTES[name] >> 20 for name in (files.CLASSES, files.PROFILES, files.REFERENCE, files.GOLDEN)]
    said = "{} MiB (types), {} MiB (profiles), {} MiB (reference cells), {} MiB (golden values)"
    assert said.format(*sizes) in PAGE
    assert f"{classes.MAX_CLASSES:,} types, {classes.MAX_LEVELS} levels" in PAGE
    assert profiles.MAX_SHARES == reference.MAX_NUMBERS
    assert f"{profiles.MAX_SHARES:,} numbers and {reference.MAX_CELLS:,} cells" in PAGE
    assert f"{golden.MAX_CELLS} cells, {golden.MAX_COLUMNS} columns of an output" in PAGE
    assert f"counts of at most {golden.MAX_COUNT:,}" in PAGE
    assert f"{MAX_GENES:,} genes, {MAX_LINE:,} characters" in PAGE
    assert f"operator sets {OPSETS[0]} to {OPSETS[-1]}, IR versions {IR_VERSIONS[0]} to {IR_VERSIONS[-1]}" in PAGE
    assert f"{MAX_VALUES / 1e6:.0f} million values and {MAX_PRODUCTS / 1e6:.0f} million products" in PAGE
    assert f"{MAX_NODES:,} nodes" in PAGE


def test_the_page_on_the_bundle_names_every_file_key_and_column():
    page = (ROOT / "docs" / "bundle.md").read_text()
    names = {*files.MAX_BYTES, *classes.COLUMNS, *MEANINGS, *TASKS}
    kinds = [Manifest, Graph, GraphOutput, Imputation, Annotation, Unknown, UnknownScore, Embedding, Evaluation]
    for kind in (*kinds, SubNetwork, Study, Scale, Architecture, Golden, GoldenCell, GoldenOutput, FileRecord):
        names |= {field.name for field in dataclasses.fields(kind)}
    assert sorted(name for name in names if f"`{name}`" not in page) == []
