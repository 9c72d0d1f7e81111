"""How much the Hub may say and how long it may take, of one call into huggingface_hub."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cellfill.errors import CellfillError, HubError, HubUnreachableError

ANSWER_SECONDS = 60.0  # that all requests of one question may take
ANSWER_BYTES = 16 << 20  # that they may bring; the facts of a commit of 100,000 files
REQUESTS = 200  # of one call: pages, redirects and tries
SEND_SECONDS = 3600.0  # that publishing one commit may take
# A download may take as long as it likes, as long as it goes on: so many bytes a second, over so long.
STALL_SECONDS, LEAST_SPEED = 60.0, 1000
REFUSAL_BYTES = 1 << 20  # of an answer that is no file: an error, a redirect
LONGEST_WAIT = 60  # seconds that it may ask to wait before it is asked again


@dataclass
class Bounds:
    """What one call may take, and what it has taken so far.

    Attributes
    ----------
    what
        What the Hub is asked for.
    seconds
        That it may take in all; None for a download, which must go on.
    most
        Bytes: of all answers of a question, or of the file that is downloaded.
    excess
        Makes the error of a file that has more.
    """

    what: str
    seconds: float | None
    most: int
    excess: Callable[[], CellfillError] | None = None
    requests: int = 0
    seen: int = 0
    busy: bool = False  # a request was made, and its answer has not ended
    ended: bool = False  # nobody waits for it any more
    begun: float = field(default_factory=time.monotonic)
    _since: tuple[float, int] = (0.0, 0)

    @property
    def is_file(self) -> bool:
        """Whether it downloads a file."""
        return self.excess is not None

    def ask(self) -> None:
        """Count a request.

        Raises
        ------
        HubError
            When there are too many, or too little time is left.
        """
        self.requests += 1
        if not self.busy:
            self._since = (time.monotonic(), self.seen)
        self.busy = True
        if self.requests > REQUESTS:
            raise HubError(f"The Hub's answer for {self.what} does not end after {REQUESTS} requests: given up.")
        self.check_time()

    def take(self, size: int, *, so_far: int, is_content: bool) -> None:
        """Count bytes that came in.

        Parameters
        ----------
        size
            Bytes.
        so_far
            Bytes of the same answer, these included.
        is_content
            Whether the answer is what was asked for, no error and no redirect.

        Raises
        ------
        CellfillError
            When there are too many, or too little time is left.
        """
        self.seen += size
        self.check_time()
        most = self.most if is_content or not self.is_file else REFUSAL_BYTES
        if (so_far if self.is_file else self.seen) <= most:
            return
        if self.excess is not None and is_content:
            raise self.excess()
        raise HubError(
            f"The Hub's answer for {self.what} goes on after {most:,} bytes: it was not read to its end."
        )

    def check_time(self) -> None:
        """Refuse to go on for too long.

        Raises
        ------
        HubUnreachableError
            When the time is over, a download does not go on, or nobody waits any more.
        """
        if self.ended or self._is_over():
            raise self.overdue()

    def overdue(self) -> HubUnreachableError:
        """Return the error of what took too long."""
        how = f"it has not answered in {self.seconds:.0f} s" if self.seconds is not None else "it sends too slowly"
        return HubUnreachableError(f"The Hub cannot be asked for {self.what}: {how}. Try again later.")

    def _is_over(self) -> bool:
        now = time.monotonic()
        if self.seconds is not None:
            return now - self.begun > self.seconds
        begun, seen = self._since
        if not self.busy or now - begun < STALL_SECONDS:
            return False
        self._since = (now, self.seen)
        return self.seen - seen < LEAST_SPEED * STALL_SECONDS
