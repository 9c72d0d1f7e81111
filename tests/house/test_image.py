"""What runtime/Dockerfile takes is there. `make test-image` builds and runs it."""

import re
import tomllib

from conftest import ROOT

RUNTIME = ROOT / "runtime"
DOCKERFILE = (RUNTIME / "Dockerfile").read_text()
PROJECT = tomllib.loads((RUNTIME / "pyproject.toml").read_text())


def test_the_extras_are_those_of_the_package():
    extras = dict(re.findall(r"^ARG (DEVICE|EXTRAS)=(\S+)$", DOCKERFILE, flags=re.M))
    offered = set(PROJECT["project"]["optional-dependencies"])
    assert {extras["DEVICE"], "gpu", "report", *extras["EXTRAS"].split(",")} <= offered


def test_the_wheel_finds_all_that_it_is_made_of():
    sent = {line[1:] for line in (RUNTIME / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    project = PROJECT["project"]
    (package,) = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    needed = {"pyproject.toml", project["readme"], *project["license-files"], package.split("/")[0]}
    assert needed == sent
    assert all((RUNTIME / name).exists() for name in sent)


def test_it_is_nobody_and_starts_no_program_of_its_own():
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, flags=re.M) == ["65534:65534"]
    assert "ENTRYPOINT" not in DOCKERFILE
