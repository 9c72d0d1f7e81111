"""What a person should know of before a training goes on."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable


def warn(texts: Iterable[str], on_step: Callable[[str], None] | None) -> None:
    """Warn who listens to the steps; who does not, as Python warns, where the training was asked for."""
    for text in texts:
        if on_step is None:
            warnings.warn(text, stacklevel=3)
        else:
            on_step(f"WARNING {text}")
