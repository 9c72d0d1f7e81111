"""Files that are none: pipes, devices and holes where a lock, a table of aliases, a ref or a token should be."""

import json
import os
import subprocess
import sys
import time

import pytest

from cellfill.hub.aliases import aliases_by_repo
from conftest import ROOT
from hub import worker
from hub.conftest import REPO

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs pipes and devices")
MODES = ("pipe", "device", "hole", "folder", "loop")


def put(path, mode):
    """Put something there that is no small file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if mode == "pipe":
        os.mkfifo(path)
    elif mode == "device":
        path.symlink_to("/dev/zero")
    elif mode == "hole":
        with path.open("wb") as file:
            file.truncate(16 << 30)
    elif mode == "folder":
        path.mkdir()
    elif mode == "nowhere":
        path.symlink_to("nowhere")
    else:
        path.symlink_to(path.name)


def run(desk, *commands, **environment):
    """Run commands one after another in one process that has little memory and little time."""
    import resource

    done = subprocess.run(
        [sys.executable, worker.__file__],
        input="".join(json.dumps(["", *map(str, command)]) + "\n" for command in commands),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env=desk.environment(**environment),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30)),
    )
    return [worker.Done(*json.loads(line)) for line in done.stdout.splitlines()]


def assert_one_line(done, code):
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("Error: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize("mode", MODES)
def test_a_lock_file_that_is_none(desk, small, tmp_path, mode):
    put(tmp_path / "x.lock", mode)
    data = ROOT / "tests" / "data" / "pbmc_donor_a_300.h5ad"
    lock = ("--lock", tmp_path / "x.lock", "--model", small)
    (done,) = run(desk, ("impute", data, "-o", tmp_path / "y.h5ad", *lock))
    assert_one_line(done, 4)
    assert "x.lock cannot be read" in done.stderr


def test_a_list_of_genes_that_is_a_hole(desk, small, tmp_path):
    put(tmp_path / "genes.txt", "hole")
    data = ROOT / "tests" / "data" / "pbmc_donor_a_300.h5ad"
    command = ("impute", data, "-o", tmp_path / "y.h5ad", "--model", small, "--genes", tmp_path / "genes.txt")
    (done,) = run(desk, command)
    assert_one_line(done, 2)


@pytest.mark.parametrize("mode", MODES)
def test_a_table_of_aliases_that_is_none(desk, tmp_path, mode):
    put(tmp_path / "aliases.json", mode)
    for done in run(desk, ("list",), ("show", "human-pbmc"), CELLFILL_ALIASES=str(tmp_path / "aliases.json")):
        assert_one_line(done, 2)


@pytest.mark.parametrize("mode", [*MODES, "nowhere"])
def test_a_ref_that_is_none(hub, desk, small, mode):
    commit = hub.put(REPO, small)
    assert desk.run("pull", REPO).returncode == 0
    ref = desk.cache / "refs" / "main"
    ref.unlink()
    put(ref, mode)
    at = f"{REPO}@{commit}"
    commands = ("list",), ("verify", REPO), ("verify", at), ("doctor", "--offline"), ("rm", at), ("rm", REPO)
    listed, unknown, known, doctor, one, all_of_it = run(desk, *commands)
    assert (listed.returncode, known.returncode, doctor.returncode) == (0, 0, 0)
    assert "Traceback" not in doctor.stderr
    assert_one_line(unknown, 7)
    if mode == "folder":  # as of a branch with a stroke in its name
        assert one.returncode == 0
    else:
        assert_one_line(one, 6)
        assert "refs/main" in one.stderr
        assert all_of_it.returncode == 0


@pytest.mark.parametrize("mode", ["pipe", "device", "folder"])
def test_a_token_file_that_is_none(hub, desk, small, tmp_path, mode):
    hub.put(REPO, small)
    put(tmp_path / "token", mode)
    more = {"HF_TOKEN_PATH": str(tmp_path / "token")}
    *asking, doctor = run(desk, ("pull", REPO), ("search",), ("doctor", "--offline"), **more)
    for done in asking:
        assert_one_line(done, 7)
        assert f"cannot be read from {tmp_path / 'token'}" in done.stderr
    assert "The token of the Hub cannot be read" in doctor.stdout
    (shown,) = run(desk, ("show", REPO), token="hf_loopback", **more)  # it is not needed then
    assert shown.returncode == 0


def test_a_token_file_that_is_no_text(hub, desk, tmp_path):
    (tmp_path / "token").write_bytes(b"hf_\xff\xfe")
    (done,) = run(desk, ("pull", REPO), HF_TOKEN_PATH=str(tmp_path / "token"))
    assert_one_line(done, 7)
    assert "it is no text" in done.stderr


def test_many_aliases_of_one_repository_take_no_longer(tmp_path, monkeypatch):
    (tmp_path / "aliases.json").write_text(json.dumps({f"a{n}": "a/b" for n in range(60_000)}))
    monkeypatch.setenv("CELLFILL_ALIASES", str(tmp_path / "aliases.json"))
    begun = time.process_time()
    assert len(aliases_by_repo()["a/b"]) == 60_000
    assert time.process_time() - begun < 3


def test_certificates_that_are_not_there_are_named(desk, tmp_path):
    there = tmp_path / "certs"
    (done,) = run(desk, ("pull", REPO), HF_ENDPOINT="https://127.0.0.1:9", SSL_CERT_FILE=str(there))
    assert_one_line(done, 7)
    assert f"SSL_CERT_FILE names {there}, which is not there" in done.stderr
    there.write_text("no certificate")
    (done,) = run(desk, ("search",), HF_ENDPOINT="https://127.0.0.1:9", SSL_CERT_FILE=str(there))
    assert_one_line(done, 7)
    assert f"no certificates can be read from {there}" in done.stderr


@pytest.mark.parametrize("proxy", ["nonsense", "socks5://127.0.0.1:9", "ftp://x", "http://me:secret@127.0.0.1:9"])
def test_a_proxy_that_cannot_be_used_is_one_line_that_names_the_variable(desk, proxy):
    (done,) = run(desk, ("pull", REPO), HF_ENDPOINT="https://example.invalid", HTTPS_PROXY=proxy, NO_PROXY="")
    assert_one_line(done, 7)
    assert "HTTPS_PROXY" in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize(
    "settings",
    [{"HF_ENDPOINT": "http://[::1"}, {"HF_ENDPOINT": "http://x:99999"}, {"HF_HUB_DOWNLOAD_TIMEOUT": "soon"}],
)
def test_settings_of_the_hub_that_mean_nothing_are_one_line(desk, small, settings):
    *asking, doctor = run(desk, ("pull", REPO), ("list",), ("search",), ("doctor",), **settings)
    for done in asking:
        assert_one_line(done, 2)
        assert "HF_ENDPOINT" in done.stderr
    assert "does not understand its settings" in doctor.stdout
    assert "Traceback" not in doctor.stderr
