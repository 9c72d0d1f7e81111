"""What to say of a result in a paper: read from its record, and from the card of the model that made it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellfill.bundle.card import CITATION, parts_of
from cellfill.bundle.files import MANIFEST
from cellfill.bundle.safe_file import read_regular
from cellfill.calls.cited import methods, task_of
from cellfill.errors import CellfillError, DataError, DataNotFoundError, UsageError
from cellfill.hub.showing import show
from cellfill.readers import open_dataset
from cellfill.readers.remote import Remote, Source, source_of
from cellfill.writers.check import RECORD_WITHIN
from cellfill.writers.leftovers import SIDE_ENDINGS

if TYPE_CHECKING:
    from cellfill.hub.showing import Shown
    from cellfill.options.shared import Task

_STEM = "cellfill"  # of the names of records in uns
_MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """What to say of one result.

    Attributes
    ----------
    task
        What was done.
    methods
        A paragraph.
    references
        What to cite, a line each: the model's own, of its card; empty where the model is not at hand.
    model, cellfill_version, repo, commit, manifest_sha256
        Of the record; empty for none.
    verdict
        Whether the model fits the cells.
    """

    task: Task
    methods: str
    references: tuple[str, ...]
    model: str
    cellfill_version: str
    repo: str
    commit: str
    manifest_sha256: str
    verdict: str


def cite(result: str | Path | Remote, *, model: str | Path | None = None) -> tuple[Citation, ...]:
    """Say of every result of cellfill that a file holds what a paper should say of it; nothing is written or asked.

    Parameters
    ----------
    result
        What cellfill wrote: ``.h5ad``, ``.zarr``, a table, a 10x folder, or the ``.cellfill.json`` beside a table.
    model
        The model, where it is not found by the name, or the commit, that the record has.

    Raises
    ------
    DataError
        When the file cannot be read, or holds no result of cellfill.
    UsageError
        When ``model`` is not the one that made any of them.
    """
    records = _records(source_of(result))
    if not records:
        raise DataError(
            f"{result} holds no result of cellfill: neither uns[{_STEM!r}] nor a {SIDE_ENDINGS[0]} beside it. Name "
            "a file that cellfill wrote."
        )
    given = None if model is None else show(model, offline=True)
    if given is not None and not any(_made(given, record) for record in records):
        raise UsageError(f"{model} is not the model that made {result}, or another version of it.")
    try:
        return tuple(_citation(record, _model_of(record, given)) for record in records)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"{result} has a record of cellfill that is not whole ({type(error).__name__}: {str(error)[:80]}): "
            "somebody, or an earlier version, wrote another. Run the command again that made it."
        ) from error


def _records(source: Source) -> list[Mapping[str, Any]]:
    """Return the records of the results that a file has, imputing last."""
    if isinstance(source, Path) and (beside := _beside(source)) is not None:
        return [beside] if _is_record(beside) else []
    dataset = open_dataset(source)
    try:
        uns = dict(dataset.rest().uns)
    finally:
        dataset.close()
    names = sorted((name for name in uns if str(name).startswith(_STEM)), reverse=True)
    return [uns[name] for name in names if _is_record(uns[name])]


def _beside(path: Path) -> Any:
    """Return what the file says that is a record by its name, within a folder or beside a table; None for none."""
    if not path.exists():
        raise DataNotFoundError(f"No result at {path}: there is no such file.")
    beside = path if path.name.endswith(SIDE_ENDINGS[0]) else path.with_name(path.name + SIDE_ENDINGS[0])
    for file in (path / RECORD_WITHIN, beside):
        if file.is_file():
            try:
                return json.loads(read_regular(file, bound=_MOST_BYTES))
            except (OSError, ValueError) as error:
                raise DataError(f"{file} cannot be read as the record of a result: {error}.") from error
    return None


def _is_record(found: object) -> bool:
    return isinstance(found, Mapping) and {"cellfill_version", "model", "model_sha256", "check"} <= set(found)


def _model_of(record: Mapping[str, Any], given: Shown | None) -> Shown | None:
    """Return the model that made a result, where it is at hand."""
    if given is not None and _made(given, record):
        return given
    try:
        at = f"{record['repo']}@{record['commit']}" if record.get("commit") else str(record["model"])
        found = show(at, offline=True)
    except CellfillError:
        return None
    return found if _made(found, record) else None


def _made(shown: Shown, record: Mapping[str, Any]) -> bool:
    """Return whether a model is the one of a record, to the byte."""
    manifest = hashlib.sha256((shown.place.folder / MANIFEST).read_bytes()).hexdigest()
    return manifest == record.get("manifest_sha256")


def _citation(record: Mapping[str, Any], shown: Shown | None) -> Citation:
    text = {name: str(record.get(name, "")) for name in ("model", "cellfill_version", "repo", "commit")}
    return Citation(
        task=task_of(record),
        methods=methods(record, shown),
        references=() if shown is None else _references(shown.card),
        manifest_sha256=str(record.get("manifest_sha256", "")),
        verdict=str(record["check"]["verdict"]),
        **text,
    )


def _references(card: str) -> tuple[str, ...]:
    """Return what a card says is to be cited beside the model, a line each."""
    items: list[str] = []
    for line in parts_of(card).get(CITATION, "").splitlines():
        text = line.strip()
        if text.startswith("- "):
            items.append(text.removeprefix("- "))
        elif text and items:
            items[-1] += f" {text}"
    return tuple(item for item in items if not item.startswith("The model:") and not item.endswith(":"))
