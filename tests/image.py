"""The image of runtime/Dockerfile, built and run: read-only, without network, as nobody, with a model mounted.

Usage: python tests/image.py [--engine PROGRAM] [--base IMAGE] [--build=OPTION]... [--run=OPTION]...

The engine is docker or podman, whichever is here and answers; where none does, that is said, and nothing is tested.
Without a registry of images give a base that is here, of Debian say:

    mmdebstrap --variant=apt --include=python3,python3-venv,ca-certificates bookworm base.tar
    podman import base.tar localhost/base
    python tests/image.py --base localhost/base --build=--isolation=chroot

An engine may be given with options of its own: --engine "podman --runtime runc".
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
TAG = "localhost/cellfill:tested"
# Who cares for the process in it: nobody, nothing that can be written to, no network.
AS_NOBODY = ("--rm", "--read-only", "--network=none")
NOWHERE = "touch /x || touch /tmp/x || touch /data/x || echo nowhere"


def engine() -> str | None:
    """Return a program that builds and runs images here."""
    for program in ("docker", "podman"):
        if (
            shutil.which(program)
            and subprocess.run([program, "info"], capture_output=True, check=False).returncode == 0
        ):
            return program
    return None


def run(*words: object) -> str:
    """Run a program; return what it prints, or end with what it says."""
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))} ended with {done.returncode}")
    return done.stdout


def main() -> None:
    """Build it, and impute in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default=engine(), help="docker, podman or a program like them")
    parser.add_argument("--base", help="the image that it is made from; by default the Dockerfile's")
    parser.add_argument("--build", action="append", default=[], help="an option more for building")
    parser.add_argument("--run", action="append", default=[], help="an option more for running")
    asked = parser.parse_args()
    if asked.engine is None:
        print("skipped: neither docker nor podman is here and answers")
        return
    program = shlex.split(asked.engine)
    base = ["--build-arg", f"BASE={asked.base}"] if asked.base else []
    started = time.perf_counter()
    run(*program, "build", *asked.build, *base, "--tag", TAG, ROOT / "runtime")
    print(f"built in {time.perf_counter() - started:.0f} s")
    tmp = ["--read-only-tmpfs=false"] if Path(program[0]).name == "podman" else []
    inside = (*program, "run", *AS_NOBODY, *tmp, *asked.run)
    assert run(*inside, TAG, "id", "-u").strip() == "65534", "it runs as somebody"
    assert run(*inside, TAG, "sh", "-c", NOWHERE).strip() == "nowhere", "something in it can be written to"
    doctor = json.loads(run(*inside, TAG, "cellfill", "doctor", "--offline", "--json"))
    assert doctor["healthy"], doctor
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        out.chmod(0o777)
        places = {ROOT / "model_cards": "/models:ro", ROOT / "examples": "/data:ro", out: "/out"}
        mounts = [f"--volume={here}:{there}" for here, there in places.items()]
        command = ("impute", "pbmc_sorted_300.h5ad", "--model", "human-pbmc", "--offline", "--output-dir", "/out")
        told = json.loads(run(*inside, *mounts, TAG, "cellfill", *command, "--require", "fits", "--json"))
        assert (told["exit_code"], told["cells"], told["check"]["verdict"]) == (0, 300, "fits"), told
        assert [path.name for path in out.iterdir()] == ["pbmc_sorted_300.h5ad"]
    bytes_ = int(run(*program, "image", "inspect", "--format", "{{.Size}}", TAG))
    print(f"1 passed: an image of {bytes_ / 1e6:,.0f} MB, its base included, imputes read-only, as nobody, offline")


if __name__ == "__main__":
    main()
