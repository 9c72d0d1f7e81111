"""Faults that a Hub on loopback commits on purpose."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["cut", "hangup", "corrupt", "etag", "slow", "status", "endless", "size", "call", "say", "drip"]


@dataclass
class Fault:
    """One fault.

    Attributes
    ----------
    kind
        ``cut``: the connection ends after ``at`` bytes of the body, or so many before its end.
        ``hangup``: it ends after ``at`` bytes of the whole answer, its status and headers included.
        ``corrupt``: the byte at ``at`` is another, the length the same. ``etag``: another ETag.
        ``slow``: ``seconds`` before every piece of the body. ``endless``: a body that goes on.
        ``status``: nothing but a status. ``size``: one byte more is announced.
        ``call``: ``do`` is called, then the request is answered.
    ``say``: ``headers`` are added; another ``body``, and ``instead`` of the status, where there are such.
    ``drip``: a byte every ``seconds``, the status and the headers included.
    on
        Regular expression that "METHOD /path" must match.
    times
        How many requests it hits.
    skip
        How many requests that match are let through before.
    """

    kind: Kind
    on: str
    times: int = 1_000_000
    skip: int = 0
    at: int = 0
    seconds: float = 0.0
    status: int = 500
    code: str = ""
    do: Callable[[], Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    instead: int = 0

    def hits(self, request: str) -> bool:
        """Return whether it hits this request, and count it."""
        if not re.search(self.on, request) or self.times <= 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True
