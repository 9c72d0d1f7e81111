"""Short names of models: a small index that ships with cellfill, and a person's own on top of it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from cellfill.bundle.manifest import is_model_name
from cellfill.bundle.safe_file import read_regular
from cellfill.errors import UsageError
from cellfill.hub.names import is_repo, is_revision

VARIABLE = "CELLFILL_ALIASES"
_MAX_BYTES = 1 << 20
_UNPUBLISHED = "cellfill"  # the organisation whose models are not on the Hub yet


def aliases() -> Mapping[str, str]:
    """Return what each alias stands for: ``organisation/name``, or ``organisation/name@revision``.

    The index that ships names the models of this project under the organisation ``cellfill``. The JSON file that
    the environment variable ``CELLFILL_ALIASES`` names, ``{"alias": "organisation/name"}``, adds to it and goes
    before it.

    Raises
    ------
    UsageError
        When that file cannot be read, or does not hold such a table.
    """
    return {**_read(Path(__file__).with_name("aliases.json")), **own_aliases()}


def own_aliases() -> Mapping[str, str]:
    """Return a person's own part of `aliases`; errors as there."""
    own = os.environ.get(VARIABLE)
    return _read(Path(own)) if own else {}


def is_unpublished(alias: str, repo: str) -> bool:
    """Return whether an alias is of the index that ships, whose models are not on the Hub yet."""
    return bool(alias) and repo.partition("/")[0] == _UNPUBLISHED and alias not in own_aliases()


def aliases_by_repo() -> dict[str, tuple[str, ...]]:
    """Return the aliases of each repository, in alphabetical order; errors as `aliases`."""
    found: dict[str, list[str]] = {}
    for alias, target in sorted(aliases().items()):
        found.setdefault(target.partition("@")[0], []).append(alias)
    return {repo: tuple(names) for repo, names in found.items()}


def _read(path: Path) -> dict[str, str]:
    try:
        table = json.loads(read_regular(path, bound=_MAX_BYTES))
    except OSError as error:
        raise UsageError(f"{path} ({VARIABLE}) cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} ({VARIABLE}) is not JSON: {error}.") from error
    wrong = [a for a, t in table.items() if not _is_entry(a, t)] if isinstance(table, dict) else ["it"]
    if wrong:
        raise UsageError(f'{path} ({VARIABLE}) must hold {{"alias": "organisation/name"}}; {wrong[0]!r} is not so.')
    return dict(table)


def _is_entry(alias: str, target: object) -> bool:
    if not isinstance(target, str) or not is_model_name(alias):
        return False
    repo, _, revision = target.partition("@")
    return is_repo(repo) and ("@" not in target or is_revision(revision))
