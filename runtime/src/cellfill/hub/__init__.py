"""Models by name: find, pull, pin, check, use offline. huggingface_hub does the asking and keeps the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cellfill.hub.catalogue import list_models
    from cellfill.hub.locate import Place
    from cellfill.hub.lockfile import lock
    from cellfill.hub.pulled import pull
    from cellfill.hub.removal import remove
    from cellfill.hub.searching import search
    from cellfill.hub.showing import show
    from cellfill.hub.verifying import verify

__all__ = ["Place", "list_models", "lock", "pull", "remove", "search", "show", "verify"]

_HOMES = {
    "Place": "locate",
    "list_models": "catalogue",
    "lock": "lockfile",
    "pull": "pulled",
    "remove": "removal",
    "search": "searching",
    "show": "showing",
    "verify": "verifying",
}


def __getattr__(name: str) -> Any:
    """Import what is needed, when it is needed (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'cellfill.hub' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"cellfill.hub.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
