"""Files and stores from strangers: nothing outside of them is touched, no code of theirs runs, none is endless."""

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from ctypes import CDLL, c_int64
from importlib import metadata
from pathlib import Path

import anndata
import h5py
import numpy as np
import pytest
from h5py._objects import phil

from cellfill.errors import CellfillError, DataError, MissingDependencyError
from cellfill.readers import open_dataset
from cellfill.readers.rows import reader_of
from cellfill.readers.zarr_files import CODECS, codecs_of
from runtime.one_dataset import forty_cells, write_10x_h5, write_h5ad, write_loom, write_zarr

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def cells(example):
    return forty_cells(example)


def refused(path, message):
    with pytest.raises(CellfillError, match=message) as caught:
        open_dataset(path)
    assert "\n" not in str(caught.value)
    return caught.value


def takes_the_lock_of_h5py():
    """Whether a thread gets it: an error from a full stack inside h5py leaves it with the thread that it struck."""
    taken = phil.acquire(blocking=False)
    if taken:
        phil.release()
    return taken


# HDF5


def external_link(file, name, other):
    file[name] = h5py.ExternalLink(str(other), "/")


def raw_storage(file, name, other):
    file.create_dataset(name, (4,), "i1", external=[(str(other), 0, 4)])


def virtual_source(file, name, other):
    layout = h5py.VirtualLayout((4,), "i8")
    layout[:] = h5py.VirtualSource(str(other), "values", (4,))
    file.create_virtual_dataset(name, layout)


FILES = {
    "h5ad": (write_h5ad, "uns/more"),
    "h5ad, a whole part": (write_h5ad, "layers"),
    "h5ad, a part that no anndata has": (write_h5ad, "more"),
    "10x h5": (write_10x_h5(3), "matrix/features/more"),
    "loom": (write_loom, "col_attrs/more"),
}


@pytest.mark.parametrize("how", [external_link, raw_storage, virtual_source])
@pytest.mark.parametrize("form", FILES)
def test_hdf5_that_leads_into_another_file_is_refused(cells, tmp_path, form, how):
    write, name = FILES[form]
    path, other = write(cells, tmp_path), tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["values"] = np.arange(4)
    with h5py.File(path, "r+") as file:
        if name in file:
            del file[name]
        how(file, name, other)
    before = other.read_bytes()
    refused(path, "does not hold all its data")
    assert other.read_bytes() == before


@pytest.mark.parametrize("format_", ["earliest", "latest"])
def test_links_are_found_in_every_version_of_hdf5(tmp_path, format_):
    from cellfill.readers.hdf5_file import open_hdf5

    for how in (external_link, raw_storage, virtual_source):
        with h5py.File(tmp_path / "in.h5", "w", libver=format_) as file:
            how(file, "a/b/c", tmp_path / "other.h5")
        with pytest.raises(DataError, match="a/b/c is"):
            open_hdf5(tmp_path / "in.h5")


def test_virtual_data_of_the_same_file_is_read(tmp_path):
    from cellfill.readers.hdf5_file import open_hdf5

    with h5py.File(tmp_path / "in.h5", "w") as file:
        file["values"] = np.arange(4)
        virtual_source(file, "same", ".")
    with open_hdf5(tmp_path / "in.h5") as file:
        assert file["same"][3] == 3


def hide(file, what):
    """Take the link from an object that stays in the file, and return what leads to it."""
    found, leads = file[what], file[what].ref
    library = next(Path(h5py.__file__).parent.parent.glob("h5py.libs/libhdf5-*"), None)
    if library is None:
        pytest.skip("this h5py brings no HDF5 of its own")
    CDLL(str(library)).H5Oincr_refcount(c_int64(found.id.id))
    del file[what]
    return leads


def column_of_codes(file, leads):
    """As anndata 0.7 wrote categories: their place is an attribute of the codes."""
    obs = file["obs"]
    obs["leak"] = np.arange(40, dtype="i1") % 3
    obs["leak"].attrs["categories"] = leads
    obs.attrs["encoding-version"] = "0.1.0"
    obs.attrs["column-order"] = np.array([*obs.attrs["column-order"], "leak"], dtype=object)


def group_of(how):
    def make(file, name, other):
        how(file, f"{name}/categories", other)

    return make


REFERRED = {
    "raw storage": raw_storage,
    "virtual data": virtual_source,
    "a group with raw storage": group_of(raw_storage),
    "a group with a link": group_of(external_link),
}


@pytest.mark.parametrize("where", ["a column", "many references", "of a group"])
@pytest.mark.parametrize("what", REFERRED)
def test_what_no_link_names_is_looked_at_where_an_attribute_refers_to_it(cells, tmp_path, what, where):
    path, other = write_h5ad(cells, tmp_path), tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["values"] = np.arange(4)
    with h5py.File(path, "r+") as file:
        REFERRED[what](file, "hidden", other)
        leads = hide(file, "hidden")
        if where == "a column":
            column_of_codes(file, leads)
        elif where == "of a group":
            file["uns"].attrs["more"] = leads
        else:
            file["X"].attrs["more"] = np.array([h5py.Reference(), leads, leads], dtype=h5py.ref_dtype)
    refused(path, "does not hold all its data: what (obs/leak|X|uns) refers to")


def test_categories_that_only_an_attribute_leads_to_are_read(cells, tmp_path):
    path = write_h5ad(cells, tmp_path)
    with h5py.File(path, "r+") as file:
        file["hidden"] = ["a", "b", "c"]
        column_of_codes(file, hide(file, "hidden"))
    assert open_dataset(path).obs()["leak"].tolist()[:4] == ["a", "b", "c", "a"]


def nested(file, deep):
    group = file.require_group("uns").id
    for _ in range(deep):
        group = h5py.h5g.create(group, b"a")
    return h5py.Group(group)


@pytest.mark.parametrize("deep", [60, 3000, 20_000])
def test_groups_nested_deeper_than_any_data_are_refused_at_once(cells, tmp_path, deep):
    path = write_h5ad(cells, tmp_path)
    with h5py.File(path, "r+") as file:
        nested(file, deep)
    started = time.process_time()
    refused(path, "nested more than 50 deep")
    assert time.process_time() - started < 5


@pytest.mark.parametrize("form", ["h5ad", "zarr"])
def test_groups_nested_as_deep_as_may_be_are_converted(cells, tmp_path, form):
    path = write_h5ad(cells, tmp_path)
    with h5py.File(path, "r+") as file:
        nested(file, 49)["value"] = 1
    found = open_dataset(path).rest()
    getattr(found, f"write_{form}")(tmp_path / f"out.{form}")
    value = getattr(anndata, f"read_{form}")(tmp_path / f"out.{form}").uns
    for _ in range(49):
        value = value["a"]
    assert value["value"] == 1


def test_groups_with_paths_without_end_are_refused(cells, tmp_path):
    path = write_h5ad(cells, tmp_path)
    with h5py.File(path, "r+") as file:
        group = file.require_group("uns")
        for _ in range(40):
            group["b"] = group.create_group("a")
            group = group["a"]
    refused(path, "groups have a second name")


@pytest.mark.parametrize("name", ["round", "/obs", "."])
def test_a_column_that_is_its_own_table_is_left_out(cells, tmp_path, name):
    path = write_h5ad(cells, tmp_path)
    with h5py.File(path, "r+") as file:
        obs = file["obs"]
        obs["round"] = obs
        obs.attrs["column-order"] = np.array([*obs.attrs["column-order"], name], dtype=object)
    dataset = open_dataset(path)
    assert len(dataset.obs()) == 40
    assert "a link to what it is in" in " ".join(dataset.left_out())
    with ThreadPoolExecutor(1) as other:
        assert other.submit(takes_the_lock_of_h5py).result()


@pytest.mark.parametrize("link", ["/nowhere", "itself"])
@pytest.mark.parametrize("part", ["X", "obs", "var", "layers", "obsm", "uns", "raw"])
def test_a_part_that_is_a_link_to_nowhere_is_one_line(cells, tmp_path, part, link):
    path = write_h5ad(cells, tmp_path)
    with h5py.File(path, "r+") as file:
        if part in file:
            del file[part]
        file[part] = h5py.SoftLink(f"/{part}" if link == "itself" else link)
    refused(path, "cannot be")


def test_links_within_a_part_are_left_out_where_it_is_read(cells, tmp_path):
    cells.uns["kept"] = {"n": 1}
    path = write_h5ad(cells, tmp_path)
    with h5py.File(path, "r+") as file:
        file["uns/gone"] = h5py.SoftLink("/nowhere")
        file["uns/kept/round"] = file["uns"]
        file["obsm/gone"] = h5py.SoftLink("/nowhere")
        file["layers/gone"] = h5py.SoftLink("/nowhere")
    dataset = open_dataset(path)
    rest = dataset.rest()
    assert rest.uns["kept"] == {"n": 1}
    left_out = " ".join(dataset.left_out())
    for name in ("uns['gone']", "uns['kept']['round']", "obsm['gone']", "layers['gone']"):
        assert name in left_out
    dataset.close()


def filtered(path):
    with h5py.File(path, "r+") as file:
        file.create_dataset("uns/more", (9,), chunks=(9,), dtype="i4", compression=32100, allow_unknown_filter=True)


@pytest.mark.parametrize("form", [f for f in FILES if "," not in f])
def test_a_filter_that_is_not_known_names_the_package(cells, tmp_path, monkeypatch, form):
    path = FILES[form][0](cells, tmp_path)
    filtered(path)
    monkeypatch.setitem(sys.modules, "hdf5plugin", None)
    assert isinstance(refused(path, "pip install hdf5plugin"), MissingDependencyError)
    monkeypatch.setitem(sys.modules, "hdf5plugin", json)  # any module: installed, and of no use
    assert isinstance(refused(path, "neither HDF5 nor hdf5plugin"), DataError)


def test_what_hdf5plugin_packed_is_read_where_it_is_installed(cells, tmp_path):
    plugin = pytest.importorskip("hdf5plugin")
    cells.write_h5ad(tmp_path / "in.h5ad", compression=plugin.FILTERS["zstd"])
    code = f"from cellfill.readers import open_dataset as o; print(o({str(tmp_path / 'in.h5ad')!r}).cells)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "40\n"


def test_a_file_that_is_open_elsewhere_is_not_called_damaged(cells, tmp_path):
    path = write_h5ad(cells, tmp_path)
    code = f"""
from cellfill.readers import open_dataset
try:
    open_dataset({str(path)!r})
except Exception as error:
    print(error)
"""
    with h5py.File(path, "r+"):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Another program has it open" in done.stdout
    assert "HDF5_USE_FILE_LOCKING" in done.stdout
    assert "damaged" not in done.stdout


def test_a_chunk_that_is_longer_than_its_array_is_decoded_once():
    class Stored:
        shape, chunks, dtype, ndim = (1000,), (2**29,), np.dtype("f4"), 1
        reads = 0

        def __getitem__(self, places):
            self.reads += 1
            return np.arange(1000, dtype="f4")[places]

    stored = Stored()
    read = reader_of(stored)
    parts = [read(start, start + 10) for start in range(0, 1000, 10)]
    np.testing.assert_array_equal(np.concatenate(parts), np.arange(1000))
    assert stored.reads == 1


# MuData, and what is packed


@pytest.mark.parametrize("user_block", [0, 512])
@pytest.mark.parametrize("said", ["MuData", np.bytes_(b"MuData"), None])
def test_mudata_says_what_it_holds_and_what_to_do(tmp_path, said, user_block):
    with h5py.File(tmp_path / "in.h5mu", "w", userblock_size=user_block) as file:
        for name in ("mod/prot", "mod/rna", "obs", "var"):
            file.create_group(name)
        if said is not None:
            file.attrs["encoding-type"] = said
    refused(
        tmp_path / "in.h5mu", r"is a MuData, with 2 modalities \(prot, rna\).*read_h5mu\(.*\['rna'\].write_h5ad"
    )


def test_a_mudata_store(tmp_path):
    import zarr

    root = zarr.open_group(str(tmp_path / "in.zarr"), mode="w")
    for name in ("mod/prot", "mod/rna", "obs", "var"):
        root.require_group(name)
    refused(tmp_path / "in.zarr", r"MuData, with 2 modalities \(prot, rna\).*read_zarr\(.*\['rna'\]")


@pytest.mark.parametrize(("module", "program"), [("gzip", "gunzip"), ("bz2", "bunzip2"), ("lzma", "unxz")])
def test_a_packed_file_is_to_be_unpacked(cells, tmp_path, module, program):
    import importlib

    path = write_h5ad(cells, tmp_path)
    packed = tmp_path / f"in.h5ad.{module}"
    packed.write_bytes(importlib.import_module(module).compress(path.read_bytes()))
    for name in ("in.h5ad.gz", "in.h5ad"):
        shutil.move(packed, tmp_path / name)
        packed = tmp_path / name
        refused(packed, f"{program} -k ")


# zarr


@pytest.fixture(scope="module")
def stores(_example, tmp_path_factory):
    """A store of each version; this zarr may know the second only."""
    versions = (2, 3) if int(metadata.version("zarr").split(".")[0]) >= 3 else (2,)
    return {v: write_zarr(v)(forty_cells(_example.copy()), tmp_path_factory.mktemp("stores")) for v in versions}


def copy_of(stores, version, folder):
    if version not in stores:
        pytest.skip("this zarr knows version 2 only")
    return shutil.copytree(stores[version], folder / "in.zarr")


@pytest.fixture(params=[2, 3])
def store(request, stores, tmp_path):
    return copy_of(stores, request.param, tmp_path)


def pipe(folder):
    os.mkfifo(folder / "uns" / "x")


LEADING_OUT = {
    "a file": lambda folder: (folder / "uns" / "x").symlink_to("/etc/hostname"),
    "nothing": lambda folder: (folder / "uns" / "x").symlink_to("/nowhere"),
    "a folder": lambda folder: (folder / "uns" / "x").symlink_to(folder.parent),
    "by dots": lambda folder: (folder / "uns" / "x").symlink_to("../../other"),
    "what it is in": lambda folder: (folder / "uns" / "x").symlink_to(folder / "uns"),
    "itself": lambda folder: (folder / "uns" / "x").symlink_to(folder / "uns" / "x"),
    "a device": lambda folder: (folder / "uns" / "x").symlink_to("/dev/zero"),
    "the environment": lambda folder: (folder / "uns" / "x").symlink_to("/proc/self/environ"),
    "a pipe": pipe,
}


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
@pytest.mark.parametrize("where", LEADING_OUT)
def test_a_store_that_leads_out_of_itself_is_refused(store, where):
    (store.parent / "other").write_text("secret")
    LEADING_OUT[where](store)
    refused(store, "is not read: uns/x is")


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
def test_a_store_that_is_itself_a_link_or_links_within_is_read(store, tmp_path):
    (store / "uns" / "same").symlink_to(
        next(store.glob("X/data/*0*")) if (store / ".zgroup").exists() else store / "zarr.json"
    )
    (tmp_path / "link.zarr").symlink_to(store)
    assert open_dataset(tmp_path / "link.zarr").cells == 40


def change(file, alter):
    said = json.loads(file.read_bytes())
    alter(said)
    file.write_text(json.dumps(said))


def names_of_genes(store):
    """The array of them; with pandas 3 they are nullable, a group."""
    place = store / "var" / "_index"
    return place / "values" if (place / "values").is_dir() else place


BAD = ["pickle", "numcodecs.pickle", "msgpack2", "some.package", ""]


@pytest.mark.parametrize("codec", BAD)
@pytest.mark.parametrize("place", ["compressor", "filters", "gathered"])
def test_codecs_of_zarr_2_that_may_run_code_are_refused(stores, tmp_path, codec, place):
    store = copy_of(stores, 2, tmp_path)
    file = names_of_genes(store) / ".zarray"
    if place == "gathered":
        file = store / ".zmetadata"
        change(file, lambda said: said["metadata"]["X/data/.zarray"].update(compressor={"id": codec}))
    elif place == "compressor":
        change(file, lambda said: said.update(compressor={"id": codec}))
    else:
        change(file, lambda said: said.update(filters=[{"id": "vlen-utf8"}, {"id": codec}]))
    refused(store, "asks for the codec")
    with zipfile.ZipFile(tmp_path / "in.zarr.zip", "w") as archive:
        for part in store.rglob("*"):
            archive.write(part, part.relative_to(store))
    refused(tmp_path / "in.zarr.zip", "asks for the codec")


@pytest.mark.parametrize("codec", BAD)
@pytest.mark.parametrize("place", ["codecs", "by name", "shards", "index of shards", "gathered"])
def test_codecs_of_zarr_3_that_may_run_code_are_refused(stores, tmp_path, codec, place):
    store = copy_of(stores, 3, tmp_path)
    bad = {"name": codec, "configuration": {}}
    shards = {
        "name": "sharding_indexed",
        "configuration": {
            "chunk_shape": [1],
            "codecs": [bad] if place == "shards" else ["bytes"],
            "index_codecs": [bad] if place == "index of shards" else ["bytes"],
        },
    }
    used = {"codecs": [bad], "by name": [codec], "gathered": [bad]}.get(place, [shards])
    if place == "gathered":
        gathered = {"kind": "inline", "metadata": {"X/data": {"node_type": "array", "codecs": used}}}
        change(store / "zarr.json", lambda said: said.update(consolidated_metadata=gathered))
    else:
        change(names_of_genes(store) / "zarr.json", lambda said: said.update(codecs=used))
    refused(store, "asks for the codec")


def packed(store):
    target = store.with_suffix(".zarr.zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in store.rglob("*"):
            archive.write(part, part.relative_to(store))
    return target


HUGE = {
    "one array": (2, "uns/more/.zarray", "[" + " " * (1 << 20) + "]"),
    "one group": (2, "uns/more/.zgroup", "[" + " " * (1 << 20) + "]"),
    "attributes": (2, "uns/more/.zattrs", "[" + "[]," * (1 << 21) + "[]]"),
    "gathered": (2, ".zmetadata", "[" + "[]," * (1 << 21) + "[]]"),
    "gathered objects": (2, ".zmetadata", "[" + "{}," * (1 << 21) + "{}]"),
    "an array of zarr 3": (3, "uns/more/zarr.json", "[" + "[]," * (1 << 21) + "[]]"),
    "much of one": (3, "uns/more/zarr.json", "[" + " " * (64 << 20) + "]"),
}


@pytest.mark.parametrize("as_zip", [False, True])
@pytest.mark.parametrize("where", HUGE)
def test_metadata_larger_than_those_of_any_data_are_refused_at_once(stores, tmp_path, where, as_zip):
    version, name, text = HUGE[where]
    store = copy_of(stores, version, tmp_path)
    (store / name).parent.mkdir(exist_ok=True)
    (store / name).write_text(text)
    path = packed(store) if as_zip else store
    started = time.process_time()
    refused(path, "metadata are larger than those of any data")
    assert time.process_time() - started < 5


def test_metadata_are_counted_together(stores, tmp_path):
    store = copy_of(stores, 2, tmp_path)
    for number in range(5):
        (store / f"uns/{number}").mkdir()
        (store / f"uns/{number}/.zattrs").write_text("[" + "[]," * (1 << 19) + "[]]")
    refused(store, "metadata are larger than those of any data")


@pytest.mark.parametrize(("version", "name"), [(2, ".zarray"), (2, ".zattrs"), (3, "zarr.json")])
def test_metadata_nested_without_end_are_one_line_that_is_true(stores, tmp_path, version, name):
    store = copy_of(stores, version, tmp_path)
    (store / "obs" / name).write_text("[" * 200_000)
    assert "recursion" not in str(refused(store, "no JSON that any data need|nested too deep"))


def test_groups_of_a_store_nested_deeper_than_any_data_are_left_out(store):
    import zarr

    group = zarr.open_group(str(store), mode="r+")["uns"]
    for _ in range(70):
        group = group.create_group("a")
    dataset = open_dataset(store)
    assert "a" in dataset.rest().uns
    assert "nested more than 50 deep" in " ".join(dataset.left_out())


@pytest.mark.parametrize("version", [2, 3])
def test_a_table_that_a_column_without_a_name_overwrote_says_so(cells, tmp_path, version):
    cells.obs[""] = 1
    refused(write_zarr(version)(cells, tmp_path), "/obs holds bare numbers or text, not a table.*Name that column")


def test_what_people_write_into_attributes_is_no_codec():
    said = {
        "attributes": {"codecs": ["mine"]},
        "codecs": [{"name": "bytes"}],
        "metadata": {"a/.zattrs": {"filters": 1}},
    }
    assert list(codecs_of(said)) == ["bytes"]
    assert {"pickle", "msgpack2"}.isdisjoint(CODECS)


@pytest.mark.parametrize("length", [10**12, 10**15])
@pytest.mark.parametrize("part", ["data", "indices", "indptr"])
def test_endless_arrays_of_few_files_are_refused_at_once(store, part, length):
    name = ".zarray" if (store / ".zgroup").exists() else "zarr.json"
    change(store / "X" / part / name, lambda said: said.update(shape=[length]))
    started = time.process_time()
    refused(store, "chunks|of shape|indptr has")
    assert time.process_time() - started < 5
