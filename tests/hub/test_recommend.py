"""Which model to use, of those that a Hub has: little is fetched, and a Hub that does not answer stops nothing."""

import json

import pytest

from conftest import EXAMPLE, ROOT
from hub.conftest import REPO
from hub.loopback import Fault
from hub.small import write_small

LINES, MOUSE = "lab/cell-lines", "other/mouse"


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    folder = tmp_path_factory.mktemp("catalogue")
    names = {"cell-lines": "human-lung-cell-lines", "mouse": "mouse-pancreas-e15"}
    return {n: write_small(ROOT / "model_cards" / model, folder / n, name=n) for n, model in names.items()}


@pytest.fixture
def three(hub, small, catalogue):
    """Models of PBMC (which has an alias), of lung lines, and of mouse cells by somebody else."""
    hub.put(REPO, small)
    hub.put(LINES, catalogue["cell-lines"])
    hub.put(MOUSE, catalogue["mouse"])


def recommend(desk, *arguments, code=0, **environment):
    done = desk.run("recommend", EXAMPLE, "--json", *arguments, **environment)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def fetched(hub, repo):
    return {request.rsplit("/", 1)[1] for request in hub.asked(f"/{repo}/resolve/")}


def test_graphs_are_fetched_of_the_best_only(hub, desk, three):
    found = recommend(desk, "--most", "1")
    assert found["best"] == "human-pbmc"
    assert fetched(hub, REPO) == {"manifest.json", "genes.tsv", "model.onnx", "README.md"}
    assert fetched(hub, LINES) == {"manifest.json", "genes.tsv"}
    assert fetched(hub, MOUSE) == {"manifest.json"}
    stages = {r["model"]: r["stage"] for r in found["ranks"]}
    assert stages["human-pbmc"] == "measured"
    assert stages[LINES] == "screened"
    assert stages[MOUSE] == "ruled out"
    assert stages["mouse-pancreas-e15"] == "not read"  # an alias of what this Hub does not have


def test_what_is_here_is_ranked_where_the_hub_does_not_answer(hub, desk, three):
    assert desk.run("pull", "human-pbmc").returncode == 0
    hub.close()
    found = recommend(desk)
    assert found["best"] == "human-pbmc"
    assert [r["model"] for r in found["ranks"]] == ["human-pbmc"]
    assert "cannot be reached" in found["notes"][0]


def test_offline_asks_nothing(hub, desk, three, small):
    commit = hub.put("lab/other-pbmc", small)
    for model in ("human-pbmc", f"lab/other-pbmc@{commit}"):
        assert desk.run("pull", model).returncode == 0
    asked = len(hub.requests)
    found = recommend(desk, "--offline")
    assert found == recommend(desk, HF_HUB_OFFLINE="1")
    assert len(hub.requests) == asked
    assert {r["model"] for r in found["ranks"]} == {"human-pbmc", f"lab/other-pbmc@{commit}"}
    assert {r["stage"] for r in found["ranks"]} == {"measured"}


def test_nothing_can_be_had(hub, desk):
    assert "no model that imputes could be reached" in recommend(desk, "--offline", code=7)["conclusion"]
    hub.close()
    assert recommend(desk, code=7)["ranks"] == []
    mistyped = recommend(desk, "--hub", "model_card", code=7)
    assert "no folder 'model_card'" in mistyped["notes"][0]


def test_an_organisation_s_models_only(hub, desk, three):
    assert {r["model"] for r in recommend(desk, "--hub", "lab")["ranks"]} == {"human-pbmc", LINES}
    assert [r["model"] for r in recommend(desk, "--hub", "other", code=9)["ranks"]] == [MOUSE]
    none = recommend(desk, "--hub", "nobody", code=7)
    assert none["ranks"] == []
    assert "no folder 'nobody'" in none["notes"][0]


def test_a_gene_index_that_arrives_damaged_is_not_used(hub, desk, three):
    hub.faults.append(Fault("corrupt", f"GET /{REPO}/resolve/.*genes.tsv", at=1000))
    found = recommend(desk, code=9)
    (pbmc,) = [r for r in found["ranks"] if r["model"] == "human-pbmc"]
    assert pbmc["stage"] == "not read"
    assert "genes.tsv" in pbmc["reasons"][0]
    assert "model.onnx" not in fetched(hub, REPO)
