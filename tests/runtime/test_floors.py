"""What CI's lowest environment installs is what the pyproject files allow, and the Pythons agree."""

import re
import tomllib

import pytest

from conftest import ROOT
from versions import EXTRAS, lowest

PROJECTS = {name: tomllib.loads((ROOT / name / "pyproject.toml").read_text()) for name in ("runtime", "training")}
RUNTIME = PROJECTS["runtime"]["project"]
# Not for the runtime's tests: a card is needed for one, the others are the training package's tests'.
UNTESTED = {"gpu", "notebook", "docs"}


def as_metadata():
    """The runtime's requirements as a wheel has them."""
    extras = RUNTIME["optional-dependencies"].items()
    return [*RUNTIME["dependencies"], *(f"{need} ; extra == '{name}'" for name, needs in extras for need in needs)]


def floor_of(need):
    return re.match(r"([\w-]+)(?:\[[\w,]+\])?(?:>=([\d.]+))?(?:,!=[\d.*]+)*$", need).groups()


def test_every_extra_is_tested_or_known_not_to_be():
    assert set(RUNTIME["optional-dependencies"]) == EXTRAS | UNTESTED


def test_every_floor_is_what_the_lowest_environment_installs():
    pins = dict(pin.split("==") for pin in lowest(as_metadata()))
    wanted = [*RUNTIME["dependencies"]]
    wanted += [need for extra in EXTRAS for need in RUNTIME["optional-dependencies"][extra]]
    for need in wanted:
        name, floor = floor_of(need)
        if name != "cellfill":
            assert floor, f"{need} has no floor"
            assert pins.pop(name, floor) == floor
    assert not pins


def test_two_floors_of_one_package_are_refused():
    with pytest.raises(ValueError, match=r"h5py has two floors, 3\.1 and 3\.2"):
        lowest(["h5py>=3.1 ; extra == 'h5ad'", "h5py>=3.2 ; extra == 'zarr'"])
    assert lowest(["numpy>=1.26", "dask[array]>=2024.8 ; extra == 'dask'", "sphinx>=8 ; extra == 'docs'"]) == [
        "numpy==1.26",
        "dask==2024.8",
    ]


def test_the_training_package_asks_for_no_less():
    """Of what both name, so that its users do not install what the runtime's tests never ran with."""
    training = PROJECTS["training"]["project"]
    needs = [*training["dependencies"], *training["optional-dependencies"]["evaluate"]]
    ours = dict(pin.split("==") for pin in lowest(as_metadata()))
    theirs = {name: floor for name, floor in map(floor_of, needs) if name in ours}
    assert theirs
    assert theirs == {name: ours[name] for name in theirs}


def test_one_python_is_the_oldest_everywhere():
    asked = {name: project["project"]["requires-python"] for name, project in PROJECTS.items()}
    assert set(asked.values()) == {">=3.11"}
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    assert tools["ruff"]["target-version"] == "py311"
    assert tools["mypy"]["python_version"] == "3.11"
    assert "sys.version_info < (3, 11)" in (ROOT / "Makefile").read_text()


def test_a_codec_that_runs_code_is_not_installed():
    name, floor = next(
        floor_of(need) for need in RUNTIME["optional-dependencies"]["zarr"] if need.startswith("numcodecs")
    )
    assert (name, tuple(map(int, floor.split(".")))) >= ("numcodecs", (0, 16, 6))
