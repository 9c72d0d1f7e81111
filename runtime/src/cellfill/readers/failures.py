"""What goes wrong while reading, as errors of one line."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from cellfill.errors import DataError, MissingDependencyError
from cellfill.readers.remote import Remote, Source
from cellfill.text.reasons import failing_as

_OPEN_ELSEWHERE = (
    "Another program has it open for writing, perhaps a notebook: close it there. On a network drive that cannot "
    "lock files, set HDF5_USE_FILE_LOCKING=FALSE."
)
_DAMAGED = "It may be damaged or cut short: fetch it again."
# What libraries say where nothing is damaged, and what to do then.
_ADVICE = {
    "unable to lock file": _OPEN_ELSEWHERE,
    "already open for write": f"{_OPEN_ELSEWHERE} If none has, one was killed while it wrote: h5clear -s FILE.",
    "already open for read-only": "This program has it open already: close it first.",
    "nested too deep": "No data need that: write it again where it was made, without that part.",
    "bare numbers or text": "Name that column where it was made, and write it again from there.",
    "Permission denied": "You may not read it: see its permissions with ls -l.",
    "No read method registered": "A newer anndata may know this form: pip install --upgrade anndata.",
    "Too many open files": "This program has too many files open: close some, or raise the limit (ulimit -n).",
}


_WHOLE_FILES_ONLY = "Its server gives whole files only, no part of one: fetch it first, and give the file."
_WHO_ASKS = "Its server wants to know who asks: see docs/input.md, or fetch it first, and give the file."
# The same of what is at a URL, in small letters.
_ADVICE_AFAR = {
    "cannot seek": _WHOLE_FILES_ONLY,
    "range requests": _WHOLE_FILES_ONLY,
    "than requested": _WHOLE_FILES_ONLY,
    "credential": _WHO_ASKS,
    "forbidden": _WHO_ASKS,
    "unauthorized": _WHO_ASKS,
    "access denied": _WHO_ASKS,
}
_UNSAID_AFAR = "If the URL is right and its server answers, try again; or fetch it first, and give the file."


@contextmanager
def reading(path: Source | None, kind: str) -> Iterator[None]:
    """Turn whatever a reader raises for a damaged file into one kind of error.

    Parameters
    ----------
    path
        What is read; None for data in memory. Of what is at a URL no message says a secret, nor its cause.
    kind
        As what it is read, for the message.

    Raises
    ------
    DataError
        For every failure but want of memory and the errors of cellfill itself.
    """
    what = "The data" if path is None else str(path)
    if isinstance(path, Remote):
        with _reading_afar(path, kind):
            yield
        return
    with failing_as(lambda why: DataError(f"{what} cannot be read as {kind}: {why}. {_advice(why)}")):
        yield


@contextmanager
def _reading_afar(remote: Remote, kind: str) -> Iterator[None]:
    def failure(why: str) -> DataError:
        said = remote.cleared(why)
        return DataError(f"{remote} cannot be read as {kind}: {said}. {_advice_afar(said)}")

    try:
        with failing_as(failure):
            yield
    except DataError as error:
        raise error from None  # the cause is a library's, and may hold the whole URL


def _advice(why: str) -> str:
    """Return what to do about what a library said."""
    return next((advice for said, advice in _ADVICE.items() if said in why), _DAMAGED)


def _advice_afar(why: str) -> str:
    """Return what to do about what was said of something at a URL."""
    said = why.lower()
    return next((advice for words, advice in _ADVICE_AFAR.items() if words in said), _UNSAID_AFAR)


@contextmanager
def silence() -> Iterator[None]:
    """Keep the warnings of libraries from the user; duplicated names are reported by the alignment."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def require(module: str, *, extra: Literal["h5ad", "zarr"], purpose: str) -> Any:
    """Import a module of an extra.

    Raises
    ------
    MissingDependencyError
        When it is not installed; ``purpose`` begins the message, such as ``Reading .h5ad files``.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingDependencyError(f"{purpose} needs {module}: pip install 'cellfill[{extra}]'.") from error
