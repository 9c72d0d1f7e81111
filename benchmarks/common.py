"""What the benchmarks share: a table, and the line that says where it was measured."""

from __future__ import annotations

import datetime
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

# Named in a result's first line, as far as they are there: what needs no TensorFlow is measured without it, too.
_PACKAGES = ("cellfill", "numpy", "onnxruntime", "onnxruntime-gpu", "tensorflow", "tensorflow-cpu")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def need(*modules: str) -> None:
    """End, before any work, where what a benchmark imports or starts later is not installed."""
    absent = [name for name in modules if find_spec(name) is None]
    if absent:
        raise SystemExit(
            f"This benchmark needs {', '.join(absent)}, not found by {sys.executable}. `make test` installs all "
            "that the benchmarks need into .venv: run it with .venv/bin/python."
        )


def installed(package: str) -> str:
    """Return a package's version, empty where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def circumstances() -> str:
    """Return the date, the hardware and the versions, for a result's first line."""
    packages = ", ".join(f"{p} {v}" for p in _PACKAGES if (v := installed(p)))
    return (
        f"Measured {datetime.datetime.now(datetime.UTC).date()}; {os.cpu_count()} CPU cores "
        f"({platform.machine()}), {gpu()}; Python {platform.python_version()}, {packages}."
    )


def gpu() -> str:
    """Return the names of the GPUs that the driver knows, and whether ONNX Runtime can use them."""
    if shutil.which("nvidia-smi") is None:
        return "no GPU"
    asked = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    names = "; ".join(line.strip() for line in said.splitlines() if line.strip())
    if not names:
        return "no GPU that the driver answers for"
    from cellfill.network.devices import import_onnxruntime

    used = "CUDAExecutionProvider" in import_onnxruntime().get_available_providers()
    return f"GPU {names}" + ("" if used else " (not used: this ONNX Runtime was built without CUDA)")


def keep(path: Path, command: str, body: str) -> None:
    """Print a result, and keep it in a file beside the script that measured it."""
    text = f"{circumstances()}\n\nCommand: `{command}`\n\n{body}\n"
    print(text)
    path.write_text(text)
