"""A Hub on loopback, a small bundle, and commands in processes of their own that know no other Hub."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys

import pytest

from cellfill.bundle import read_bundle, write_bundle
from conftest import MODEL, ROOT
from hub.loopback import TOKEN, Hub
from hub.small import write_small
from hub.worker import Worker

REPO = "lab/human-pbmc"


@pytest.fixture(scope="session")
def _office(tmp_path_factory):
    """One Hub, one computer: processes that know them serve every test."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "aliases.json").write_text(json.dumps({"human-pbmc": REPO}))
    desk = Desk(Hub(), folder / "home", folder / "aliases.json")
    yield desk
    for worker in desk.workers.values():
        worker.close()
    desk.hub.close()


@pytest.fixture
def hub(_office):
    """A Hub without any model."""
    _office.hub.reset()
    return _office.hub


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """The folder of a bundle of two sub-networks."""
    return write_small(MODEL, tmp_path_factory.mktemp("small") / "human-pbmc")


@pytest.fixture
def changed(small, tmp_path):
    """The folder of the same model with another card: another commit."""
    bundle = read_bundle(small)
    folder = tmp_path / "changed" / "human-pbmc"
    write_bundle(dataclasses.replace(bundle, card=bundle.card + "\nMore.\n"), folder)
    return folder


@dataclasses.dataclass
class Desk:
    """A person at a computer: a home of their own, one Hub."""

    hub: Hub
    home: object
    aliases: object
    workers: dict = dataclasses.field(default_factory=dict)

    def environment(self, *, token=None, **more):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING", "CELLFILL_"))}
        mine = {"HF_ENDPOINT": self.hub.url, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(self.home)}
        mine |= {"CELLFILL_ALIASES": str(self.aliases)} | ({"HF_TOKEN": token} if token else {})
        return kept | mine | more

    def command(self, *arguments):
        return [sys.executable, "-m", "cellfill.cli", *map(str, arguments)]

    def run(self, *arguments, **environment):
        """Run a cellfill command, in a process that may have run others."""
        return self._worker(environment).run("", *arguments)

    def upload(self, bundle, *arguments, repo=REPO, token=TOKEN, **environment):
        """Publish a bundle, likewise."""
        return self.run("publish", bundle, "--repo", repo, *arguments, token=token, **environment)

    def upload_by_script(self, bundle, *arguments, repo=REPO, token=TOKEN):
        """Publish a bundle by the script in the root of the repository."""
        worker = self._worker({"token": token})
        return worker.run(ROOT / "hub_upload.py", bundle, "--repo", repo, *arguments)

    def _worker(self, environment):
        key = json.dumps(environment, sort_keys=True)
        if key not in self.workers:
            self.workers[key] = Worker(self.environment(**environment), self.aliases.parent)
        return self.workers[key]

    def run_alone(self, *arguments, **environment):
        """Run a cellfill command in a process of its own."""
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=self.environment(**environment),
            cwd=self.aliases.parent,
        )

    def json(self, *arguments, **environment):
        done = self.run(*arguments, "--json", **environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def python(self, code, **environment):
        """Run a piece of Python; return what it prints, as JSON."""
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=False,
            env=self.environment(**environment),
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    @property
    def cache(self):
        return self.home / "hub" / f"models--{REPO.replace('/', '--')}"


@pytest.fixture
def desk(hub, _office):
    """A computer with an empty cache, on which the alias ``human-pbmc`` means ``lab/human-pbmc``."""
    shutil.rmtree(_office.home, ignore_errors=True)
    return _office
