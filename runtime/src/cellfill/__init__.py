"""cellfill: impute single-cell RNA-seq counts with pre-trained models.

>>> import cellfill
>>> cellfill.impute(adata, model="model_cards/human-pbmc")  # adds adata.layers["imputed"]  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cellfill._version import __version__
from cellfill.errors import CellfillError

if TYPE_CHECKING:
    from cellfill.diagnosis import doctor
    from cellfill.model import Model, impute, load

__all__ = ["CellfillError", "Model", "__version__", "doctor", "impute", "load"]


def __getattr__(name: str) -> Any:
    """Import numpy, scipy and the rest only when they are needed (PEP 562)."""
    if name in {"Model", "impute", "load"}:
        from cellfill import model

        return getattr(model, name)
    if name == "doctor":
        from cellfill.diagnosis import doctor

        return doctor
    raise AttributeError(f"module 'cellfill' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
