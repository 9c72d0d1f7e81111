"""Every object of an HDF5 file, met once, group by group: HDF5's own walk recurses, and knows of no references.

An object that no link names is read all the same where an attribute refers to it, as columns of anndata 0.7 do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from cellfill.errors import DataError

MOST_DEPTH = 50  # groups within groups; writing takes some 20 calls for each
_MOST_SHARED = 8  # groups with a second name; with many, a file of a few bytes has paths without end
_ADVICE = "Write it again where it was made, without that."


class LinkOutError(Exception):
    """A link that leads to another file; its argument is the name."""


def objects(file: Any, path: Any) -> Iterator[tuple[str, Any]]:
    """Yield the name and identifier of every dataset, none of them reached by a link to another file.

    Parameters
    ----------
    file
        The opened file.
    path
        As messages name it.

    Raises
    ------
    LinkOutError
        When a link leads to another file. What it leads to is not opened.
    DataError
        When groups are nested deeper than any data, or many of them have several names.
    """
    walk = _Walk(path)
    yield from walk.below(file.id, "")
    while walk.referred:  # they may refer in turn
        _, (name, found) = walk.referred.popitem()
        yield from walk.below(found, name)


class _Walk:
    """What was met, and what was referred to."""

    def __init__(self, path: Any) -> None:
        self.referred: dict[int, tuple[str, Any]] = {}
        self._path = path
        self._met: set[int] = set()
        self._shared = 0

    def below(self, start: Any, name: str) -> Iterator[tuple[str, Any]]:
        """Yield the datasets from an object on, unless it was met."""
        from h5py import h5d, h5g, h5o

        if not isinstance(start, h5d.DatasetID | h5g.GroupID) or not self._is_new(h5o.get_info(start).addr):
            return
        self._refer(start, name)
        if isinstance(start, h5d.DatasetID):
            yield name, start
            return
        above = [(start, name, iter(self._members(start, name)))]
        while above:
            group, held_in, members = above[-1]
            member = next(members, None)
            if member is None:
                above.pop()
                continue
            info = h5o.get_info(group, member)
            is_group = info.type == h5o.TYPE_GROUP
            if info.type == h5o.TYPE_NAMED_DATATYPE:
                continue
            if not self._is_new(info.addr):
                if is_group:
                    self._share()
                continue
            opened, name = h5o.open(group, member), f"{held_in}/{_text(member)}".removeprefix("/")
            self._refer(opened, name)
            if not is_group:
                yield name, opened
            elif len(above) > MOST_DEPTH:
                raise self._refusal(f"groups are nested more than {MOST_DEPTH} deep")
            else:
                above.append((opened, name, iter(self._members(opened, name))))

    def _members(self, group: Any, name: str) -> list[bytes]:
        """Return the names of what a group holds itself; links first: some must not even be opened."""
        from h5py import h5l

        held: list[bytes] = []
        out: list[bytes] = []

        def look(member: bytes, link: Any) -> None:
            if link.type != h5l.TYPE_SOFT:
                (held if link.type == h5l.TYPE_HARD else out).append(member)

        group.links.iterate(look, info=True)
        if out:
            raise LinkOutError(f"{name}/{_text(out[0])}".removeprefix("/"))
        return held

    def _refer(self, opened: Any, name: str) -> None:
        """Remember what an object's attributes refer to."""
        import numpy as np
        from h5py import h5a, h5o, h5r, h5t

        for number in range(h5a.get_num_attrs(opened)):
            with suppress(Exception):  # what cannot be read cannot be followed
                held = h5a.open(opened, index=number)
                if held.get_type().get_class() != h5t.REFERENCE:
                    continue
                references = np.empty(held.shape, dtype=held.dtype)
                held.read(references)
                for reference in references.flat:
                    with suppress(Exception):  # it leads nowhere
                        found = h5r.dereference(reference, opened)
                        if (place := h5o.get_info(found).addr) not in self._met:
                            self.referred[place] = (f"what {name} refers to", found)

    def _is_new(self, place: int) -> bool:
        """Remember an object; return whether it was not met before."""
        before = len(self._met)
        self._met.add(place)
        return len(self._met) > before

    def _share(self) -> None:
        self._shared += 1
        if self._shared > _MOST_SHARED:
            raise self._refusal(f"more than {_MOST_SHARED} groups have a second name")

    def _refusal(self, what: str) -> DataError:
        return DataError(f"{self._path} is not read: its {what}, which no data need. {_ADVICE}")


def _text(name: bytes) -> str:
    return name.decode(errors="backslashreplace")
