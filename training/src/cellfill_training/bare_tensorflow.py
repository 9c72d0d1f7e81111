"""TensorFlow without Keras, of which nothing here is used.

TensorFlow imports Keras where it finds one, and Keras pandas, scikit-learn and matplotlib: 136 of 666 MB and 1.2
of 3.1 CPU seconds (TensorFlow 2.21). Where there is none it goes on, and looks again when ``tf.keras`` is read:
whoever wants Keras still gets it.
"""

from __future__ import annotations

import sys
from typing import Any


def _import_tensorflow() -> Any:
    hide = "keras" not in sys.modules and "tensorflow" not in sys.modules
    if hide:
        sys.modules["keras"] = None  # type: ignore[assignment]
    try:
        import tensorflow
    finally:
        if hide:
            del sys.modules["keras"]
    return tensorflow


tf = _import_tensorflow()
