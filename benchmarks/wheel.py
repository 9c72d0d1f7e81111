"""The wheel of cellfill alone: whether it passes the runtime's tests in clean environments, and its size installed.

Usage: python benchmarks/wheel.py [--python PATH] [--no-tests]

Builds the wheels with pip, and installs them in virtual environments made for this run: with the newest
dependencies, and with the lowest that the wheel's own metadata allow (each `>=` taken as `==`, and pandas below 3,
which no anndata of that time knows). `tests/runtime` runs in both, without TensorFlow, onnx and the package in the
source tree. Sizes are those of site-packages, without pip and setuptools; the last is the training package's, which
brings TensorFlow.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import venv
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

from common import keep, table

ROOT = Path(__file__).parents[1]
TESTED = "cpu,h5ad,test"
EXTRAS = {"cpu", "h5ad", "zarr", "dask", "report", "test"}


def build(name: str, place: Path) -> Path:
    """Build the wheel of one of the two distributions."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(place), str(ROOT / name)]
    subprocess.run(command, check=True)
    return next(place.glob("*.whl"))


def lowest(wheel: Path) -> list[str]:
    """Return the lowest versions that a wheel's metadata allow, of what it needs and of the tests' extras."""
    with ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        needs = HeaderParser().parsestr(archive.read(name).decode()).get_all("Requires-Dist") or []
    floors: dict[str, tuple[int, ...]] = {}
    for need in needs:
        extra = re.search(r"extra == ['\"](\w+)", need)
        found = re.match(r"([\w.-]+)(?:\[\w+\])?.*?>=([\d.]+)", need)
        if found and (extra is None or extra[1] in EXTRAS):
            floor = tuple(map(int, found[2].split(".")))
            floors[found[1]] = max(floor, floors.get(found[1], floor))
    return [f"{name}=={'.'.join(map(str, floor))}" for name, floor in floors.items()] + ["pandas<3"]


def environment(place: Path, *needs: str, python: str) -> Path:
    """Make an environment, install what it needs, and return its Python."""
    if Path(python).resolve() == Path(sys.executable).resolve():
        venv.create(place, with_pip=True)
    else:
        subprocess.run([python, "-m", "venv", str(place)], check=True)
    own = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([str(own), "-m", "pip", "install", "--quiet", *needs], check=True)
    return own


def megabytes(python: Path) -> float:
    """Return the size of an environment's site-packages, without what a new environment has."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    place = Path(
        subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    )
    files = (p for p in place.rglob("*") if p.is_file() and not p.is_symlink())
    new = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence.pth")
    kept = (p for p in files if not p.relative_to(place).parts[0].startswith(new))
    return sum(p.stat().st_size for p in kept if "__pycache__" not in p.parts) / 1e6


def test(python: Path) -> str:
    """Run the runtime's tests in an environment, and return pytest's last line."""
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/runtime"]
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=False)
    lines = done.stdout.strip().splitlines() or ["nothing was said"]
    if done.returncode:
        print("\n".join(lines[-40:]), done.stderr[-2000:], file=sys.stderr)
    return re.sub(r" in [\d.]+s.*|,? ?\d+ warnings?", "", lines[-1].strip("= "))


def versions(python: Path, names: tuple[str, ...]) -> str:
    """Return versions of some packages in an environment."""
    code = f"from importlib.metadata import version\nprint(', '.join(n + ' ' + version(n) for n in {names!r}))"
    return subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    """Build, install, test, and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="the Python of the environments")
    parser.add_argument("--no-tests", action="store_true", help="measure sizes only")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        runtime, training = (build(name, place / name) for name in ("runtime", "training"))
        sizes = []
        for what, needs in (
            ("runtime: `cellfill[cpu]`", [f"{runtime}[cpu]"]),
            ("runtime with AnnData: `cellfill[cpu,h5ad]`", [f"{runtime}[cpu,h5ad]"]),
            ("training, with TensorFlow: `cellfill-training[cpu]`", [f"{training}[cpu]", str(runtime)]),
        ):
            python = environment(place / f"size{len(sizes)}", *needs, python=arguments.python)
            sizes.append((what, megabytes(python)))
        rows = [[what, f"{size:,.0f}", f"{size / sizes[-1][1]:.2f}"] for what, size in sizes]
        body = f"The wheel itself has {runtime.stat().st_size / 1e3:,.0f} kB.\n\n"
        body += table(["installed", "MB", "TensorFlow's = 1"], rows)
        shown = ("numpy", "scipy", "onnxruntime", "huggingface-hub", "typer", "anndata", "h5py", "zarr", "pandas")
        tested = []
        for what, pins in (("lowest", lowest(runtime)), ("newest", [])):
            if not arguments.no_tests:
                python = environment(place / what, f"{runtime}[{TESTED}]", *pins, python=arguments.python)
                tested.append([what, versions(python, shown), test(python)])
        if tested:
            body += "\n\n" + table(["dependencies", "versions", "tests/runtime"], tested)
    keep("wheel", "python benchmarks/wheel.py", body)


if __name__ == "__main__":
    main()
