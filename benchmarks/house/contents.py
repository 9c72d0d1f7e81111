"""Compare two folders by bytes, and by what is inside where bytes need not repeat."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SAME, CONTENT, DIFFERENT = "same", "content same", "DIFFERENT"
_BUT_SECONDS = "but for seconds"
# How long a run took, or still takes, as it is said to a person and in a table of losses.
_SECONDS = re.compile(rb"(?m)^seconds .*$|\b(\d+ to )?\d+(\.\d+)? (s|min|h)\b|(?<=\d)\t\d+\.\d\d$")


def compare(before: Path, after: Path) -> tuple[str, str]:
    """Return a verdict on two folders, and the files that are not the same bytes with the reason."""
    sides = [{str(p.relative_to(side)): p for p in side.rglob("*") if p.is_file()} for side in (before, after)]
    one_sided = sorted(sides[0].keys() ^ sides[1].keys())
    if one_sided or not sides[0]:
        return DIFFERENT, "written by one alone: " + ", ".join(one_sided[:5])
    verdict, remarks = SAME, dict[str, list[str]]()
    for name in sorted(sides[0]):
        one, other = sides[0][name], sides[1][name]
        if one.read_bytes() == other.read_bytes():
            continue
        inside, way = _reading(name)
        differs = next(_differences(inside(one), inside(other)), None)
        if differs is not None:
            return DIFFERENT, f"{name}: {differs}"
        verdict = verdict if way == _BUT_SECONDS else CONTENT
        remarks.setdefault(way, []).append(name)
    return verdict, "; ".join(f"{', '.join(names)}: {way}" for way, names in remarks.items())


def _reading(name: str) -> tuple[Callable[[Path], Any], str]:
    """Return how a file's content is read, and what is then not compared."""
    if name.endswith((".h5ad", ".h5")):
        return _hdf5, "every dataset and attribute, not HDF5's own bytes"
    if name.endswith(".gz"):
        return lambda path: gzip.decompress(path.read_bytes()), "unpacked, not gzip's header"
    if name.endswith((".txt", ".json", ".tsv")):
        return _text, _BUT_SECONDS
    return Path.read_bytes, ""


def _hdf5(path: Path) -> dict[str, Any]:
    """Return every dataset, with its kind, shape and storage, and every attribute of a file."""
    import h5py
    import numpy as np

    found: dict[str, Any] = {}

    def value(of: Any) -> Any:
        array = np.asarray(of)
        return str(array.dtype), array.shape, array.tolist() if array.dtype.hasobject else array.tobytes()

    def visit(name: str, item: Any) -> None:
        found[name] = type(item).__name__
        if isinstance(item, h5py.Dataset):
            found[f"{name} values"] = value(item[()])
            found[f"{name} storage"] = (item.chunks, item.compression, item.compression_opts, item.maxshape)
        for key, attribute in item.attrs.items():
            found[f"{name} @{key}"] = value(attribute)

    with h5py.File(path) as file:
        visit("/", file)
        file.visititems(visit)
    return found


def _text(path: Path) -> Any:
    """Return a text without its seconds, as an object where it is JSON."""
    content = path.read_bytes()
    try:
        return _without_seconds(json.loads(content))
    except ValueError:
        return _SECONDS.sub(b"", content)


def _without_seconds(of: Any) -> Any:
    if isinstance(of, dict):
        # Order counts: it is what a reader of the file sees.
        return [(key, _without_seconds(value)) for key, value in of.items() if key != "seconds"]
    return [_without_seconds(value) for value in of] if isinstance(of, list) else of


def _differences(one: Any, other: Any) -> Iterator[str]:
    """Name what is in one alone, or is not the same."""
    if isinstance(one, dict):
        yield from (f"{key} is in one alone" for key in sorted(one.keys() ^ other.keys()))
        yield from (f"{key} differs" for key in sorted(one.keys() & other.keys()) if one[key] != other[key])
    elif one != other:
        at = next(
            (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
        )
        yield f"from {at} on: {_excerpt(one, at)} / {_excerpt(other, at)}"


def _excerpt(of: Any, at: int) -> str:
    shown = of[max(0, at - 30) : at + 30] if isinstance(of, bytes) else of[at : at + 1]
    return repr(shown)[:120].replace("|", r"\|")
