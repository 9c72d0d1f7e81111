"""Connections that end at any byte of any answer: a right result or one line, a right cache, and a second try.

Each case is a repository of its own, and all are pulled at once: huggingface_hub waits a second after every cut.
"""

import json
import random
from importlib.metadata import version

import pytest

from cellfill.bundle.files import ALWAYS
from conftest import MODEL, ROOT
from hub.loopback import Fault
from hub.small import write_small

PIECE = 1 << 16
HUB_PIECE = 10 << 20  # huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE
HEADER = 60  # somewhere within the headers of an answer
draw = random.Random(5)
goes_on = pytest.mark.skipif(version("huggingface_hub") < "2", reason="older ones end at a cut")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The folder of a bundle of some pieces."""
    return write_small(ROOT / "model_cards" / "mouse-pancreas-e15", tmp_path_factory.mktemp("tiny") / "mouse")


def of_file(repo, name):
    """What the request of a file's bytes looks like."""
    return f"GET /cdn/{repo}/" if name.endswith(".onnx") else f"GET /{repo}/resolve/.*/{name}"


def places(size):
    """Where to cut so many bytes: at both ends, around every end of a piece that differs, and anywhere."""
    last = (size - 1) // PIECE * PIECE
    edges = {0, 1, PIECE - 1, PIECE, PIECE + 1, last - 1, last, last + 1, size // 2, size - 1}
    return sorted({at for at in edges | {draw.randrange(size) for _ in range(4)} if 0 <= at < size})


def cases(folder):
    """Yield what goes wrong: given the name of a repository, its faults."""
    for name in ALWAYS:
        size = (folder / name).stat().st_size
        for at in places(size):
            yield lambda repo, name=name, at=at: [Fault("cut", of_file(repo, name), at=at, times=1)]
        for at in (0, 1, HEADER):
            yield lambda repo, name=name, at=at: [Fault("hangup", of_file(repo, name), at=at, times=1)]
            yield lambda repo, name=name, at=at: [
                Fault("hangup", f"HEAD /{repo}/resolve/.*/{name}", at=at, times=1)
            ]
        if size > 2 * PIECE:  # the answer that goes on is cut, too
            yield lambda repo, name=name, size=size: [
                Fault("cut", of_file(repo, name), at=PIECE + 5, times=1),
                Fault("cut", of_file(repo, name), at=0, times=1),
                Fault("cut", of_file(repo, name), at=size - 2 * PIECE + 1, times=1),
            ]
    for at in (0, 1, HEADER):
        yield lambda repo, at=at: [Fault("hangup", f"/api/models/{repo}/", at=at, times=1)]
    for at in (0, 1, 100, -2, -1):  # from the end, too
        yield lambda repo, at=at: [Fault("cut", f"/api/models/{repo}/", at=at, times=1)]


def pull_all(hub, desk, folder, makers, piece):
    """Publish a folder as often as there are cases, pull all; return the tries of each."""
    repos = [f"lab/cut-{number}" for number in range(len(makers))]
    commits = [hub.put(repo, folder) for repo in repos]
    hub.faults = [fault for repo, make in zip(repos, makers, strict=True) for fault in make(repo)]
    code = (
        f"import json, sys; sys.path.insert(0, {str(ROOT / 'tests')!r}); from hub.many import pull_all\n"
        f"print(json.dumps(pull_all({json.dumps(repos)}, piece={piece})))"
    )
    results = desk.python(code)
    assert not [fault for fault in hub.faults if fault.times > 0]  # every one was met
    return repos, commits, results


def test_a_cut_anywhere_ends_in_a_right_result_or_one_line_and_a_second_try_succeeds(hub, desk, tiny):
    makers = list(cases(tiny))
    assert len(makers) > 70
    repos, commits, results = pull_all(hub, desk, tiny, makers, PIECE)
    for repo, make, commit, tries in zip(repos, makers, commits, results, strict=True):
        *failures, success, again = tries
        assert success == again == ["", [commit]], repo
        assert len(failures) <= len(make(repo))
        for said, whole in failures:
            assert said.startswith("HubUnreachableError: The Hub cannot be reached for "), (repo, said)
            assert repo in said
            assert "\n" not in said
            assert whole == []
        assert failures or "/api/" not in make(repo)[0].on  # what a revision names is asked once
        got = desk.home / "hub" / f"models--{repo.replace('/', '--')}" / "snapshots" / commit
        assert {p.name: p.read_bytes() for p in got.iterdir()} == {p.name: p.read_bytes() for p in tiny.iterdir()}
    failed = sum(bool(tries[0][0]) for tries in results)
    print(f"{len(makers)} cuts, {failed} of them ended the first try; {len(hub.ranges)} answers went on midway")
    assert failed > 0
    assert failed < len(makers) or version("huggingface_hub") < "2"  # older ones leave going on to the next try


@goes_on
def test_a_download_goes_on_where_the_last_whole_piece_ended(hub, desk, tiny):
    size = (tiny / "model.onnx").stat().st_size
    cuts = (PIECE - 1, PIECE, 3 * PIECE + 7, size - 1)
    makers = [lambda repo, at=at: [Fault("cut", of_file(repo, "model.onnx"), at=at, times=1)] for at in cuts]
    repos, commits, results = pull_all(hub, desk, tiny, makers, PIECE)
    assert [tries[0] for tries in results] == [["", [commit]] for commit in commits]
    started = {repo: [start for path, start in hub.ranges if f"/{repo}/" in path] for repo in repos}
    wanted = [at // PIECE * PIECE for at in cuts]
    assert list(started.values()) == [[start] if start else [] for start in wanted]


@goes_on
def test_a_shipped_model_that_is_cut_around_huggingface_hub_s_own_piece(hub, desk):
    cuts = (HUB_PIECE - 1, HUB_PIECE, HUB_PIECE + 1)
    makers = [lambda repo, at=at: [Fault("cut", of_file(repo, "model.onnx"), at=at, times=1)] for at in cuts]
    _, commits, results = pull_all(hub, desk, MODEL, makers, None)
    assert [tries[0] for tries in results] == [["", [commit]] for commit in commits]
    assert sorted(start for _, start in hub.ranges) == [HUB_PIECE, HUB_PIECE]
