"""A download's progress bar, which shows after a while only, and which ends a download that is too long."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from typing import Any

from cellfill.errors import BundleIntegrityError
from cellfill.progress import Verbosity, heard, phase, settings

_SECONDS_BEFORE = 2.0
_SECONDS_BETWEEN = 0.5
_MB = 1e6


def too_long(what: str, bound: int) -> BundleIntegrityError:
    """Return the error of a download that goes on after its bound, in bytes."""
    return BundleIntegrityError(f"{what} goes on after {bound:,} bytes: it was not fetched to its end.")


def bounded_bar(what: str, bound: int) -> Any:
    """Return a kind of progress bar for huggingface_hub; where someone listens it tells them instead.

    Parameters
    ----------
    what
        What is downloaded; the address may hold a signature.
    bound
        The most bytes that it may have. huggingface_hub compares sizes only when all has arrived.
    """
    from huggingface_hub.utils import tqdm  # type: ignore[attr-defined]

    class Bar(tqdm):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            self.seen = 0
            self.ended = threading.Event()
            self.told = ExitStack()
            mine = {"desc": what, "delay": _SECONDS_BEFORE, "leave": False}
            if heard() or settings.verbosity == Verbosity.error:
                mine["disable"] = True
            super().__init__(*arguments, **{**options, **mine})  # type: ignore[no-untyped-call]
            size = options.get("total")
            here = phase(f"fetching {what}", total=size / _MB if size else None, unit="MB")
            self.move = self.told.enter_context(here)
            if not self.disable:
                threading.Thread(target=self._tick, daemon=True).start()

        def _tick(self) -> None:
            """Show that time passes: huggingface_hub tells of every ten megabytes only."""
            begun = time.monotonic()
            while not self.ended.wait(_SECONDS_BETWEEN):
                if time.monotonic() - begun >= _SECONDS_BEFORE:
                    self.refresh()

        def update(self, n: float | None = 1) -> bool | None:
            self.seen += int(n or 0)
            if self.seen > bound:
                raise too_long(what, bound)
            self.move(self.seen / _MB)
            return super().update(n)  # type: ignore[no-any-return]

        def close(self) -> None:
            self.ended.set()
            self.told.close()
            super().close()

    return Bar
