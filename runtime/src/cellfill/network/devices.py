"""Where a graph runs: open a session of ONNX Runtime on the CPU or on an NVIDIA GPU, and say which it was."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from cellfill.errors import DeviceError, MissingDependencyError
from cellfill.options.shared import Device

if TYPE_CHECKING:
    from cellfill.bundle.graph_check import Signature

DEVICES: tuple[Device, ...] = get_args(Device)

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
_REPAIR = "pip uninstall -y onnxruntime onnxruntime-gpu && pip install 'cellfill[gpu]'"
_ADVICE = "The driver, CUDA or cuDNN may be missing: cellfill doctor says which. Or use --device cpu."

# ONNX Runtime 1.32 keeps a device id below HOME and sends events to its maker, unless this is set before.
_NO_TELEMETRY = "ORT_DISABLE_TELEMETRY"
_YES = {"1", "true", "yes", "on"}
_too_late: set[str] = set()

# Memory that ONNX Runtime's arena on the GPU may take, beyond the weights: cuBLAS's workspace, and a bound
# on what is alive at once in a cell. human-pbmc holds six values a gene; sixteen leave room for other models.
_WORKSPACE = 128 << 20
_VALUES_A_GENE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An open session, and where it runs.

    Attributes
    ----------
    session
        The ``onnxruntime.InferenceSession``.
    device
        ``cpu`` or ``cuda``.
    providers
        What the session says of itself, first choice first.
    values
        How many values the graph makes of a cell.
    remark
        Why ``auto`` did not take the GPU though this build of ONNX Runtime could; empty otherwise.
    """

    session: Any
    device: Device
    providers: tuple[str, ...]
    values: int
    remark: str = ""


def gpu_options(weights: int, *, cells: int, genes: int) -> dict[str, str]:
    """Return the CUDA provider's options: memory bounded by the block, and the CPU's arithmetic.

    Parameters
    ----------
    weights
        Bytes of the graph.
    cells
        The most cells of a block.
    genes
        Input and target genes together.
    """
    limit = 3 * weights + _WORKSPACE + 4 * _VALUES_A_GENE * cells * genes
    return {
        "device_id": "0",
        "arena_extend_strategy": "kSameAsRequested",
        "gpu_mem_limit": str(limit),
        "cudnn_conv_algo_search": "HEURISTIC",
        "use_tf32": "0",  # its 10 bits of mantissa are too few: values must not depend on the device
    }


def open_session(
    graph: bytes,
    *,
    expected: Signature,
    device: Device,
    threads: int | None,
    spin: bool,
    gpu: dict[str, str],
) -> Opening:
    """Open a graph on a device, after a look at it: the one place where a session is made.

    Raises
    ------
    GraphRefusedError
        When the graph is not what is expected, or holds what no model needs; no session is made then.
    MissingDependencyError
        When ONNX Runtime is not installed.
    DeviceError
        When ``device`` is ``cuda`` and the session does not run there.
    """
    from cellfill.bundle.graph_check import check_graph

    values = check_graph(graph, expected)
    runtime = import_onnxruntime()
    options = runtime.SessionOptions()
    options.add_session_config_entry("session.load_model_format", "ONNX")  # never guessed from the bytes
    options.log_severity_level = 4
    options.intra_op_num_threads = threads or 0
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if spin else "0")
    remark = ""
    if device == "cuda" or (device == "auto" and CUDA in runtime.get_available_providers()):
        try:
            return _open_cuda(runtime, graph, options, gpu, values=values)
        except DeviceError as error:
            if device == "cuda":
                raise
            remark = str(error)
    session = runtime.InferenceSession(graph, options, providers=[CPU])
    taken = tuple(session.get_providers())
    return Opening(session=session, device="cpu", providers=taken, values=values, remark=remark)


def import_onnxruntime() -> Any:
    """Import ONNX Runtime, its telemetry off: the one place where it is imported.

    Whoever sets ``ORT_DISABLE_TELEMETRY`` otherwise is obeyed. Where something else imported it before, all that is
    left to do is to ask it for no more events.

    Raises
    ------
    MissingDependencyError
        When neither build of it is installed, or what is there cannot be imported.
    """
    late = _NO_TELEMETRY not in os.environ and "onnxruntime" in sys.modules
    os.environ.setdefault(_NO_TELEMETRY, "1")
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingDependencyError(
            "ONNX Runtime is not installed. Install one of its two builds, not both: "
            "pip install 'cellfill[cpu]'  or, for an NVIDIA GPU,  pip install 'cellfill[gpu]'."
        ) from error
    if not hasattr(onnxruntime, "InferenceSession"):  # what uninstalling one of two builds leaves behind
        raise MissingDependencyError(
            "ONNX Runtime is damaged, as after uninstalling one of its two builds: cellfill doctor says the repair."
        )
    if late:
        _too_late.add(_NO_TELEMETRY)
        getattr(onnxruntime, "disable_telemetry_events", lambda: None)()
    return onnxruntime


def telemetry() -> str:
    """Return an empty text where the telemetry of ONNX Runtime is off, else why it may not be; after its import."""
    said = os.environ.get(_NO_TELEMETRY, "")
    if said.lower() not in _YES:
        return f"{_NO_TELEMETRY} is set to {said!r}, which does not turn it off: set it to 1."
    if _too_late:
        return (
            "onnxruntime was imported before cellfill, and may have sent something; now its events are off. "
            f"Import cellfill first, and load a model, or set {_NO_TELEMETRY}=1."
        )
    return ""


def _open_cuda(runtime: Any, graph: bytes, options: Any, gpu: dict[str, str], *, values: int) -> Opening:
    if CUDA not in runtime.get_available_providers():
        raise DeviceError(
            f"This ONNX Runtime was built without CUDA, so it cannot use a GPU. Install the other build: {_REPAIR}"
        )
    if hasattr(runtime, "preload_dlls"):
        with contextlib.redirect_stdout(io.StringIO()):  # it prints what it does not find; the session says more
            runtime.preload_dlls()
    try:
        session = runtime.InferenceSession(graph, options, providers=[(CUDA, gpu), CPU], enable_fallback=0)
    except Exception as error:  # onnxruntime's errors share no root but Exception
        raise DeviceError(f"No session opens on the GPU: {' '.join(str(error).split())[:200]} {_ADVICE}") from error
    taken = tuple(session.get_providers())
    if not taken or taken[0] != CUDA:
        raise DeviceError(
            f"The session fell back to {taken[0] if taken else 'nothing'} instead of the GPU. {_ADVICE}"
        )
    session.disable_fallback()
    return Opening(session=session, device="cuda", providers=taken, values=values)
