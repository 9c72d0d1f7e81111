"""Bundles that are right and hostile ones, shared with the browser's runtime: what the file says of each is so."""

import hashlib
import json

import pytest

from cellfill.bundle import read_bundle
from cellfill.bundle.outputs import keep_outputs
from cellfill.errors import CellfillError
from conftest import DATA, ROOT
from runtime.bundle_edits import apply, base_files
from runtime.bundle_facts import facts
from runtime.hostile import parts

CASES = json.loads((DATA / "cases" / "bundle.json").read_text())
NAMES = [case["name"] for case in CASES["cases"]]


def test_every_case_has_a_name_of_its_own_and_many_are_hostile():
    assert len(set(NAMES)) == len(NAMES)
    assert sum("error" in case for case in CASES["cases"]) > 300
    assert sum("facts" in case for case in CASES["cases"]) > 20


@pytest.mark.parametrize("case", CASES["cases"], ids=NAMES)
def test_what_the_file_says_of_a_bundle_is_so(case, tmp_path):
    place = parts.write(tmp_path / "model", apply(base_files(CASES, case["base"]), case))
    if "facts" in case:
        assert_alike(facts(read_bundle(place)), case["facts"])
        return
    with pytest.raises(CellfillError) as raised:
        read_bundle(place)
    message = str(raised.value).replace(str(place), "{where}")
    assert type(raised.value).__name__ == case["error"]
    if "begins" in case:
        assert message.startswith(case["begins"])
    else:
        assert message == case["says"]


@pytest.mark.parametrize("cut", CASES["cuts"], ids=lambda cut: "-".join(cut["meanings"]))
def test_a_graph_that_is_cut_is_the_one_of_the_file(cut):
    bundle = read_bundle(ROOT / "model_cards" / cut["base"])
    graph, _ = keep_outputs(bundle.graph, bundle.manifest.graph, cut["meanings"])
    assert (len(graph), hashlib.sha256(graph).hexdigest()) == (cut["bytes"], cut["sha256"])


def assert_alike(found, wanted):
    """Compare what JSON holds; sums nearly, which another numpy may add in another order."""
    if isinstance(wanted, dict):
        assert found.keys() == wanted.keys()
        for name, value in wanted.items():
            assert_alike(found[name], value)
    elif isinstance(wanted, list):
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            assert_alike(one, other)
    elif isinstance(wanted, float):
        assert found == pytest.approx(wanted, rel=1e-12)
    else:
        assert found == wanted
