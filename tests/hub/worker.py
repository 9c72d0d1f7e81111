"""A process that runs one command after another, so that a test does not pay for starting each.

huggingface_hub reads its settings when it is imported: what they are to be is the environment of the process.
"""

from __future__ import annotations

import contextlib
import io
import json
import runpy
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Done:
    """What a command said and ended with."""

    returncode: int
    stdout: str
    stderr: str


class Worker:
    """Runs commands in a process of its own, of one environment."""

    def __init__(self, environment, folder):
        self._environment = environment
        self._folder = folder
        self._process = None

    def run(self, program, *arguments):
        """Run ``cellfill`` (an empty program) or a script."""
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=self._environment,
                cwd=self._folder,
            )
        self._process.stdin.write(json.dumps([str(program), *map(str, arguments)]) + "\n")
        self._process.stdin.flush()
        return Done(*json.loads(self._process.stdout.readline()))

    def close(self):
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait(timeout=30)


def serve() -> None:
    """Run the commands that come in, and send out how each ended."""
    answers = sys.stdout
    for line in sys.stdin:
        program, *sys.argv[1:] = json.loads(line)
        said, talk = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(talk):
            code = _run(program)
        print(json.dumps([code, said.getvalue(), talk.getvalue()]), file=answers, flush=True)


def _run(program: str) -> int:
    import os

    leave, os._exit = os._exit, sys.exit  # what ends a process at once must not end this one
    try:
        sys.argv[0] = program or "cellfill"
        runpy.run_path(program, run_name="__main__") if program else _cellfill()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    finally:
        os._exit = leave
    return 0


def _cellfill() -> None:
    from cellfill.cli import main

    main()


if __name__ == "__main__":
    sys.path[:] = [path for path in sys.path if Path(path) != Path(__file__).parent]
    serve()
