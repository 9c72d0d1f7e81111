"""One text file that appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

from cellfill.errors import OutputError, OutputExistsError
from cellfill.writers.leftovers import sweep
from cellfill.writers.place import Place, check_name, writing


def check_text_file(path: str | Path, *, ending: str = "", overwrite: bool) -> None:
    """Refuse a file that could not be written, before the work begins.

    Parameters
    ----------
    path
        The file.
    ending
        That its name must have, with the dot; any by default.
    overwrite
        Whether a file that is there may be replaced.

    Raises
    ------
    UsageError
        When no file is named, or the name is the one that stands for standard output elsewhere.
    OutputExistsError
        When it exists and ``overwrite`` is false.
    OutputError
        When its folder does not exist, it is no file, or its name ends in something else.
    """
    target = Path(path)
    check_name(target, example=f"cellfill{ending or '.json'}")
    if ending and target.suffix.lower() != ending:
        raise OutputError(f"{target} must end in {ending}.")
    if not target.parent.is_dir():
        raise OutputError(f"The folder {target.parent} does not exist. Make it, or write elsewhere.")
    sweep(target.resolve().parent)
    if target.exists() and not target.is_file():
        raise OutputError(f"{target} is no file. Choose another name.")
    if target.exists() and not overwrite:
        raise OutputExistsError(f"{target} exists. Choose another name, or replace it with --force.")


def write_text_file(path: str | Path, text: str, *, overwrite: bool) -> None:
    """Write a file whole, UTF-8.

    Parameters
    ----------
    path, text
        The file, and what it is to hold.
    overwrite
        Whether a file that is there may be replaced.

    Raises
    ------
    OutputExistsError
        When it exists and ``overwrite`` is false, since now maybe.
    OutputError
        When it cannot be written; nothing is left behind then.
    """
    place = Place(Path(path))
    try:
        with writing(place.target):
            place.make()
            place.scratch.write_text(text, encoding="utf-8", newline="\n")
            place.commit(overwrite=overwrite)
    except BaseException:
        place.discard()
        raise
