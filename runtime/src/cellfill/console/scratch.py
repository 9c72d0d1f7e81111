"""Places for what libraries keep, that go away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_below_home() -> Iterator[None]:
    """Let matplotlib, Keras and Numba keep their files in a folder that goes away, unless a place of theirs is set.

    The first two write below HOME when they are imported, Numba where it may not write beside umap-learn. Without
    any place for temporary files they are left alone.
    """
    import shutil
    import tempfile

    places = ("MPLCONFIGDIR", "KERAS_HOME", *(() if _may_write_beside("umap") else ("NUMBA_CACHE_DIR",)))
    unset = [name for name in places if name not in os.environ]
    try:
        folder = tempfile.mkdtemp(prefix="cellfill-") if unset else ""
    except OSError:
        unset, folder = [], ""
    os.environ.update(dict.fromkeys(unset, folder))
    try:
        yield
    finally:
        for name in unset:
            os.environ.pop(name, None)
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def _may_write_beside(module: str) -> bool:
    """Return whether files can be made in the folder of a module that may be installed."""
    import importlib.util

    spec = importlib.util.find_spec(module)
    return spec is None or spec.origin is None or os.access(os.path.dirname(spec.origin), os.W_OK)  # noqa: PTH120
