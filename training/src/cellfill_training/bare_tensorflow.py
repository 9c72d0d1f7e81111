"""TensorFlow without Keras, of which nothing here is used, and without its talk.

TensorFlow imports Keras where it finds one, and Keras pandas, scikit-learn and matplotlib: 136 of 666 MB and 1.2
of 3.1 CPU seconds (TensorFlow 2.21). Where there is none it goes on, and looks again when ``tf.keras`` is read:
whoever wants Keras still gets it.

What it says of itself while it is imported goes past its own log level, and twice; TF_CPP_MIN_LOG_LEVEL=0 in the
environment shows it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep what is written to the file of stderr, but not Python's own errors, from it."""
    if os.environ.setdefault(_LEVEL, "3") == "0":
        yield
        return
    try:
        kept = os.dup(2)
    except OSError:  # a process without stderr
        yield
        return
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(sink)


def _import_tensorflow() -> Any:
    hide = "keras" not in sys.modules and "tensorflow" not in sys.modules
    if hide:
        sys.modules["keras"] = None  # type: ignore[assignment]
    try:
        with _hushed():
            import tensorflow
    finally:
        if hide:
            del sys.modules["keras"]
    return tensorflow


tf = _import_tensorflow()
