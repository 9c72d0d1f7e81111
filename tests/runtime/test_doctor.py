"""The doctor: what it sees in installations that are whole, doubled, damaged or empty, and what it never says."""

import json
import os
import subprocess
import sys
import threading
import types
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata

import pytest

import cellfill
from cellfill import diagnosis
from cellfill.cli.doctor import _lines
from cellfill.errors import BundleNotFoundError
from conftest import MODEL
from runtime import bundles
from runtime.fake_onnxruntime import CPU, FakeRuntime


@pytest.fixture
def installed(monkeypatch):
    """Pretend that distributions have these versions; None removes one."""

    def pretend(**versions):
        real = metadata.version
        named = {name.replace("_", "-"): version for name, version in versions.items()}

        def version(name):
            if name not in named:
                return real(name)
            if named[name] is None:
                raise metadata.PackageNotFoundError(name)
            return named[name]

        monkeypatch.setattr(metadata, "version", version)

    return pretend


def look(**options):
    return cellfill.doctor(**{"offline": True} | options)


def test_an_installation_that_works():
    found = look()
    assert found.healthy
    assert found.problems == ()
    assert found.versions["cellfill"] == cellfill.__version__
    assert found.versions["numpy"] == metadata.version("numpy")
    assert found.sessions["cpu"] == ""
    assert "no CUDAExecutionProvider" in found.sessions["cuda"]
    assert found.hub.reachable is None


def test_two_builds_of_onnx_runtime_are_seen_with_their_repair_and_still_impute(installed):
    installed(onnxruntime="1.31.1", onnxruntime_gpu="1.30.0")
    found = look()
    remark = next(r for r in found.remarks if "both installed" in r)
    assert "pip uninstall -y onnxruntime onnxruntime-gpu && pip install 'cellfill[cpu]'" in remark
    assert "cellfill[gpu]" in remark
    assert found.healthy


@pytest.mark.parametrize(
    ("module", "word"), [(None, "not installed"), (types.ModuleType("onnxruntime"), "damaged")]
)
def test_no_onnx_runtime_or_half_of_one_is_a_problem(monkeypatch, module, word):
    monkeypatch.setitem(sys.modules, "onnxruntime", module)
    found = look()
    assert not found.healthy
    assert word in found.problems[0]
    assert "No session opens" in found.problems[0]


def test_a_gpu_that_works_and_one_that_does_not(monkeypatch, installed):
    installed(onnxruntime=None, onnxruntime_gpu="1.31.1")
    monkeypatch.setitem(sys.modules, "onnxruntime", FakeRuntime())
    assert look().sessions == {"cpu": "", "cuda": ""}
    monkeypatch.setitem(sys.modules, "onnxruntime", FakeRuntime(taken=(CPU,)))
    found = look()
    assert found.healthy
    assert "fell back to CPU" in found.sessions["cuda"]
    assert any("The GPU is not used" in r and "Not found: " in r for r in found.remarks)


def test_libraries_are_found_as_wheels_or_by_the_loader(monkeypatch):
    wheels = [
        types.SimpleNamespace(name=n, version="9.1") for n in ("nvidia-cudnn-cu12", "nvidia-cuda-runtime-cu12")
    ]
    monkeypatch.setattr(metadata, "distributions", lambda: wheels)
    monkeypatch.setattr("ctypes.util.find_library", lambda name: "libcuda.so.1" if name == "cuda" else None)
    found = look()
    assert found.cuda_libraries == {
        "driver": "libcuda.so.1",
        "CUDA runtime": "nvidia-cuda-runtime-cu12 9.1",
        "cuBLAS": "",
        "cuDNN": "nvidia-cudnn-cu12 9.1",
    }
    assert any("has no CUDA. To use the GPU" in r for r in found.remarks)


def test_extras_are_those_of_the_metadata_and_say_what_they_lack(monkeypatch, installed):
    installed(h5py=None)
    needs = ["numpy>=1", "h5py>=3; extra == 'h5ad'", 'anndata>=1 ; extra == "h5ad"', 'pytest; extra == "test"']
    needs += ["furo; extra == 'docs'", "nbclient; extra == 'notebook'"]  # for who works on cellfill
    monkeypatch.setattr(metadata, "requires", lambda _name: needs)
    assert look().extras == {"h5ad": ("h5py",)}


@pytest.mark.parametrize(
    ("url", "there", "source"),
    [
        (None, True, "cellfill"),
        ("https://example.org/cellfill.whl", True, "cellfill"),
        ("file://{folder}", True, "{folder}"),
        ("file://{folder}", False, "cellfill"),
        (3, True, "cellfill"),
    ],
)
def test_the_hint_names_the_folder_of_a_clone(monkeypatch, tmp_path, url, there, source):
    if there:
        (tmp_path / "pyproject.toml").touch()
    place = url.format(folder=tmp_path) if isinstance(url, str) else url
    text = None if url is None else json.dumps({"url": place})
    distribution = types.SimpleNamespace(version="1", read_text=lambda _name: text)
    monkeypatch.setattr(metadata, "distribution", lambda _name: distribution)
    monkeypatch.setattr(diagnosis, "_extras", lambda: {"report": ("jinja2",)})
    hint = next(line for line in _lines(look()) if "extra report" in line)
    assert hint.endswith(f"pip install '{source.format(folder=tmp_path)}[report]' (lacks jinja2)")


def test_a_loader_that_finds_no_place_for_a_temporary_file_has_no_library(monkeypatch):
    def find(_name):
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("ctypes.util.find_library", find)
    monkeypatch.setattr(metadata, "distributions", list)
    found = look()
    assert found.healthy
    assert set(found.cuda_libraries.values()) == {""}


def test_a_model_is_opened_where_one_is_given(tmp_path):
    assert look(model=MODEL).healthy
    with pytest.raises(BundleNotFoundError):
        look(model=tmp_path)


@pytest.mark.parametrize("name", ["numpy", "typer"])
def test_a_missing_core_package_is_a_problem(installed, name):
    installed(**{name: None})
    assert any(p.startswith(f"{name} is not installed") for p in look().problems)


class Hub(BaseHTTPRequestHandler):
    status = 200

    def do_HEAD(self):
        self.server.asked.append(dict(self.headers))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def hub():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.status, server.asked = 200, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def command(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "cellfill.cli", "doctor", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


def test_the_hub_is_asked_and_the_token_is_told_to_nobody(hub, tmp_path):
    cache = tmp_path / "hub" / "models--a--b" / "blobs"
    cache.mkdir(parents=True)
    (cache / "x").write_bytes(b"x" * 2_500_000)
    (cache.parent / "refs").mkdir()
    snapshot = cache.parent / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (snapshot / "x").symlink_to(cache / "x")
    address = f"http://someone:hidden@127.0.0.1:{hub.server_port}"
    given = {"HF_ENDPOINT": address, "HF_TOKEN": "hf_secret", "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0"}
    done = command("--json", **given)
    found = json.loads(done.stdout)
    assert (done.returncode, found["healthy"]) == (0, True)
    assert found["hub"]["reachable"] is True
    assert found["hub"]["token"] is True
    assert found["hub"]["cache_bytes"] == 2_500_000
    assert len(hub.asked) == 1
    person = command(**given)
    for text in (done.stdout, done.stderr, person.stdout, person.stderr):
        assert "hf_secret" not in text
        assert "hidden" not in text
    assert f"http://127.0.0.1:{hub.server_port} answers; a token is set" in person.stdout
    assert "2.5 MB" in person.stdout


@pytest.mark.parametrize(("arguments", "environment"), [(["--offline"], {}), ([], {"HF_HUB_OFFLINE": "1"})])
def test_offline_asks_nobody(hub, tmp_path, arguments, environment):
    address = f"http://127.0.0.1:{hub.server_port}"
    done = command(*arguments, HF_ENDPOINT=address, HF_HOME=str(tmp_path), **environment)
    assert done.returncode == 0
    assert "not asked" in done.stdout
    assert hub.asked == []


def test_a_hub_that_is_down_is_a_remark_no_failure(hub, tmp_path):
    hub.status = 503
    address = f"http://127.0.0.1:{hub.server_port}"
    busy = command(HF_ENDPOINT=address, HF_HOME=str(tmp_path), HF_HUB_OFFLINE="0")
    assert busy.returncode == 0
    assert "REMARK" in busy.stdout
    assert "(status 503)" in busy.stdout
    gone = command("--json", HF_ENDPOINT="http://127.0.0.1:9", HF_HOME=str(tmp_path), HF_HUB_OFFLINE="0")
    assert gone.returncode == 0
    assert json.loads(gone.stdout)["hub"]["reachable"] is False


def test_an_installation_without_onnx_runtime_exits_with_5(tmp_path):
    (tmp_path / "onnxruntime.py").write_text("raise ImportError('no module')\n")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = command("--offline", PYTHONPATH=path)
    assert done.returncode == 5
    assert "--  runs on cpu" in done.stdout
    assert "pip install 'cellfill[cpu]'" in done.stdout
    assert "Imputing does not work" in done.stdout


def test_the_tiny_graph_is_what_it_says():
    onnx = pytest.importorskip("onnx")
    proto = onnx.load_from_string(diagnosis._TINY)
    onnx.checker.check_model(proto, full_check=True)
    assert [node.op_type for node in proto.graph.node] == ["Relu"]


def test_a_damaged_model_that_is_here_is_a_problem(tmp_path, monkeypatch):
    bundles.make(tmp_path / "types", tasks=("annotate", "embed"))
    bundles.make(tmp_path / "garbled", tasks=("annotate", "embed"))
    (tmp_path / "garbled" / "manifest.json").write_text("garbled")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CELLFILL_MODELS", str(tmp_path))
    done = command("--offline", "--json", HF_HUB_CACHE=str(tmp_path / "none"))
    found = json.loads(done.stdout)
    assert (done.returncode, found["healthy"], found["problems"]) == (4, False, [])
    assert found["models"] == {"types": ["annotate", "embed"]}
    assert "is not valid JSON" in found["broken"]["garbled"]
    said = "\n".join(_lines(look(offline=True)))
    assert "--  model             garbled is damaged" in said
    assert f"PROBLEM  {tmp_path / 'garbled'}: manifest.json is not valid JSON" in said
    assert said.endswith("Models run, but not garbled: see the problems above.")


def test_it_says_what_each_model_is_for(tmp_path, monkeypatch):
    bundles.make(tmp_path / "types", tasks=("annotate", "embed"))
    monkeypatch.setenv("CELLFILL_MODELS", str(tmp_path))
    found = look(model=MODEL)
    assert found.models["types"] == ("annotate", "embed")
    assert next(iter(found.models)) == found.opened == MODEL.name
    said = "\n".join(_lines(found))
    assert "types: annotate, embed" in said
    assert said.endswith("Imputing works.")
    assert list(_lines(look(model=tmp_path / "types")))[-1] == "small runs: cellfill annotate, cellfill embed."
