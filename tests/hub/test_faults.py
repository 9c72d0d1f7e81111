"""Everything that can go wrong on the way but cuts: each fault by itself, and then what the cache holds."""

import re
import resource
import subprocess
import sys

import pytest

from hub.conftest import REPO
from hub.loopback import Fault
from hub.sound import assert_sound

GRAPH = r"GET /cdn/"


@pytest.mark.parametrize("name", ["manifest.json", "genes.tsv", "model.onnx"])
def test_a_body_of_the_right_length_that_is_corrupt_is_fetched_again_and_never_kept(hub, desk, small, name):
    commit = hub.put(REPO, small)
    on = GRAPH if name == "model.onnx" else f"GET .*/{name}"
    hub.faults = [Fault("corrupt", on, at=1000)]
    done = desk.run("pull", "human-pbmc")
    assert done.returncode == 4
    assert f"{name} of {REPO} arrived damaged, twice" in done.stderr
    assert not (desk.cache / "snapshots" / commit / name).exists()
    assert_sound(desk.cache)
    hub.faults = [Fault("corrupt", on, at=1000, times=1)]
    assert desk.run("pull", "human-pbmc").returncode == 0
    assert assert_sound(desk.cache) == [commit]


def test_a_wrong_etag_of_the_manifest_is_refused_and_of_a_file_with_a_hash_harmless(hub, desk, small):
    hub.put(REPO, small)
    hub.faults = [Fault("etag", "HEAD .*manifest.json")]
    done = desk.run("pull", "human-pbmc")
    assert done.returncode == 4
    assert "it is not the file that the Hub names" in done.stderr
    hub.faults = [Fault("etag", "HEAD .*genes.tsv")]
    assert desk.run("pull", "human-pbmc").returncode == 0
    assert desk.run("verify", "human-pbmc").returncode == 0


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (401, 7, f"The Hub refused {REPO}@main (401)"),
        (403, 7, f"The Hub refused {REPO}@main (403)"),
        (404, 7, f"The Hub refused {REPO}@main"),
        (429, 7, "it asks to wait (status 429)"),
        (500, 7, "it is in trouble (status 500)"),
    ],
)
def test_a_refusal_is_one_line_at_once_and_what_is_here_goes_on_where_the_hub_is_down(
    hub, desk, small, status, code, message
):
    commit = hub.put(REPO, small)
    hub.faults = [Fault("status", "/revision/", status=status)]
    done = desk.run("pull", "human-pbmc")
    assert done.returncode == code
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert hub.requests == [f"GET /api/models/{REPO}/revision/main"]
    hub.faults = []
    assert desk.run("pull", "human-pbmc").returncode == 0
    hub.faults = [Fault("status", "/revision/", status=status)]
    again = desk.run("pull", "human-pbmc")
    assert (again.returncode == 0) == (status >= 429)
    assert desk.run("pull", f"{REPO}@{commit}").returncode == 0


def test_a_moment_of_trouble_in_a_download_is_waited_out(hub, desk, small):
    hub.put(REPO, small)
    hub.faults = [
        Fault("status", "HEAD .*genes.tsv", status=500, times=1),
        Fault("status", GRAPH, status=429, times=1),
    ]
    assert desk.run("pull", "human-pbmc").returncode == 0
    assert_sound(desk.cache)


def test_a_download_that_does_not_end_is_ended(hub, desk, small):
    hub.put(REPO, small)
    hub.faults = [Fault("endless", GRAPH)]
    done = desk.run("pull", "human-pbmc")
    assert done.returncode == 4
    size = (small / "model.onnx").stat().st_size
    assert f"model.onnx of {REPO} goes on after {size:,} bytes" in done.stderr
    assert_sound(desk.cache)
    assert sum(p.stat().st_size for p in desk.cache.rglob("blobs/*")) < size


def test_a_repository_that_changes_between_two_requests_gives_the_commit_that_it_named_first(
    hub, desk, small, changed
):
    commit = hub.put(REPO, small)
    hub.faults = [Fault("call", "HEAD .*README.md", do=lambda: hub.put(REPO, changed), times=1)]
    assert desk.json("pull", "human-pbmc")["commit"] == commit
    assert hub.repos[REPO].head != commit
    assert assert_sound(desk.cache) == [commit]
    card = (desk.cache / "snapshots" / commit / "README.md").read_bytes()
    assert card == (small / "README.md").read_bytes()


def test_a_disk_that_is_full_is_said_and_leaves_the_cache_as_it_was(hub, desk, small):
    hub.put(REPO, small)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    done = subprocess.run(
        desk.command("pull", "human-pbmc"),
        capture_output=True,
        text=True,
        check=False,
        env=desk.environment(PYTHONDONTWRITEBYTECODE="1"),
        preexec_fn=limit,
    )
    assert done.returncode == 6, done.stderr
    assert "The Hub's cache cannot be written to: File too large" in done.stderr
    assert_sound(desk.cache)
    assert desk.run("pull", "human-pbmc").returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_slow_download_shows_a_bar_on_a_terminal(hub, desk, small):
    import os
    import pty
    import termios

    hub.put(REPO, small)

    def on_a_terminal():
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 100))
        process = subprocess.Popen(
            desk.command("pull", "human-pbmc"), stdout=theirs, stderr=theirs, env=desk.environment(TERM="xterm")
        )
        os.close(theirs)
        said = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:
                break
            if not piece:
                break
            said += piece
        os.close(ours)
        assert process.wait() == 0, said
        return re.sub(rb"\x1b\[[\d;]*\w", b"", said).decode()

    hub.faults = [Fault("slow", GRAPH, seconds=0.1)]  # 37 pieces
    assert f"pulling: fetching model.onnx of {REPO}" in on_a_terminal()
