"""The page's server, and the page in a folder: what is there, to whom it answers, what it refuses."""

import http.client
import json
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from cellfill import cli
from cellfill.errors import BundleNotFoundError, MissingDependencyError, OutputError, OutputExistsError, UsageError
from cellfill.page import serve_page, write_page
from cellfill.page.serve import make_server
from cellfill.page.site import make_site
from conftest import MODEL, ROOT
from runtime import bundles

PAGE = {"index.html": b"<!doctype html>", "app.js": b"export {};", "ort/o.wasm": b"\0asm", "size.json": b"{}"}


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A page that stands for the built one, where the command looks for it."""
    root = tmp_path / "site" / "cellfill_web"
    for name, content in PAGE.items():
        (root / "page" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "page" / name).write_bytes(content)
    (root / "__init__.py").write_text("from pathlib import Path\nPAGE = Path(__file__).parent / 'page'\n")
    monkeypatch.syspath_prepend(root.parent)
    monkeypatch.setenv("PYTHONPATH", str(root.parent))
    sys.modules.pop("cellfill_web", None)
    yield root / "page"
    sys.modules.pop("cellfill_web", None)


@contextmanager
def served(models):
    """Yield what asks a server of some models: path (and headers) to status, headers and content."""
    with make_server(make_site(models), port=0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()

        def ask(path, method="GET", **headers):
            connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

        ask.port = server.server_port
        try:
            yield ask
        finally:
            server.shutdown()
            thread.join()


def test_page_and_models_are_served_and_nothing_else(page, tmp_path):
    (page.parent / "secret.txt").write_text("not of the page")
    with served([MODEL]) as ask:
        status, headers, content = ask("/")
        assert (status, content) == (200, PAGE["index.html"])
        assert headers["Content-Type"].startswith("text/html")
        assert ask("/ort/o.wasm")[1]["Content-Type"] == "application/wasm"
        (listed,) = json.loads(ask("/models/index.json")[2])
        assert (listed["folder"], listed["tasks"], listed["species"]) == ("human-pbmc", ["impute"], "Homo sapiens")
        for name in ("manifest.json", "genes.tsv", "model.onnx", "README.md"):
            assert ask(f"/models/human-pbmc/{name}")[2] == (MODEL / name).read_bytes()
        for path in (
            "/secret.txt",
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/models/",
            "/models/human-pbmc/x",
        ):
            assert ask(path)[0] == 404, path


def test_a_browser_is_told_to_keep_the_page_apart(page):
    with served([]) as ask:
        headers = ask("/app.js")[1]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Type"].startswith("text/javascript")


def test_workers_are_held_to_the_policy_of_the_page(page):
    """A policy in a page does not hold for its workers: they are held by the server's."""
    html = (ROOT / "runtime" / "web" / "static" / "index.html").read_text()
    (said,) = re.findall(r'http-equiv="Content-Security-Policy"\s+content="([^"]+)"', html)
    with served([]) as ask:
        assert ask("/app.js")[1]["Content-Security-Policy"] == f"{said}; frame-ancestors 'none'"


def test_it_answers_to_its_own_names_alone(page):
    with served([]) as ask:
        assert ask("/", Host=f"localhost:{ask.port}")[0] == 200
        assert ask("/", Host=f"attacker.example:{ask.port}")[0] == 421
        assert ask("/", Host="127.0.0.1:1")[0] == 421


def test_a_page_of_another_site_is_given_nothing(page):
    """Its requests carry this server's own name: the browser says whose they are."""
    with served([]) as ask:
        for site in ("cross-site", "same-site"):
            assert ask("/app.js", **{"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"})[0] == 403
            assert ask("/", **{"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"})[0] == 200
        assert ask("/app.js", **{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"})[0] == 200


def test_what_is_no_path_and_who_goes_away_leave_no_trace(page, capfd):
    with served([]) as ask:
        with socket.create_connection(("127.0.0.1", ask.port)) as connection:
            connection.sendall(f"GET http://[x/ HTTP/1.1\r\nHost: 127.0.0.1:{ask.port}\r\n\r\n".encode())
            assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", ask.port)) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.sendall(f"GET /app.js HTTP/1.1\r\nHost: 127.0.0.1:{ask.port}\r\n\r\n".encode())
        assert ask("/")[0] == 200
    assert capfd.readouterr().err == ""


def test_only_reading_is_answered(page):
    with served([]) as ask:
        status, headers, content = ask("/", method="HEAD")
        assert (status, content) == (200, b"")
        assert headers["Content-Length"] == str(len(PAGE["index.html"]))
        assert ask("/", method="POST")[0] == 501
        assert ask("/", method="PUT")[0] == 501


def test_a_model_that_changes_while_it_is_served_is_gone(page, tmp_path):
    model = bundles.make(tmp_path / "small", tasks=("annotate", "embed"))
    with served([model]) as ask:
        (listed,) = json.loads(ask("/models/index.json")[2])
        path = f"/models/{listed['folder']}/classes.tsv"
        assert ask(path)[0] == 200
        (model / "classes.tsv").write_text("another")
        assert ask(path)[0] == 410
        sound = ask(f"/models/{listed['folder']}/manifest.json")[2]
        (model / "manifest.json").write_text("another")
        assert ask(f"/models/{listed['folder']}/manifest.json")[2] == sound


def test_models_that_are_here_by_name_are_served_where_none_is_named(page, monkeypatch):
    monkeypatch.setenv("CELLFILL_MODELS", str(MODEL.parent))
    assert {"human-pbmc", "human-pbmc-types"} <= set(make_site().models)


def test_two_models_of_one_name_are_refused(page):
    with pytest.raises(UsageError, match="Two of the models are called human-pbmc"):
        make_site([MODEL, MODEL])


def test_a_model_that_is_not_there_is_named(page, tmp_path):
    with pytest.raises(BundleNotFoundError, match="no such folder"):
        make_site([tmp_path / "nothing"])


def test_without_the_page_it_says_what_makes_it(page):
    (page / "index.html").unlink()
    with pytest.raises(MissingDependencyError, match=r"was not built: .* make web, which needs Node 20"):
        make_site([])
    sys.modules["cellfill_web"] = None  # as where it is not installed; the fixture takes it away
    with pytest.raises(MissingDependencyError, match=r"not installed\. .* make web"):
        serve_page([])


def test_a_port_that_is_taken_is_named(page):
    with served([]) as ask, pytest.raises(UsageError, match=rf"Port {ask.port} cannot be used: .* --port"):
        serve_page([], port=ask.port)


def test_the_folder_holds_what_is_served(page, tmp_path):
    done = CliRunner().invoke(cli.app, ["web", "--output", str(tmp_path / "out"), "--model", str(MODEL)])
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(tmp_path / "out")
    assert (tmp_path / "out" / "ort" / "o.wasm").read_bytes() == PAGE["ort/o.wasm"]
    assert (tmp_path / "out" / "models" / "human-pbmc" / "model.onnx").read_bytes() == (
        MODEL / "model.onnx"
    ).read_bytes()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_folder_that_exists_is_left_alone(page, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(OutputExistsError, match="out exists: choose another folder"):
        write_page(tmp_path / "out", [])
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_a_folder_that_cannot_be_is_one_line(page, tmp_path):
    for name in ("l" * 300, "nothing/here"):
        with pytest.raises(OutputError, match="cannot be written"):
            write_page(tmp_path / name, [MODEL])


def test_the_command_prints_its_address_serves_and_stops(page):
    """As a person does: start it, ask for the page, press Ctrl-C."""
    command = [sys.executable, "-m", "cellfill.cli", "web", "--port", "0", "--model", str(MODEL)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip()
            assert url.startswith("http://127.0.0.1:")
            connection = http.client.HTTPConnection(url.removeprefix("http://").rstrip("/"), timeout=10)
            connection.request("GET", "/")
            assert connection.getresponse().read() == PAGE["index.html"]
            process.send_signal(signal.SIGINT)
            _, talk = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "human-pbmc" in talk
    assert "Traceback" not in talk
