"""Where the results of many files go: each by the name of its own, and refused before any work is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cellfill.errors import OutputError, UsageError
from cellfill.options.running import Form
from cellfill.text.reasons import reason
from cellfill.writers import check_apart, check_output

_PACKED = (".gz", ".bz2")
_ENDINGS = (".h5ad", ".h5mu", ".h5", ".hdf5", ".loom", ".zarr", ".zip", ".csv", ".tsv", ".txt", ".tab", ".mtx")


def results_of(
    data: Sequence[str | Path], folder: str | Path, *, form: Form = "h5ad", overwrite: bool = False
) -> Mapping[Path, Path]:
    """Return where the result of each file goes; make the folder if it is not there.

    A result has the name of its data, with the ending of its form: ``run/a.h5`` gives ``folder/a.h5ad``.

    Parameters
    ----------
    data
        Files and folders.
    folder
        Of the results.
    form
        What is written, as by the ending of an output's name; ``10x`` a folder of 10x ``mtx`` files.
    overwrite
        Whether results that are there are replaced.

    Raises
    ------
    UsageError
        When two files have the same name: their results would.
    OutputExistsError
        When a result is there already, and may not be replaced.
    OutputError
        When the folder cannot be made or written to, or a result would change what it is made of.
    """
    target = Path(folder)
    places: dict[Path, Path] = {}
    sources: dict[Path, Path] = {}
    for source in map(Path, data):
        place = target / (_name_of(source) + ("" if form == "10x" else f".{form}"))
        if place in sources:
            raise UsageError(
                f"{sources[place]} and {source} would both be written to {place}. Give each file a name of its "
                "own, such as by a link (ln -s), or run them with different output folders."
            )
        sources[place], places[source] = source, place
    _make(target)
    for source, place in places.items():
        check_output(place, overwrite=overwrite)
        check_apart(place, source)
    return places


def _name_of(path: Path) -> str:
    """Return the name of a file or folder without the ending that says its format."""
    name = path.name or path.resolve().name
    for endings in (_PACKED, _ENDINGS, _ENDINGS):  # a.csv.gz, a.zarr.zip
        ending = next((e for e in endings if name.lower().endswith(e) and len(name) > len(e)), "")
        name = name[: len(name) - len(ending)]
    return name


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise OutputError(f"{folder} cannot be made a folder for results: {reason(error)}.") from error
