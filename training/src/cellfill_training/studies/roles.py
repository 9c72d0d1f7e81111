"""Which study trains and which judges, by what a person says on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.errors import UsageError
from cellfill.text.samples import sample_of

if TYPE_CHECKING:
    from cellfill_training.studies.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Names of studies and their files."""

    training: tuple[tuple[str, Path], ...]
    held_out: tuple[tuple[str, Path], ...]


def assign_roles(data: Sequence[Path], hold_out: Sequence[str]) -> Roles:
    """Tell studies to train on from those to judge on.

    Parameters
    ----------
    data
        Files of studies.
    hold_out
        Names of some of these (the file without its suffix), or further files.

    Raises
    ------
    UsageError
        When a name is no study and no file, or nothing is left to train on.
    """
    chosen = list(dict.fromkeys(_find(data, name) for name in hold_out))
    names = _names([*data, *(path for path in chosen if path not in data)])
    training = tuple((names[path], path) for path in data if path not in chosen)
    if data and not training:
        raise UsageError("Every study is held out: there is none left to train on.")
    return Roles(training=training, held_out=tuple((names[path], path) for path in chosen))


def read_roles(
    data: Sequence[Path],
    hold_out: Sequence[str],
    *,
    layer: str | None = None,
    by: str | None = None,
    on_disk: Path | None = None,
) -> tuple[list[Study], list[Study]]:
    """Read the studies to train on, and those to judge on.

    Parameters
    ----------
    data, hold_out
        As in `assign_roles`. With ``by`` also values of that column, or file/value.
    layer
        With the raw counts; None finds them, see `read_study`.
    by
        Column of ``obs``; each of its values is then a study of its own.
    on_disk
        Folder that keeps the counts to train on; None keeps them in memory.

    Raises
    ------
    UsageError
        As `assign_roles` does.
    DataNotFoundError, DataError, CountsError
        When a file is absent, unreadable, does not hold raw counts, or has no such column.
    """
    from cellfill_training.studies.donors import read_labels, split_study
    from cellfill_training.studies.reading import read_study

    if by is None:
        roles = assign_roles(data, hold_out)
        return (
            [read_study(path, layer=layer, name=name, on_disk=on_disk) for name, path in roles.training],
            [read_study(path, layer=layer, name=name) for name, path in roles.held_out],
        )
    labels = {path: read_labels(path, by) for path in data}
    called = _names(data)
    known = {
        name
        for path in data
        for label in labels[path]
        for name in (str(label), f"{path.stem}/{label}", f"{called[path]}/{label}")
    }
    donors = known.intersection(hold_out)
    roles = assign_roles(data, [name for name in hold_out if name not in donors])
    training: list[Study] = []
    held = [read_study(path, layer=layer, name=name) for name, path in roles.held_out]
    for name, path in roles.training:
        study = read_study(path, layer=layer, name=name, on_disk=on_disk)
        for label, part in split_study(study, labels[path], by).items():
            full = f"{name}/{label}"
            judges = bool(donors & {label, full, f"{path.stem}/{label}"})
            named = replace(part, name=label if len(data) == 1 else full)
            if judges:
                held.append(replace(named, counts=part.counts[:]))  # in memory, as all that judge
            else:
                training.append(named)
    if not training:
        raise UsageError("Every study is held out: there is none left to train on.")
    return training, held


def _find(data: Sequence[Path], name: str) -> Path:
    """Return the file that a person means; a study's name goes before a file's."""
    names = _names(data)
    own = [path for path in data if name in (path.stem, str(path), names[path])] or [
        path for path in data if path.absolute() == Path(name).absolute()
    ]
    if len(own) == 1:
        return own[0]
    if own:
        raise UsageError(f"{len(own)} studies have the name {name!r}: say the file of the one to hold out.")
    if Path(name).exists():
        return Path(name)
    raise UsageError(
        f"There is no study {name!r} to hold out, and no such file; the studies are "
        f"{', '.join(dict.fromkeys(names.values()))}."
    )


def _names(paths: Sequence[Path]) -> dict[Path, str]:
    """Name studies by their files; where two files have one name, with the nearest folder that tells them apart.

    What every run of Cell Ranger calls its files and folders names no study: of
    ``s1/outs/filtered_feature_bc_matrix`` the study is ``s1``.
    """
    files = {path.absolute() for path in paths}
    own = {path: sample_of(path.absolute()) for path in paths}
    names = {path: place.stem for path, place in own.items()}
    depth = 0
    while len(set(names.values())) < len(files) and depth < max(len(path.parents) for path in files):
        names = {path: "/".join(filter(None, (_parent(own[path], depth), own[path].stem))) for path in paths}
        depth += 1
    return names


def _parent(path: Path, depth: int) -> str:
    parents = path.absolute().parents
    return parents[depth].name if depth < len(parents) else ""
