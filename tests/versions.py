"""The wheel of cellfill in environments of its own: with the lowest versions of what it needs, and with the newest.

Usage: python tests/versions.py [lowest] [newest] [--everything] [--python PATH]

The lowest are those that the wheel's own metadata allow, each ``>=`` taken as ``==``, on the oldest Python that is
here and that cellfill takes; the newest are on the newest Python, with what some files need beside. What reads,
writes and computes is tested in both, without TensorFlow, onnx and the package in the source tree.
With --everything it is all of `tests/runtime`.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from email.parser import HeaderParser
from pathlib import Path
from typing import Literal, TypeAlias
from zipfile import ZipFile

ROOT = Path(__file__).parents[1]
TESTED = "cpu,h5ad,test"
EXTRAS = {"cpu", "h5ad", "zarr", "remote", "dask", "report", "test"}
ALL = ("tests/runtime",)
# What depends on a library's version: files, arrays, numbers. The program's words, tables of text, what is said of
# damage, where a result is put and how a run goes on hardly do, and minutes count: --everything has them.
READ_AND_WRITTEN = (
    "tests/runtime/test_r.py::test_what_the_page_on_r_says_runs_in_r[In memory]",
    *(f"tests/runtime/test_{name}.py" for name in (
        "libraries", "encodings", "old_stores", "strange_stores", "left_out", "all_or_nothing", "round_trip",
        "readers", "nothing_is_lost", "writers", "counts", "calibrate", "size_factors", "fill", "dask",
    )),
)  # fmt: skip
# The whole suite runs with versions nearly as new: of these what reads and writes files by libraries is enough.
BY_LIBRARIES = tuple(
    f"tests/runtime/test_{name}.py"
    for name in (
        "libraries", "encodings", "strange_stores", "all_or_nothing", "round_trip", "readers", "writers", "dask",
    )
)  # fmt: skip
# No extra brings them: a filter of HDF5, text of Arrow, AnnData read lazily. Elsewhere such tests are skipped.
FOR_SOME_FILES = ["hdf5plugin", "pyarrow", "xarray"]
Which: TypeAlias = Literal["lowest", "newest"]


def build(name: str, place: Path) -> Path:
    """Build the wheel of one of the two distributions."""
    command = [sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", "-w", str(place), str(ROOT / name)]
    subprocess.run(command, check=True)
    return next(place.glob("*.whl"))


def metadata(wheel: Path) -> tuple[list[str], str]:
    """Return what a wheel needs, as its metadata say, and the Python that it asks for."""
    with ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        head = HeaderParser().parsestr(archive.read(name).decode())
    return head.get_all("Requires-Dist") or [], head["Requires-Python"]


def lowest(needs: list[str]) -> list[str]:
    """Return the lowest versions that are allowed, of what a package and the extras of its tests need.

    Parameters
    ----------
    needs
        Requirements with their markers, as metadata have them.

    Raises
    ------
    ValueError
        When two extras have different floors for one package, so that one of the two would never be tested.
    """
    floors: dict[str, str] = {}
    for need in needs:
        extra = re.search(r"extra == ['\"](\w+)", need)
        found = re.match(r"([\w.-]+)(\[\w+\])?.*?>=([\d.]+)", need)
        if found is None or (extra is not None and extra[1] not in EXTRAS):
            continue
        name, floor = found[1].lower(), found[3]
        if floors.setdefault(name, floor) != floor:
            raise ValueError(f"{name} has two floors, {floors[name]} and {floor}: one of them is never installed")
    return [f"{name}=={floor}" for name, floor in floors.items()]


def version_of(python: str) -> tuple[int, int] | None:
    """Return the version of a Python, or None for one that does not run or cannot make environments."""
    code = "import ensurepip, sys, venv; print(*sys.version_info[:2], sys.version_info.releaselevel)"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    except OSError:
        return None
    words = done.stdout.split()
    return (int(words[0]), int(words[1])) if not done.returncode and words[2:] == ["final"] else None


def pythons(oldest: tuple[int, int]) -> dict[tuple[int, int], str]:
    """Return the Pythons of this machine, by version: on the PATH, of pyenv, and the one that runs this."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    places = [sys.executable, *(shutil.which(f"python3.{minor}") or "" for minor in range(oldest[1], 20))]
    places += [str(path) for path in sorted(pyenv.glob("*/bin/python3"))]
    found: dict[tuple[int, int], str] = {}
    for place in filter(None, places):
        version = version_of(place)
        if version is not None and version >= oldest:
            found.setdefault(version, place)
    return found


def environment(place: Path, *needs: str, python: str) -> Path:
    """Make an environment, install what it needs, and return its Python."""
    if Path(python).resolve() == Path(sys.executable).resolve():
        venv.create(place, with_pip=True)
    else:
        subprocess.run([python, "-m", "venv", str(place)], check=True)
    own = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([str(own), "-m", "pip", "install", "-qq", *needs], check=True)
    return own


def tested(python: Path, tests: tuple[str, ...]) -> tuple[str, bool]:
    """Run tests in an environment; return pytest's last line, and whether all passed."""
    command = [str(python), "-m", "pytest", "-q", "-n", "auto", "-p", "no:cacheprovider", *tests]
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=False)
    lines = done.stdout.strip().splitlines() or ["nothing was said"]
    if done.returncode:
        print("\n".join(lines[-200:]), done.stderr[-2000:], file=sys.stderr)
    return re.sub(r" in [\d.]+s.*|,? ?\d+ warnings?", "", lines[-1].strip("= ")), not done.returncode


def versions(python: Path, names: tuple[str, ...]) -> str:
    """Return versions of some packages in an environment."""
    code = f"from importlib.metadata import version\nprint(', '.join(n + ' ' + version(n) for n in {names!r}))"
    return subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def prepared(which: Which, wheel: Path, place: Path, *, python: str | None = None) -> Path:
    """Make the lowest or the newest environment of a wheel, and return its Python.

    Parameters
    ----------
    which
        Of the versions and of the Python.
    wheel
        Of the runtime.
    place
        Where the environment goes.
    python
        Which Python it is made of; found if not given.
    """
    needs, asked = metadata(wheel)
    if python is None:
        parts = asked.removeprefix(">=").split(".")
        found = pythons((int(parts[0]), int(parts[1])))
        python = found[min(found) if which == "lowest" else max(found)]
        if len(found) == 1:
            print(f"There is one Python only, {python}: it is the oldest and the newest", file=sys.stderr)
    pins = lowest(needs) if which == "lowest" else FOR_SOME_FILES
    return environment(place, f"{wheel}[{TESTED}]", *pins, python=python)


def tell(which: Which, python: Path, *, everything: bool) -> bool:
    """Run the tests of an environment, say how they went, and return whether all passed."""
    began = time.monotonic()
    shown = ("numpy", "scipy", "onnxruntime", "anndata", "h5py", "zarr", "numcodecs", "pandas", "dask")
    print(f"{which}: Python {'.'.join(map(str, version_of(str(python)) or ()))}, {versions(python, shown)}")
    tests = ALL if everything else READ_AND_WRITTEN
    if which == "lowest":  # zarr 3.1.0 waits for ever after some of what these give it to open
        tests = tuple(name for name in tests if "strange_stores" not in name)
    elif not everything:
        tests = BY_LIBRARIES
    said, passed = tested(python, tests)
    print(f"{which}: {said}, {time.monotonic() - began:.0f} s", flush=True)
    return passed


def main() -> int:
    """Build, install and test; return 1 where a test failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", nargs="*", choices=["lowest", "newest", []], help="both if not given")
    parser.add_argument("--everything", action="store_true", help="all of tests/runtime")
    parser.add_argument("--python", help="the Python of the environments; found if not given")
    arguments = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory() as folder:
        wheel = build("runtime", Path(folder))
        wanted = arguments.which or ("lowest", "newest")
        # One is installed while the tests of the other run.
        with ThreadPoolExecutor() as both:
            made = {w: both.submit(prepared, w, wheel, Path(folder) / w, python=arguments.python) for w in wanted}
            for which in wanted:
                good &= tell(which, made[which].result(), everything=arguments.everything)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
