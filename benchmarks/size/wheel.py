"""The wheel of cellfill alone: whether it passes the runtime's tests in clean environments, and its size installed.

Usage: python benchmarks/size/wheel.py [--python PATH] [--no-tests]

Builds the wheels with pip, and installs them in virtual environments made for this run: with the newest
dependencies, and with the lowest that the wheel's own metadata allow, as `tests/versions.py` does for CI.
`tests/runtime` runs in both, without TensorFlow, onnx and the package in the source tree. Sizes are those of
site-packages, without pip and setuptools; the last is the training package's, which brings TensorFlow.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import keep, table

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from versions import ALL, build, environment, prepared, tested, versions


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
        runs = []
        for which in () if arguments.no_tests else ("lowest", "newest"):
            python = prepared(which, runtime, place / which, python=arguments.python)
            runs.append([which, versions(python, shown), tested(python, ALL)[0]])
        if runs:
            body += "\n\n" + table(["dependencies", "versions", "tests/runtime"], runs)
    keep(Path(__file__).with_name("wheel.md"), "python benchmarks/size/wheel.py", body)


if __name__ == "__main__":
    main()
