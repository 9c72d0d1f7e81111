"""One who listens to what work is at, and keeps it."""

from __future__ import annotations


class Heard:
    """Keeps what it is told: the phases that began, how much of each was done when it ended, and remarks."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[tuple[str, float | None, float]] = []
        self.remarks: list[str] = []
        self._open: list[list] = []

    def begin(self, name: str, total: float | None, _unit: str, worth: float, /) -> None:
        self.begun.append(name)
        self._open.append([name, total, 0.0, worth])

    def move(self, done: float, /) -> None:
        self._open[-1][2] = done

    def end(self) -> None:
        name, total, done, worth = self._open.pop()
        self.ended.append((name, total, done))
        if self._open and worth:
            self._open[-1][2] += worth

    def remark(self, text: str, /) -> None:
        self.remarks.append(text)

    @property
    def whole(self) -> bool:
        """Whether every phase is over, and of every one that is counted all was done."""
        return not self._open and all(total is None or abs(done - total) < 1e-9 for _, total, done in self.ended)
