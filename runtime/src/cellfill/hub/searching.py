"""Search the Hub for models of cellfill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from cellfill.bundle.card import COMMON_TAGS, FORM_TAG, PIPELINES, TAG, TASK_TAGS, tag_of
from cellfill.errors import OfflineError, UsageError
from cellfill.hub import cache
from cellfill.hub.aliases import aliases_by_repo
from cellfill.hub.asking import answer
from cellfill.hub.facts import SECONDS
from cellfill.hub.names import is_repo
from cellfill.hub.refusals import hub_errors

if TYPE_CHECKING:
    from cellfill.bundle.manifest import Task

MOST = 200
_COMMON = {*COMMON_TAGS, FORM_TAG, *PIPELINES.values()}  # these say nothing of what a model is for
_SPECIES = {
    "human": "homo-sapiens",
    "mouse": "mus-musculus",
    "rat": "rattus-norvegicus",
    "zebrafish": "danio-rerio",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One model that the Hub has.

    Attributes
    ----------
    repo
        Its repository, ``organisation/name``.
    aliases
        Its short names here.
    tags
        What its card files it under, species and tissue among them.
    downloads
        In the last 30 days.
    private
        Whether only some may read it.
    tasks
        What its card says that it can do.
    """

    repo: str
    aliases: tuple[str, ...]
    tags: tuple[str, ...]
    downloads: int
    private: bool
    tasks: tuple[Task, ...] = ()


def search(
    text: str = "",
    *,
    species: str | None = None,
    tissue: str | None = None,
    organisation: str | None = None,
    task: Task | None = None,
    limit: int = 20,
) -> tuple[Found, ...]:
    """Search the Hub for models that are tagged ``cellfill``.

    Parameters
    ----------
    text
        Part of the repository's name.
    species
        Such as ``human`` or ``Mus musculus``: a tag of the card.
    tissue
        Such as ``blood`` or ``embryonic pancreas``: a tag of the card.
    organisation
        Whose models.
    task
        What they must be able to do: a tag of the card.
    limit
        The most models that are returned, from 1 to 200.

    Raises
    ------
    UsageError
        When ``limit`` is not within its bounds, or there is no such task.
    OfflineError
        When ``HF_HUB_OFFLINE`` is set.
    HubError
        When the Hub refuses or cannot be reached.
    """
    if not 1 <= limit <= MOST:
        raise UsageError(f"limit is {limit}; it must be from 1 to {MOST}.")
    if task is not None and task not in TASK_TAGS:
        raise UsageError(f"task is {task!r}; it must be one of {', '.join(TASK_TAGS)}.")
    if cache.is_offline(offline=False):
        raise OfflineError(
            "A search asks the Hub, which HF_HUB_OFFLINE forbids. See cellfill list for what is here."
        )
    tags = [TAG, *([_species_tag(species)] if species else []), *([tag_of(tissue)] if tissue else [])]
    tags += [TASK_TAGS[task]] if task is not None else []
    short = aliases_by_repo()
    with hub_errors("a search"):
        from huggingface_hub import HfApi, constants, get_session

        def find() -> list[Any]:
            get_session().head(constants.ENDPOINT, timeout=SECONDS)  # fails at once; a search is tried for 23 s
            api = HfApi(library_name="cellfill")
            models = api.list_models(filter=tags, search=text or None, author=organisation, limit=limit)
            return [model for model in islice(models, limit) if isinstance(model.id, str) and is_repo(model.id)]

        return tuple(_found(model, short) for model in answer("a search", find))


def _found(model: Any, short: Mapping[str, tuple[str, ...]]) -> Found:
    """Take what the Hub says of a model for what it must be; its JSON may hold anything."""
    tags = model.tags if isinstance(model.tags, list) else []
    return Found(
        repo=model.id,
        aliases=short.get(model.id, ()),
        tags=tuple(tag for tag in tags if isinstance(tag, str) and tag not in _COMMON),
        downloads=model.downloads if type(model.downloads) is int else 0,
        private=bool(model.private),
        tasks=tuple(task for task, tag in TASK_TAGS.items() if tag in tags),
    )


def _species_tag(species: str) -> str:
    tag = tag_of(species)
    return _SPECIES.get(tag, tag)
