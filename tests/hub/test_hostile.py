"""A Hub that means harm: names that are paths, answers without end, tokens led astray, JSON of other types."""

from __future__ import annotations

import gzip
import json
import time

import pytest

from hub.conftest import REPO
from hub.loopback import TOKEN, Fault
from hub.sound import assert_sound

INFO = f"GET /api/models/{REPO}/revision/"
UP = "../" * 8


def assert_one_line(done, code=7):
    """Assert that a command ended in one line and with a code."""
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("Error: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize("header", ["ETag", "X-Linked-ETag", "X-Repo-Commit", "X-Xet-Hash"])
@pytest.mark.parametrize("value", ["{up}{place}", "..", "{place}", "a\\b", "", "a" * 300])
def test_no_header_becomes_a_path(hub, desk, small, tmp_path, header, value):
    hub.put(REPO, small)
    victim = tmp_path / "victim"
    victim.write_text("mine")
    said = value.format(up=UP, place=victim)
    hub.faults = [Fault("say", "HEAD .*manifest.json", headers={header: said})]
    done = desk.run("pull", REPO)
    if value == "" and header != "X-Repo-Commit":
        assert done.returncode in (0, 7)
    else:
        assert_one_line(done)
        assert header in done.stderr
    assert victim.read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["victim"]
    assert_sound(desk.cache)


def test_what_the_hub_really_says_of_a_large_file_is_taken(hub, desk, small):
    """The ETag of a redirect is of its body, and beside the linked one nobody uses it."""
    hub.put(REPO, small)
    hub.faults = [Fault("say", "HEAD .*model.onnx", headers={"ETag": 'W/"465-oGh/x+1="'})]
    done = desk.run("pull", REPO)
    assert done.returncode == 0, done.stderr
    assert_sound(desk.cache)


@pytest.mark.parametrize("target", ["absolute", "relative"])
def test_an_etag_that_is_a_path_writes_nothing_outside_of_the_cache(hub, desk, small, tmp_path, target):
    hub.put(REPO, small)
    victim = desk.home / "hub" / "victim" if target == "relative" else tmp_path / "victim"
    said = "../../victim" if target == "relative" else str(victim)
    hub.faults = [Fault("say", "HEAD .*manifest.json", headers={"ETag": f'"{said}"'})]
    assert_one_line(desk.run("pull", REPO))
    assert not victim.exists()
    victim.parent.mkdir(parents=True, exist_ok=True)
    victim.write_text("mine")
    assert_one_line(desk.run("pull", REPO))
    assert victim.read_text() == "mine"
    victim.unlink()


def test_a_commit_of_a_file_that_is_not_there_is_no_path_either(hub, desk, small, tmp_path):
    hub.put(REPO, small)
    said = {"X-Repo-Commit": f"{UP}{tmp_path}/new", "X-Error-Code": "EntryNotFound"}
    hub.faults = [Fault("say", "HEAD .*manifest.json", instead=404, headers=said)]
    assert_one_line(desk.run("show", REPO))
    assert not (tmp_path / "new").exists()


BOMB = gzip.compress(b"[" + b" " * (1 << 28))
ENDLESS = b'{"id": "' + b"a" * (17 << 20)


@pytest.mark.parametrize(
    ("on", "command"),
    [(INFO, ("pull", REPO)), (INFO, ("show", REPO)), ("GET /api/models$", ("search",)), ("/refs", ("upload",))],
)
@pytest.mark.parametrize("how", ["endless", "long", "bomb"])
def test_an_answer_without_end_is_cut_off(hub, desk, small, on, command, how):
    hub.put(REPO, small)
    hub.faults = [
        {
            "endless": Fault("endless", on),
            "long": Fault("say", on, body=ENDLESS),
            "bomb": Fault("say", on, body=BOMB, headers={"Content-Encoding": "gzip"}),
        }[how]
    ]
    done = desk.upload(small) if command[0] == "upload" else desk.run(*command)
    assert_one_line(done)
    assert "goes on after 16,777,216 bytes" in done.stderr or "compressed" in done.stderr


@pytest.mark.parametrize("status", [404, 500])
def test_an_error_without_end_in_a_download_is_cut_off(hub, desk, small, status):
    hub.put(REPO, small)
    hub.faults = [Fault("endless", "GET .*manifest.json", instead=status)]
    begun = time.monotonic()
    done = desk.run("pull", REPO)
    assert done.returncode in (4, 7)
    assert time.monotonic() - begun < 60


PATCHED = """
import sys
from cellfill.hub import bounds
bounds.ANSWER_SECONDS, bounds.STALL_SECONDS, bounds.REQUESTS = {seconds}, {seconds}, 20
sys.argv = ["cellfill", *{arguments!r}]
from cellfill.cli import main
main()
"""


def run_impatient(desk, *arguments, seconds=2.0, **environment):
    """Run a command whose patience ends after some seconds, or 20 requests."""
    import subprocess
    import sys

    return subprocess.run(
        [sys.executable, "-c", PATCHED.format(arguments=list(map(str, arguments)), seconds=seconds)],
        capture_output=True,
        text=True,
        check=False,
        timeout=40,
        env=desk.environment(**environment),
    )


def test_pages_without_end_are_given_up(hub, desk, small):
    hub.put(REPO, small)
    again = f'<{hub.url}/api/models?cursor=0&limit=0>; rel="next"'
    hub.faults = [Fault("say", "GET /api/models$", body=b"[]", headers={"Link": again})]
    done = run_impatient(desk, "search", seconds=30.0)
    assert_one_line(done)
    assert "does not end after 20 requests" in done.stderr


@pytest.mark.parametrize(
    ("on", "command"),
    [
        (INFO, ("pull", REPO)),
        ("GET /api/models$", ("search",)),
        ("HEAD /$", ("search",)),
        ("HEAD .*manifest.json", ("pull", REPO)),
        ("GET .*manifest.json", ("pull", REPO)),
    ],
)
def test_a_byte_now_and_then_is_no_answer(hub, desk, small, on, command):
    hub.put(REPO, small)
    hub.faults = [Fault("drip", on, seconds=0.2)]
    begun = time.monotonic()
    done = run_impatient(desk, *command)
    assert_one_line(done)
    assert "cannot be asked" in done.stderr
    assert time.monotonic() - begun < 20
    assert_sound(desk.cache)


def test_a_download_that_is_slow_but_goes_on_is_not_given_up(hub, desk, small):
    hub.put(REPO, small)
    hub.faults = [Fault("slow", "GET /cdn/", seconds=0.07)]
    done = run_impatient(desk, "pull", REPO)
    assert done.returncode == 0, done.stderr
    assert_sound(desk.cache)


def test_a_wait_that_the_hub_asks_for_is_bounded(hub, desk, small):
    hub.put(REPO, small)
    hub.faults = [Fault("say", INFO, headers={"Retry-After": "1000000"})]
    assert desk.run("pull", REPO).returncode == 0  # of an answer that is none it means nothing
    desk.run("rm", REPO)
    hub.faults = [Fault("say", "GET /cdn/", instead=429, headers={"Retry-After": "1000000"})]
    done = desk.run("pull", REPO)
    assert_one_line(done)
    assert "asks to wait 1,000,000 s" in done.stderr


ODD = ["text", ["list"], {"a": 1}, 1.5, -1, None]


@pytest.mark.parametrize("field", ["size", "rfilename", "blobId", "lfs"])
@pytest.mark.parametrize("value", ODD)
def test_what_the_hub_says_of_a_file_may_be_any_json(hub, desk, small, field, value):
    commit = hub.put(REPO, small)
    files = [{"rfilename": p.name, "size": p.stat().st_size} for p in small.iterdir()]
    files[0][field] = value
    body = json.dumps({"id": REPO, "sha": commit, "tags": [], "siblings": files}).encode()
    hub.faults = [Fault("say", INFO, body=body)]
    done = desk.run("pull", REPO)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 4, 7)
    assert done.returncode == 0 or done.stderr.count("\n") == 1
    desk.run("rm", REPO)


@pytest.mark.parametrize("field", ["sha", "siblings", "id", "tags", "cardData", "createdAt", "downloads"])
@pytest.mark.parametrize("value", ODD)
def test_what_the_hub_says_of_a_model_may_be_any_json(hub, desk, small, field, value):
    commit = hub.put(REPO, small)
    said = {"id": REPO, "sha": commit, "tags": [], "siblings": []}
    hub.faults = [Fault("say", INFO, body=json.dumps({**said, field: value}).encode())]
    done = desk.run("pull", REPO)
    assert_one_line(done, code=4 if done.returncode == 4 else 7)
    hub.faults = [Fault("say", "GET /api/models$", body=json.dumps([{**said, field: value}]).encode())]
    found = desk.run("search")
    assert "Traceback" not in found.stderr
    assert found.returncode in (0, 7)


@pytest.mark.parametrize(
    "body", [b"", b"null", b"{}", b"[]", b"1", b'"text"', b"[1]", b"{", b"\xff", b"[" * 100_000]
)
def test_an_answer_may_be_any_json_or_none(hub, desk, small, body):
    hub.put(REPO, small)
    hub.faults = [Fault("say", INFO, body=body), Fault("say", "GET /api/models$", body=body)]
    assert_one_line(desk.run("pull", REPO))
    found = desk.run("search")
    assert "Traceback" not in found.stderr
    assert found.returncode in (0, 7)
    hub.faults = [Fault("say", "/refs", body=body)]
    done = desk.upload(small)
    assert "Traceback" not in done.stderr


ESCAPES = "\x1b[2J\x9b\u202e\u200b\ue000"


@pytest.mark.parametrize("command", [("search",), ("pull", REPO), ("show", REPO), ("list",), ("upload",)])
def test_what_the_hub_says_cannot_steer_the_terminal(hub, desk, small, command):
    hub.put(REPO, small)
    header = ESCAPES.encode().decode("latin-1").replace("\x1b", "\x9b")  # as http.server lets it through
    names = [f"lab/{ESCAPES}", ESCAPES, REPO]
    listed = json.dumps([{"id": n, "tags": [f"t{ESCAPES}\nrepository  evil", ESCAPES]} for n in names])
    said = json.dumps({"error": ESCAPES, "errors": [{"message": ESCAPES}]}).encode()
    hub.faults = [
        Fault("say", "GET /api/models$", body=listed.encode()),
        Fault(
            "say",
            "/api/models/|/resolve/",
            instead=400,
            body=said,
            headers={"X-Error-Message": header, "X-Hub-Warning": header, "X-HF-Warning": f"topic; {header}"},
        ),
    ]
    done = desk.upload(small) if command[0] == "upload" else desk.run(*command)
    said = done.stdout + done.stderr
    assert all(c.isprintable() or c == "\n" for c in said), said
    if command[0] == "search":
        assert [line.split()[0] for line in done.stdout.splitlines()] == ["repository", REPO]
        assert "t\\x1b[2J\\x9b\\u202e\\u200b\\ue000\\nrepository  evil" in done.stdout
        assert ESCAPES in json.loads(desk.run("search", "--json").stdout)[0]["tags"]


def test_the_token_goes_to_the_hub_alone(hub, desk, small):
    hub.put("lab/a", small)
    other = f"http://localhost:{hub.port}"
    hub.faults = [
        Fault("say", "GET /api/models$", headers={"Link": f'<{other}/api/models?cursor=9>; rel="next"'}, times=1)
    ]
    desk.run("search", token=TOKEN)
    assert (f"127.0.0.1:{hub.port}", f"Bearer {TOKEN}") in hub.tokens
    assert [token for host, token in hub.tokens if host.startswith("localhost")] == [None]


def test_no_token_goes_where_the_hub_says_that_a_large_file_is(hub, desk, small):
    hub.put(REPO, small)
    link = f'<http://localhost:{hub.port}/xet>; rel="xet-auth"'
    hub.faults = [Fault("say", "HEAD .*model.onnx", headers={"X-Xet-Hash": "a" * 64, "Link": link})]
    done = desk.run("pull", REPO, token=TOKEN, HF_HUB_DISABLE_XET="0")
    assert_one_line(done)
    elsewhere = [token for host, token in hub.tokens if host.startswith("localhost")]
    assert set(elsewhere) == {None}


@pytest.mark.parametrize("many", [False, True])
def test_no_token_goes_where_the_hub_says_that_files_are_to_be_sent(hub, desk, small, many):
    hub.verify, hub.all_lfs = f"http://localhost:{hub.port}/verify", many
    done = desk.upload(small)
    assert done.returncode == 0, done.stderr
    elsewhere = [token for host, token in hub.tokens if host.startswith("localhost")]
    assert len(elsewhere) == (8 if many else 2)  # each is sent, and then said to be there
    assert set(elsewhere) == {None}
