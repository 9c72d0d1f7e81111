"""Look at an installation: what is there, what really opens a session, and what to repair."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill._version import __version__
from cellfill.errors import CellfillError
from cellfill.hub.state import HubState, look_at_hub
from cellfill.network.devices import CPU, CUDA, gpu_options, import_onnxruntime, open_session, telemetry
from cellfill.options.shared import Device, Task
from cellfill.text.installed import source_of

if TYPE_CHECKING:
    from cellfill.bundle import Bundle

# The smallest useful graph: y = Relu(x), float32, n x 1, opset 13 (ONNX, onnx.proto).
_TINY = (
    b'\x08\x08:=\n\x0c\n\x01x\x12\x01y"\x04Relu\x12\x01gZ\x14\n\x01x\x12\x0f\n\r\x08\x01\x12\t\n\x03\x12\x01n\n\x02\x08\x01'
    b"b\x14\n\x01y\x12\x0f\n\r\x08\x01\x12\t\n\x03\x12\x01n\n\x02\x08\x01B\x04\n\x00\x10\r"
)
_CORE = ("numpy", "scipy", "onnxruntime", "onnxruntime-gpu", "huggingface-hub", "threadpoolctl", "typer")
_BUILDS = ("onnxruntime", "onnxruntime-gpu")
# Extras of which one is known to be there or not by its session, and those that only who works on cellfill needs.
_NOT_SHOWN = {"cpu", "gpu", "test", "docs", "notebook"}
# Name of each library to the system's loader, and how the name of NVIDIA's wheel begins; the driver has none.
_LIBRARIES = {
    "driver": ("cuda", None),
    "CUDA runtime": ("cudart", "nvidia-cuda-runtime"),
    "cuBLAS": ("cublas", "nvidia-cublas"),
    "cuDNN": ("cudnn", "nvidia-cudnn"),
}
_UNINSTALL = "pip uninstall -y onnxruntime onnxruntime-gpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What `doctor` found.

    Attributes
    ----------
    versions
        Of cellfill, Python, the platform and the packages that cellfill needs; empty for what is missing.
    extras
        For each extra of cellfill the packages of it that are missing; none for one that is there.
    source
        What pip takes to install an extra: ``cellfill``, or the folder that it was installed from.
    sessions
        For ``cpu`` and ``cuda``: empty where a session really opened there, else why not.
    telemetry
        Empty where that of ONNX Runtime is off, else why it may not be.
    cuda_libraries
        What the system's loader, or an NVIDIA wheel, has; empty for what is missing.
    hub
        The Hub's address, cache and reachability.
    problems
        Why imputing would not work, each with its repair.
    remarks
        What is odd, or could be better, but stops nothing.
    models
        What each model that is here can do, by its name; first the one that was to be opened.
    opened
        The name of that one; empty for none.
    broken
        What is wrong with each model that is here and would be refused, by its name. Their manifests alone are
        looked at: see `cellfill.hub.verify`.
    """

    versions: Mapping[str, str]
    extras: Mapping[str, tuple[str, ...]]
    source: str
    sessions: Mapping[str, str]
    telemetry: str
    cuda_libraries: Mapping[str, str]
    hub: HubState
    problems: tuple[str, ...]
    remarks: tuple[str, ...]
    models: Mapping[str, tuple[Task, ...]]
    opened: str = ""
    broken: Mapping[str, str] = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        """Whether imputing would work, with every model that is here."""
        return not self.problems and not self.broken


def doctor(*, model: str | Path | None = None, offline: bool = False) -> Diagnosis:
    """Look at this installation; nothing is changed, and no secret is read out.

    Parameters
    ----------
    model
        A model to open, instead of a tiny graph: see `cellfill.load`.
    offline
        Do not ask the Hub, nor whether it can be reached; so does the environment variable ``HF_HUB_OFFLINE``.

    Raises
    ------
    BundleNotFoundError, BundleError
        When ``model`` is no sound bundle.
    """
    bundle = None if model is None else _read(model, offline=offline)
    versions = {"cellfill": __version__, "python": platform.python_version(), "platform": platform.platform()}
    versions |= {name: _version(name) for name in _CORE}
    sessions = {device: _try_session(bundle, cuda=device == "cuda") for device in ("cpu", "cuda")}
    libraries = _cuda_libraries()
    hub = look_at_hub(offline=offline)
    problems = tuple(
        f"{name} is not installed: pip install --force-reinstall cellfill"
        for name in _CORE
        if name not in _BUILDS and not versions[name]
    )
    if sessions["cpu"] and sessions["cuda"]:
        problems += (f"No session opens: {sessions['cpu']}",)
    here, broken, fault = _models()
    named = {} if bundle is None else {bundle.manifest.name: bundle.manifest.tasks}
    return Diagnosis(
        models=named | {name: tasks for name, tasks in here.items() if name not in named},
        opened="" if bundle is None else bundle.manifest.name,
        broken=broken,
        versions=versions,
        extras=_extras(),
        source=source_of("cellfill"),
        sessions=sessions,
        telemetry=telemetry(),
        cuda_libraries=libraries,
        hub=hub,
        problems=problems,
        remarks=(*_remarks(versions, sessions, libraries, hub), *fault),
    )


def _models() -> tuple[dict[str, tuple[Task, ...]], dict[str, str], tuple[str, ...]]:
    """Return what the models that are here can do, by name, what is wrong with others, or with the names."""
    from cellfill.hub.catalogue import list_models

    try:
        found = list_models()
    except CellfillError as error:
        return {}, {}, (str(error),)
    here = {next(iter(m.aliases), "") or m.repo or m.folder: m for m in found if m.folder or m.commit}
    sound = {name: m.tasks for name, m in here.items() if m.tasks}
    return sound, {name: f"{m.folder or m.repo}: {m.remark}" for name, m in here.items() if m.remark}, ()


def _remarks(
    versions: Mapping[str, str], sessions: Mapping[str, str], libraries: Mapping[str, str], hub: HubState
) -> tuple[str, ...]:
    remarks = []
    if all(versions[name] for name in _BUILDS):
        remarks.append(
            "onnxruntime and onnxruntime-gpu are both installed and overwrite each other's files. Keep one: "
            f"{_UNINSTALL} && pip install 'cellfill[cpu]'  (or 'cellfill[gpu]')"
        )
    elif versions["onnxruntime"] and libraries["driver"]:
        remarks.append(
            "There is an NVIDIA driver, but this ONNX Runtime has no CUDA. To use the GPU: "
            f"{_UNINSTALL} && pip install 'cellfill[gpu]'"
        )
    if versions["onnxruntime-gpu"] and sessions["cuda"]:
        missing = [name for name, found in libraries.items() if not found]
        lacks = f" Not found: {', '.join(missing)}." if missing else ""
        remarks.append(f"The GPU is not used. {sessions['cuda']}{lacks}")
    if hub.remark:
        remarks.append(hub.remark)
    return tuple(remarks)


def _read(model: str | Path, *, offline: bool) -> Bundle:
    from cellfill.hub.bundles import find_bundle

    return find_bundle(model, offline=offline)


def _try_session(bundle: Bundle | None, *, cuda: bool) -> str:
    """Return an empty text where a session opens, else why not."""
    try:
        from cellfill.bundle.graph_check import Signature, signature_of

        if bundle is None:
            graph, expected = _TINY, Signature(inputs={"x": 1}, outputs={"y": 1}, opset=13)
        else:
            graph, expected = bundle.graph, signature_of(bundle.manifest.graph, bundle.genes, bundle.classes)
        wanted = CUDA if cuda else CPU
        if wanted not in import_onnxruntime().get_available_providers():
            return f"This ONNX Runtime has no {wanted}."
        options = gpu_options(len(graph), cells=1, genes=1)
        device: Device = "cuda" if cuda else "cpu"
        open_session(graph, expected=expected, device=device, threads=1, spin=False, gpu=options)
    except CellfillError as error:
        return str(error)
    except Exception as error:  # a damaged installation raises anything
        return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return ""


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _extras() -> dict[str, tuple[str, ...]]:
    """Return the extras that cellfill's own metadata names, of those that are for users."""
    try:
        requirements = metadata.requires("cellfill") or []
    except metadata.PackageNotFoundError:  # run from a source tree
        return {}
    extras: dict[str, list[str]] = {}
    for requirement in requirements:
        parts = re.match(r"([\w.-]+).*;.*\bextra == ['\"]([\w-]+)['\"]", requirement)
        if parts is None or parts[2] in _NOT_SHOWN:
            continue
        missing = extras.setdefault(parts[2], [])
        if not _version(parts[1]):
            missing.append(parts[1])
    return {name: tuple(missing) for name, missing in sorted(extras.items())}


def _cuda_libraries() -> dict[str, str]:
    wheels = {(d.name or "").lower(): d.version for d in metadata.distributions()}
    found = {}
    for label, (name, begins) in _LIBRARIES.items():
        wheel = next((w for w in sorted(wheels) if begins and w.startswith(begins)), None)
        found[label] = f"{wheel} {wheels[wheel]}" if wheel else _loadable(name)
    return found


def _loadable(name: str) -> str:
    """Return what the system's loader has by that name, or an empty text."""
    from ctypes.util import find_library

    try:
        return find_library(name) or ""
    except OSError:  # it asks a compiler, which writes a temporary file: there may be no place for one
        return ""
