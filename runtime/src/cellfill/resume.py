"""Keep finished blocks beside a result that is being made, so that a run that was cut can go on."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.errors import OutputError, UsageError
from cellfill.plan import Filled

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RUN = "run.json"


class Journal:
    """Finished blocks in a folder, one file each, written whole or not at all.

    Parameters
    ----------
    output
        The result that is being made; the folder is ``<output>.unfinished``.
    run
        What makes two runs the same: the input, the model, the settings. Plain types.

    Raises
    ------
    UsageError
        When the folder holds the work of another run.
    OutputError
        When it cannot be written to.
    """

    def __init__(self, output: Path, run: Mapping[str, Any]) -> None:
        self.folder = output.with_name(output.name + ".unfinished")
        self._run = json.dumps(run, sort_keys=True, indent=1)
        try:
            self._begin()
        except OSError as error:
            raise OutputError(f"{self.folder} cannot be written to: {error.strerror or error}.") from error
        self.kept = self._count()

    def blocks(self) -> Iterator[Filled]:
        """Yield the blocks that are kept, in order, up to one that is damaged (every file has check sums)."""
        for number in range(self.kept):
            try:
                with np.load(self._path(number), allow_pickle=False) as parts:
                    block = _unpack(parts)
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
                self.kept = number
                return
            yield block

    def keep(self, block: Filled) -> None:
        """Keep one more block."""
        scratch = self.folder / "writing.npz"
        try:
            with scratch.open("wb") as file:
                np.savez(file, **_pack(block))  # type: ignore[arg-type]
            scratch.replace(self._path(self.kept))
        except OSError as error:
            raise OutputError(f"{self.folder} cannot be written to: {error.strerror or error}.") from error
        self.kept += 1

    def remove(self) -> None:
        """Remove the folder, the result being whole."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _begin(self) -> None:
        self.folder.mkdir(exist_ok=True)
        path = self.folder / _RUN
        if path.exists():
            if path.read_text(encoding="utf-8") != self._run:
                raise UsageError(
                    f"{self.folder} holds the beginning of another run: its data, model or options differ. "
                    f"Give the options of that run, or remove it: rm -r {self.folder}"
                )
            return
        scratch = path.with_suffix(".writing")
        scratch.write_text(self._run, encoding="utf-8")
        scratch.replace(path)

    def _count(self) -> int:
        number = 0
        while self._path(number).exists():
            number += 1
        return number

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:07d}.npz"


def _pack(block: Filled) -> dict[str, NDArray[Any]]:
    numbers = {"numbers": np.array([block.zeros, block.empty, block.shallow])}
    values = block.values
    if isinstance(values, np.ndarray):
        return {"values": values, **numbers}
    shape = np.array(values.shape)
    return {"data": values.data, "indices": values.indices, "indptr": values.indptr, "shape": shape, **numbers}


def _unpack(parts: Mapping[str, NDArray[Any]]) -> Filled:
    from scipy.sparse import csr_matrix

    zeros, empty, shallow = parts["numbers"].tolist()
    values: Any
    if "values" in parts:
        values = parts["values"]
    else:
        values = csr_matrix((parts["data"], parts["indices"], parts["indptr"]), shape=tuple(parts["shape"]))
    return Filled(values=values, zeros=zeros, empty=empty, shallow=shallow)
