"""manifest.json is strict: what it does not declare, it does not accept."""

import json

import pytest

from cellfill.bundle import format_manifest, parse_manifest
from cellfill.errors import BundleError, BundleVersionError
from conftest import MODEL

TEXT = (MODEL / "manifest.json").read_bytes()


def changed(change):
    raw = json.loads(TEXT)
    change(raw)
    return json.dumps(raw).encode()


def test_reading_and_writing_gives_the_same_bytes():
    assert format_manifest(parse_manifest(TEXT)) == TEXT


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(extra=1), "unknown keys: extra"),
        (lambda m: m.pop("species"), "missing keys: species"),
        (lambda m: m.update(species=7), "species is 7, not str"),
        (lambda m: m.update(task="magic"), "task is 'magic'; this version of cellfill knows 'imputation'"),
        (lambda m: m.update(name="../up"), "not a model name"),
        (lambda m: m.update(estimates=[]), "at least one"),
        (lambda m: m.update(min_coverage=1.5), "min_coverage is 1.5; it is a share"),
        (lambda m: m.update(estimates=["expected", "expected"]), "distinct"),
        (lambda m: m.update(estimates=["guess"]), "estimates.0. is 'guess'"),
        (lambda m: m["graph"].update(opset=True), "opset is True, not int"),
        (lambda m: m["graph"].update(inputs=[]), "must take counts once"),
        (lambda m: m["graph"]["inputs"][1].update(name="counts"), "one name"),
        (lambda m: m["graph"].update(output_meaning="expressed"), "has no other estimate"),
        (lambda m: m["scale"].update(library_sizes=[1, "x"]), "library_sizes.1. is 'x', not a number"),
        (lambda m: m["scale"].update(library_sizes=[10**400]), "not a finite number"),
        (lambda m: m["files"]["model.onnx"].update(sha256="abc"), "SHA-256 of 'model.onnx' is malformed"),
        (lambda m: m["files"]["model.onnx"].update(size=-1), "malformed"),
        (lambda m: m.update(tissue="x" * 20_001), "over the bound"),
        (lambda m: m.update(studies={}), "studies is {}, not list"),
        (lambda m: m.update(studies=[{}] * 20_001), "over the bound"),
    ],
)
def test_a_malformed_manifest_is_refused_with_its_reason(change, message):
    with pytest.raises(BundleError, match=message):
        parse_manifest(changed(change))


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"\xff\xfe", b"[]", b"null", b"[" * 100_000, TEXT.replace(b'"task"', b'"name"', 1)],
)
def test_what_is_not_a_manifest_is_refused(text):
    with pytest.raises(BundleError):
        parse_manifest(text)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
def test_numbers_that_are_none_are_refused(number):
    text = TEXT.replace(b'"opset": 18', b'"opset": ' + number)
    assert text != TEXT
    with pytest.raises(BundleError, match="not a number"):
        parse_manifest(text)


@pytest.mark.parametrize(("version", "hint"), [(3, "upgrade cellfill"), (0, "export the model again")])
def test_another_format_version_says_what_to_do(version, hint):
    with pytest.raises(BundleVersionError, match=hint):
        parse_manifest(changed(lambda m: m.update(format_version=version, new_key=1)))
