"""Records as JSON knows them: what is not a number is null."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def jsonable(value: Any) -> Any:
    """Return a record of plain types, numpy's scalars and arrays included; NaN and infinity become None.

    Parameters
    ----------
    value
        Mappings, sequences and scalars, as deep as they go.
    """
    if isinstance(value, Mapping):
        return {str(name): jsonable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(part) for part in value]
    if hasattr(value, "tolist"):
        return jsonable(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
