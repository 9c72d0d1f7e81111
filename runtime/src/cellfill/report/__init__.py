"""One page on whether a model fits a dataset, for people to look at: no script, no network, opens from disk.

``cells`` measures what a check does not, on the check's own cells; ``labels`` and ``clusters`` are their groups,
``asked_genes`` and ``markers`` the genes that are shown, ``project`` places cells; ``section`` is what a page is
made of, ``on_*`` make its sections, ``svg`` makes pictures part of it, ``explained`` links words to the glossary,
``page`` puts it together, and ``write`` is all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cellfill.report.write import write_report

__all__ = ["write_report"]


def __getattr__(name: str) -> Any:
    """Import what makes pages only when one is made (PEP 562); --help makes none."""
    if name != "write_report":
        raise AttributeError(f"module 'cellfill.report' has no attribute {name!r}")
    from cellfill.report.write import write_report

    return write_report


def __dir__() -> list[str]:
    return sorted(__all__)
