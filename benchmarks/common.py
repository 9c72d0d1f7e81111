"""What the benchmarks share: a table, and the line that says where it was measured."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def circumstances() -> str:
    """Return the date, the hardware and the versions, for a result's first line."""
    packages = ", ".join(f"{p} {version(p)}" for p in ("cellfill", "numpy", "onnxruntime", "tensorflow"))
    return (
        f"Measured {datetime.datetime.now(datetime.UTC).date()}; {os.cpu_count()} CPU cores "
        f"({platform.machine()}), no GPU; Python {platform.python_version()}, {packages}."
    )


def keep(name: str, command: str, body: str) -> None:
    """Print a result, and keep it under benchmarks/results."""
    text = f"{circumstances()}\n\nCommand: `{command}`\n\n{body}\n"
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text)
