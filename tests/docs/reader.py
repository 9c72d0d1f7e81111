"""Someone who types what a page says, in a fresh folder, with the installed programs and a Hub on loopback."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl

from conftest import EXAMPLE, MODEL, ROOT
from hub.loopback import TOKEN

NEEDED = ("examples", "training/recipes")
# What would change the environment that the tests run in.
NEVER = {"pip", "make", "hf", "git", "conda", "apt"}
# What a page calls the reader's own files.
OWN_FILES = {"cells.h5ad": EXAMPLE}
_PYTHON = Path(__file__).with_name("python_page.py")
# What work is at: a log has such lines where the machine is slow.
_PROGRESS = re.compile(r"^\[\d+ s\] .*\n", re.M)


class Reader:
    """Runs blocks one after another: variables of the shell, the folder and Python's names last for a page."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.folder = str(folder / "clone")
        for place in NEEDED:
            copy = shutil.copytree if (ROOT / place).is_dir() else shutil.copy
            (target := folder / "clone" / place).parent.mkdir(parents=True, exist_ok=True)
            copy(ROOT / place, target)
        for model in (MODEL, MODEL.with_name("human-pbmc-types")):
            shutil.copytree(model, folder / "clone" / "model_cards" / model.name)
        for place, data in OWN_FILES.items():
            shutil.copy(data, folder / "clone" / place)
        (folder / "home").mkdir()
        self._state = folder / "environment"
        self._python: subprocess.Popen[str] | None = None
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING", "CELLFILL_"))}
        self.environment = kept | {
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(folder / "hub"),
            "HF_HUB_DISABLE_XET": "1",
            "HF_TOKEN": TOKEN,
            "HOME": str(folder / "home"),
            "MPLBACKEND": "agg",
            "MPLCONFIGDIR": mpl.get_configdir(),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }

    def run(self, language: str, text: str) -> str:
        """Run a block; return what it said, or raise `AssertionError` with it."""
        return {"bash": self._run_shell, "python": self._run_python, "json": self._read_json}[language](text)

    def close(self) -> None:
        if self._python is not None:
            self._python.communicate()

    def _run_shell(self, text: str) -> str:
        begins = {line.split()[0] for line in text.splitlines() if line.strip()}
        assert not begins & NEVER, f"{begins & NEVER} is never run here: say why in a comment"
        done = subprocess.run(
            ["bash", "-c", f"set -e\n{text}\n{{ pwd; env -0; }} > '{self._state}'"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"ended with {done.returncode}:\n{done.stdout}"
        said = _PROGRESS.sub("", done.stdout)
        self.folder, variables = self._state.read_text().split("\n", 1)
        self.environment = dict(line.split("=", 1) for line in variables.split("\0") if line)
        return said

    def _run_python(self, text: str) -> str:
        if self._python is None:
            self._python = subprocess.Popen(
                [sys.executable, str(_PYTHON)],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._python.stdin is not None
        assert self._python.stdout is not None
        self._python.stdin.write(json.dumps(text) + "\n")
        self._python.stdin.flush()
        failed, said = json.loads(self._python.stdout.readline())
        assert not failed, said
        return said

    def _read_json(self, text: str) -> str:
        json.loads(text)
        return ""
