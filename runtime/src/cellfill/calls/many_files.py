"""Where the results of many files go: each by the name of its own, and refused before any work is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from cellfill.bundle.safe_file import exists
from cellfill.errors import OutputError, OutputExistsError, UsageError
from cellfill.options.running import Form
from cellfill.readers.remote import Remote, Source, refuse_remote, source_of
from cellfill.text.reasons import reason
from cellfill.text.samples import sample_of
from cellfill.writers import check_apart, check_output
from cellfill.writers.check import is_store
from cellfill.writers.leftovers import SIDE_ENDINGS

_PACKED = (".gz", ".bz2")
_ENDINGS = (".h5ad", ".h5mu", ".h5", ".hdf5", ".loom", ".zarr", ".zip", ".csv", ".tsv", ".txt", ".tab", ".mtx")


def results_of(
    data: Sequence[str | Path | Remote],
    folder: str | Path,
    *,
    form: Form = "h5ad",
    overwrite: bool = False,
    skip: bool = False,
) -> Mapping[Source, Path]:
    """Return where the result of each file goes; make the folder if it is not there.

    A result has the name of its data, with the ending of its form: ``run/a.h5`` gives ``folder/a.h5ad``. What is
    called as every sample's is by Cell Ranger or STARsolo has that of the sample's folder:
    ``s1/outs/filtered_feature_bc_matrix.h5`` gives ``folder/s1.h5ad``.

    Parameters
    ----------
    data
        Files and folders, or their URLs.
    folder
        Of the results.
    form
        What is written, as by the ending of an output's name; ``10x`` a folder of 10x ``mtx`` files.
    overwrite
        Whether results that are there are replaced.
    skip
        Whether they are left, and are in nobody's way.

    Raises
    ------
    UsageError
        When two files have the same name: their results would; or when the folder is a URL.
    OutputExistsError
        When a result is there already, and may not be replaced.
    OutputError
        When the folder cannot be made or written to, or a result would change what it, or another, is made of.
    """
    target = Path(folder)
    refuse_remote(target)
    places: dict[Source, Path] = {}
    sources: dict[Path, Source] = {}
    for source in map(source_of, data):
        name = _name_of(source)
        # A folder of 10x files has no ending, which a dot would be read as.
        place = target / (name.replace(".", "_") if form == "10x" else f"{name}.{form}")
        if (real := _real(place)) in sources:
            raise UsageError(
                f"{sources[real]} and {source} would both be written to {place}. Give each file a name of its "
                "own, such as by a link (ln -s), or run them with different output folders."
            )
        sources[real], places[source] = source, place
    _check_apart(places)
    _make(target)
    for place in places.values():
        if exists(place) and not (overwrite or skip):
            raise OutputExistsError(
                f"{place} exists. Leave what is there with --skip-existing, or replace it with --force."
            )
        check_output(place, overwrite=overwrite or (skip and exists(place)))
    return places


@contextmanager
def kept_if_used(folder: Path) -> Iterator[None]:
    """Remove a folder that was not there, and those made around it, where nothing is in it in the end."""
    new = [path for path in (folder, *folder.parents) if not exists(path)]
    try:
        yield
    finally:
        for path in new:
            with suppress(OSError, ValueError):
                path.rmdir()


def _check_apart(places: Mapping[Source, Path]) -> None:
    """Refuse results in the place of what is read, whichever of the files that is, or around or within it."""
    read = {_real(source): source for source in places if isinstance(source, Path)}
    around = {folder: source for real, source in read.items() for folder in (real, *real.parents)}
    for source, place in places.items():
        check_apart(place, source)
        real = _real(place)
        beside = (real.with_name(real.name + ending) for ending in SIDE_ENDINGS)
        taken = around.get(real) or next((read[path] for path in beside if path in read), None)
        if taken is not None:
            raise OutputError(
                f"The result of {source} would be written to {place}, over {taken}, which is read. Choose another "
                "--output-dir."
            )
        within = next((read[folder] for folder in real.parents if folder in read), None)
        if within is not None and is_store(within):
            raise OutputError(f"{place} lies within {within}, which is read. Choose a place outside of it.")


def _real(path: Path) -> Path:
    """Return where a path leads; one that leads nowhere is refused later, with the reason."""
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):
        return path.absolute()


def _name_of(path: Source) -> str:
    """Return the name of a file or folder without the ending that says its format.

    Where every sample's is called so, as by Cell Ranger, it is that of the sample's folder.
    """
    name = path.name or (path.resolve().name if isinstance(path, Path) else "")
    if isinstance(path, Path) and (sample := sample_of(absolute := path.absolute())) != absolute:
        return sample.name
    for endings in (_PACKED, _ENDINGS, _ENDINGS):  # a.csv.gz, a.zarr.zip
        ending = next((e for e in endings if name.lower().endswith(e) and len(name) > len(e)), "")
        name = name[: len(name) - len(ending)]
    return name


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise OutputError(f"{folder} cannot be made a folder for results: {reason(error)}.") from error
