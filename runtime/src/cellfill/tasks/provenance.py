"""What the record of any task says of where a result came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cellfill._version import __version__
from cellfill.text.sentences import continued

if TYPE_CHECKING:
    from cellfill.bundle import Bundle
    from cellfill.counts.source import Source


def provenance(bundle: Bundle, source: Source, notes: Sequence[str], **named: str) -> dict[str, Any]:
    """Return the beginning of a record.

    Parameters
    ----------
    bundle
        The model.
    source
        What held the counts.
    notes
        How the file was read, where a person should know.
    **named
        What the result is called.
    """
    return {
        "cellfill_version": __version__,
        **named,
        "model": bundle.manifest.name,
        "model_sha256": bundle.manifest.files["model.onnx"].sha256,
        **(bundle.origin.record() if bundle.origin else {}),
        "counts": source.matrix.name,
        "saw": "; ".join([source.saw, *map(continued, notes)]),
    }
