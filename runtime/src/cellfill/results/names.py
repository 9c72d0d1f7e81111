"""What results are called, and whether a dataset has room for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cellfill.errors import UsageError
from cellfill.estimates import bounds_of
from cellfill.results.ours import unchanged

if TYPE_CHECKING:
    from cellfill.results.ours import Places

BESIDE = "layers_beside"  # the entry of a record: layers besides the one that it is of

# Files have a meaning of their own for "..", ".zattrs", "_index", "__xarray__" and the like; "" is no name.
_NOT_FIRST = {"", ".", "_"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a task adds.

    Attributes
    ----------
    key
        What a person asked for: name of the layer, stem of the others.
    layers, var, obs, obsm
        What is added there.
    record
        Key of ``uns`` that gets the record.
    task
        What the record says of whose it is; one that does not say it is of imputing.
    """

    key: str
    layers: tuple[str, ...] = ()
    var: tuple[str, ...] = ()
    obs: tuple[str, ...] = ()
    obsm: tuple[str, ...] = ()
    record: str
    task: str = "impute"


def check_names(
    names: Names,
    *,
    source: str | None,
    layers: Iterable[str],
    columns: Iterable[str],
    record: object,
    cells: Iterable[str] = (),
    matrices: Iterable[str] = (),
    held: Callable[[str, str], Any] = lambda _part, _name: None,
) -> Places:
    """Refuse names that would overwrite what cellfill did not write, or what was changed since.

    Parameters
    ----------
    names
        What is to be added.
    source
        The layer of the counts, if they are in one.
    layers, columns
        Names of the layers and of the columns of var that there are.
    record
        What ``uns[names.record]`` holds; None for nothing.
    cells, matrices
        Names of the columns of obs and of the matrices of obsm that there are.
    held
        Returns one of them, by part and name; None where it cannot be read.

    Returns
    -------
    What an earlier result of the same name left in obs and obsm, and nobody changed; and its layers: they go.

    Raises
    ------
    UsageError
        When the key cannot be one, is the layer of the counts, or is taken.
    """
    key = names.key
    if not isinstance(key, str) or not key.isprintable() or {"/", "\\"} & set(key) or key[:1] in _NOT_FIRST:
        raise UsageError(
            f"key_added is {key!r}; it must be a name without a slash or backslash, and not begin with a dot or _."
        )
    if key == "X":
        raise UsageError("key_added is 'X', which as the name of a layer means adata.X: choose another.")
    if key == source:
        raise UsageError(f"key_added is the layer of the counts ({source!r}): choose another, or lose them.")
    ours = record if isinstance(record, Mapping) and "cellfill_version" in record else {}
    # As texts: a record that another program wrote may hold anything.
    task, keys = str(ours.get("task", "impute")), [str(ours.get(name, "")) for name in ("layer", "key")]
    earlier = task == names.task and key in keys  # a result of ours, which is replaced
    still = unchanged(ours, held) if earlier else frozenset()
    # A record is a dataset's, and may name any column as written: only results of this key are looked at.
    named = {("obs", name) for name in names.obs} | {("obsm", name) for name in names.obsm}
    ours_still = frozenset(place for place in still if place in named or place[1].startswith(f"{key}_"))
    # Of what a record lists, too, only what an imputation of this key can have written.
    bounds = set(_texts(ours.get(BESIDE))) & set(bounds_of(key))
    ours_layers = {*names.layers[:1], *bounds} if earlier else set()
    ours_still |= {("layers", name) for name in layers if name in ours_layers}
    there = {"layers": set(layers), "obs": set(cells), "obsm": set(matrices)}
    if not earlier:
        there = {"var": set(columns), **there}
    taken = [
        f"{part}[{name!r}]"
        for part, names_there in there.items()
        for name in getattr(names, part)
        if name in names_there and (part, name) not in ours_still
    ]
    taken += [f"uns[{names.record!r}]"] if record is not None and not earlier else []
    if taken:
        whose = "not written by cellfill"
        if earlier:
            whose += ", or changed since: by hand, or with the cells that were left out"
        elif isinstance(ours.get("task"), str) and task != names.task:
            whose = f"of another task ({task})"
        raise UsageError(
            f"The data have {' and '.join(taken)} already, {whose}. Choose another name: --key-added "
            "cellfill_result (in Python key_added=...); or take out what nobody needs: del adata.obs[...]."
        )
    return ours_still


def _texts(values: Any) -> tuple[str, ...]:
    """Return the texts of a list, however a file holds it."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        return ()
    return tuple(value for value in values if isinstance(value, str))
