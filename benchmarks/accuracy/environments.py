"""One virtual environment a peer, from the versions that `requirements` pins; built when it is first needed.

The requirements are complete, so they are installed without resolving: the peers' own wishes contradict what can
still be installed (DeepImpute asks for a package that is gone, DCA for a Keras of 2021). torch comes first and with
its dependencies: where the index offers a CPU build alone, that is small; elsewhere it brings CUDA.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements"
PYTHON = (3, 11)  # the newest that TensorFlow 2.15 runs on
FIRST = {"scvi": ("torch==2.13.0",)}
_MARK = "built"


class NotInstalledError(RuntimeError):
    """A peer's environment could not be built; the message says why, in one line."""


def python_of(name: str, folder: Path) -> Path:
    """Return the Python of a peer's environment, building it where it is absent or made of other versions.

    Parameters
    ----------
    name
        A file in `requirements`, without its suffix.
    folder
        Where environments are kept.

    Raises
    ------
    NotInstalledError
        When it cannot be built.
    """
    requirements = REQUIREMENTS / f"{name}.txt"
    place = folder / name
    python, mark = place / "bin" / "python", place / _MARK
    state = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if mark.is_file() and mark.read_text() == state:
        return python
    shutil.rmtree(place, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{name}.log"
    log.unlink(missing_ok=True)
    _run(log, _interpreter(), "-m", "venv", place)
    install = (python, "-m", "pip", "install", "--disable-pip-version-check")
    for package in FIRST.get(name, ()):
        _run(log, *install, package)
    _run(log, *install, "--no-deps", "-r", requirements)
    mark.write_text(state)
    return python


def _interpreter() -> str:
    """Return a Python of the version that all peers run on."""
    if sys.version_info[:2] == PYTHON:
        return sys.executable
    name = "python{}.{}".format(*PYTHON)
    found = shutil.which(name)
    if found is None:
        raise NotInstalledError(f"there is no {name} on the PATH")
    return found


def _run(log: Path, *command: object) -> None:
    """Run a step, keeping what it says."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    with log.open("a") as kept:
        kept.write(done.stdout + done.stderr)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise NotInstalledError((errors or ["pip failed"])[-1][:200])
