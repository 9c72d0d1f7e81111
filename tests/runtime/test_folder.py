"""A bundle's folder: the same bytes again, verified before it is opened, written whole or not at all."""

import dataclasses
import json
import shutil

import pytest

from cellfill.bundle import read_bundle, write_bundle
from cellfill.errors import (
    BundleError,
    BundleIntegrityError,
    BundleNotFoundError,
    OutputError,
    OutputExistsError,
)
from conftest import MODEL

FILES = ("README.md", "genes.tsv", "manifest.json", "model.onnx")


@pytest.fixture(scope="module")
def bundle():
    return read_bundle(MODEL)


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(MODEL, tmp_path / "model")


def test_written_read_and_written_again_is_byte_identical(bundle, tmp_path):
    write_bundle(bundle, tmp_path / "one")
    write_bundle(read_bundle(tmp_path / "one"), tmp_path / "two")
    for name in FILES:
        original = (MODEL / name).read_bytes()
        assert (tmp_path / "one" / name).read_bytes() == original
        assert (tmp_path / "two" / name).read_bytes() == original


def test_it_holds_these_four_files_and_no_other(bundle, tmp_path):
    write_bundle(bundle, tmp_path / "one")
    assert sorted(p.name for p in (tmp_path / "one").iterdir()) == list(FILES)
    assert [p.name for p in tmp_path.iterdir()] == ["one"]


@pytest.mark.parametrize("name", ["README.md", "genes.tsv", "model.onnx"])
def test_a_changed_byte_is_refused(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(BundleIntegrityError, match=f"{name} is not the file that the manifest names"):
        read_bundle(folder)


@pytest.mark.parametrize("name", ["README.md", "genes.tsv", "model.onnx"])
@pytest.mark.parametrize("damage", ["missing", "cut", "longer", "empty"])
def test_a_damaged_file_is_refused(folder, name, damage):
    path = folder / name
    data = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes({"cut": data[:-1], "longer": data + b" ", "empty": b""}[damage])
    with pytest.raises(BundleIntegrityError, match=name):
        read_bundle(folder)


def test_a_file_over_the_bound_is_refused_before_it_is_read(folder):
    with (folder / "genes.tsv").open("r+b") as file:
        file.truncate(65 << 20)  # sparse: no such bytes on disk
    with pytest.raises(BundleIntegrityError, match="over the bound"):
        read_bundle(folder)


@pytest.mark.parametrize("place", ["absent", "empty", "file"])
def test_no_bundle_there(tmp_path, place):
    path = tmp_path / "model"
    if place == "empty":
        path.mkdir()
    elif place == "file":
        path.write_text("x")
    with pytest.raises(BundleNotFoundError, match="No model at"):
        read_bundle(path)


def test_a_manifest_that_names_other_files_is_refused(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["../evil"] = manifest["files"].pop("README.md")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="names the files"):
        read_bundle(folder)


def test_genes_of_a_sub_network_that_is_not_there_are_refused(bundle, tmp_path):
    some = dataclasses.replace(bundle.manifest.imputation, subnetworks=bundle.manifest.subnetworks[:2])
    fewer = dataclasses.replace(bundle.manifest, imputation=some)
    with pytest.raises(BundleError, match=r"names a sub-network that manifest.json does not have \(2 there\)"):
        write_bundle(dataclasses.replace(bundle, manifest=fewer), tmp_path / "one")
    assert not (tmp_path / "one").exists()


def test_an_existing_bundle_is_replaced_only_when_asked(bundle, folder):
    changed = dataclasses.replace(bundle, card="another\n")
    with pytest.raises(OutputExistsError, match="--force"):
        write_bundle(changed, folder)
    assert read_bundle(folder).card == bundle.card
    write_bundle(changed, folder, overwrite=True)
    assert read_bundle(folder).card == "another\n"


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_other_things_is_never_replaced(bundle, tmp_path, overwrite):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputExistsError, match="is not a bundle"):
        write_bundle(bundle, tmp_path, overwrite=overwrite)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_failed_write_leaves_the_old_bundle_and_nothing_else(bundle, folder, monkeypatch):
    before = {name: (folder / name).read_bytes() for name in FILES}
    real = type(folder).rename

    def rename(self, target):
        if self.name == "new":
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(type(folder), "rename", rename)
    with pytest.raises(OutputError, match="No space left"):
        write_bundle(dataclasses.replace(bundle, card="another\n"), folder, overwrite=True)
    assert {name: (folder / name).read_bytes() for name in FILES} == before
    assert [p.name for p in folder.parent.iterdir()] == ["model"]
