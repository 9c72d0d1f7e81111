"""Open a bundle's graph with ONNX Runtime and run it on a block of cells."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from cellfill.bundle.cut import cut_graph
from cellfill.bundle.graph_check import check_graph, signature, signature_of
from cellfill.bundle.manifest import IMPUTED, Graph
from cellfill.bundle.outputs import keep_outputs
from cellfill.errors import BundleError, DeviceError, TaskError, UsageError
from cellfill.network.devices import Opening, gpu_options, open_session
from cellfill.options.shared import Device
from cellfill.text.reasons import failing_as

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill.bundle import Bundle, Meaning
    from cellfill.bundle.graph_check import Signature

    Float32 = NDArray[np.float32]


# Of the values that a graph makes in one call; at most eight run at once by default. 256 cells of
# human-lung-cell-lines take 151 MB.
_BYTES = 150 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """An open graph: counts of the input genes in; out comes what its outputs mean.

    Attributes
    ----------
    inputs
        Rows of the gene index that are its input columns, in their order.
    targets
        Rows of the gene index that are the columns of its imputed counts, in their order.
    meanings
        Of its outputs.
    device
        Where it runs: ``cpu`` or ``cuda``.
    providers
        What ONNX Runtime opened, first choice first.
    remark
        Why ``auto`` did not take the GPU though this build of ONNX Runtime could; empty otherwise.
    block_size
        The most cells that the graph is given at once: on a GPU those asked for, on the CPU as many as its values
        have room for.
    """

    inputs: NDArray[np.intp]
    targets: NDArray[np.intp]
    device: Device
    providers: tuple[str, ...]
    remark: str
    block_size: int
    _session: Any
    _inputs: dict[str, str]
    _outputs: dict[Meaning, str]
    _turn: Lock = field(default_factory=Lock, repr=False, compare=False)

    @property
    def meanings(self) -> tuple[Meaning, ...]:
        """What the graph gives."""
        return tuple(self._outputs)

    def predict(self, counts: Float32, size_factors: Float32) -> Float32:
        """Run the graph on one block, for its imputed counts; see `run`.

        Returns
        -------
        Cells x target genes, counts; the manifest's ``graph.output_meaning`` says of which kind.

        Raises
        ------
        TaskError
            When it gives none.
        """
        meaning = next((m for m in IMPUTED if m in self._outputs), None)
        if meaning is None:
            raise TaskError(
                f"The model does not impute: its graph gives {', '.join(self._outputs)}. Use one that imputes."
            )
        return self.run(counts, size_factors, (meaning,))[meaning]

    def run(self, counts: Float32, size_factors: Float32, meanings: Sequence[Meaning]) -> dict[Meaning, Float32]:
        """Run the graph on one block; threads may do so at once, and take turns on a GPU.

        Parameters
        ----------
        counts
            Cells x input genes, raw counts; genes that the dataset lacks already filled.
        size_factors
            One a cell, positive.
        meanings
            What is wanted, of `meanings`. ONNX Runtime computes the others, too: open a graph for what is needed.

        Returns
        -------
        Of each meaning cells x columns.

        Raises
        ------
        DeviceError
            When the GPU fails; it is never replaced by the CPU midway.
        BundleError
            When the graph fails, or does not give what is wanted.
        """
        lacking = [meaning for meaning in meanings if meaning not in self._outputs]
        if lacking:
            raise BundleError(
                f"The model gives no {lacking[0]}, only {', '.join(self._outputs)}. Use another model."
            )
        number = max(1, -(-len(counts) // self.block_size))
        size = -(-len(counts) // number)
        blocks = [slice(i * size, (i + 1) * size) for i in range(number)]
        if self.device == "cpu":
            parts = [self._run_on_cpu(counts[block], size_factors[block], meanings) for block in blocks]
        else:
            with self._turn:
                parts = [self._run_on_gpu(counts[block], size_factors[block], meanings) for block in blocks]
        values = parts[0] if len(parts) == 1 else [np.concatenate(part) for part in zip(*parts, strict=True)]
        return dict(zip(meanings, values, strict=True))

    def _run(self, counts: Float32, size_factors: Float32, meanings: Sequence[Meaning]) -> list[Float32]:
        values = {"counts": counts, "size_factors": size_factors[:, None]}
        feed = {name: values[meaning] for name, meaning in self._inputs.items()}
        result: list[Float32] = self._session.run([self._outputs[m] for m in meanings], feed)
        return result

    def _run_on_cpu(self, counts: Float32, size_factors: Float32, meanings: Sequence[Meaning]) -> list[Float32]:
        with failing_as(
            lambda why: BundleError(
                f"The model failed on a block of {len(counts)} cells: {why}. "
                "Lower --block-size, or use another model."
            )
        ):
            return self._run(counts, size_factors, meanings)

    def _run_on_gpu(self, counts: Float32, size_factors: Float32, meanings: Sequence[Meaning]) -> list[Float32]:
        try:
            return self._run(counts, size_factors, meanings)
        except Exception as error:  # onnxruntime's errors share no root but Exception
            reason = " ".join(str(error).split())[:200]
            raise DeviceError(
                f"The GPU failed on a block of {len(counts)} cells: {reason} "
                "Lower --block-size, or use --device cpu."
            ) from error


def open_network(
    bundle: Bundle,
    *,
    device: Device = "auto",
    threads: int | None = None,
    spin: bool = False,
    block_size: int = 1024,
    networks: Sequence[int] | None = None,
    meanings: Collection[Meaning] | None = None,
) -> Network:
    """Open a bundle's graph and check that it has the form that its manifest states.

    Parameters
    ----------
    bundle
        The model.
    device
        ``cpu``; ``cuda``, an NVIDIA GPU or an error; ``auto``, the GPU where a session really opens there,
        else the CPU.
    threads
        CPU threads of one `Network.predict`; None for all cores. 1 where several threads call it at once.
    spin
        Whether idle threads wait by spinning: a little faster alone, slower beside other work.
    block_size
        The most cells that are on a GPU at once, which bounds its memory; larger blocks go there in parts.
        On the CPU the graph itself says how many.
    networks
        Numbers of the sub-networks to run, in any order; None for all. A graph whose manifest does not say
        how to cut it is run whole all the same: read `Network.targets`.
    meanings
        What it is to give, where that is not all that it can: the rest is neither held nor computed. Of some
        sub-networks imputed counts alone.

    Raises
    ------
    MissingDependencyError
        When ONNX Runtime is not installed.
    DeviceError
        When ``device`` is ``cuda`` and no session opens there.
    UsageError
        When an option means nothing.
    GraphRefusedError
        When the graph is not what the manifest states, or holds what no model needs; no session is made then.
    BundleError
        When ONNX Runtime refuses the graph.
    """
    chosen = _chosen(bundle, networks, IMPUTED if networks is not None else meanings)
    leaves = 0 if bundle.classes is None else len(bundle.classes.leaves)
    expected = signature(chosen.form, inputs=len(chosen.inputs), targets=len(chosen.targets), leaves=leaves)
    columns = len(chosen.inputs) + sum(expected.outputs.values())
    gpu = gpu_options(len(chosen.graph), cells=block_size, genes=columns)
    with failing_as(lambda why: BundleError(f"ONNX Runtime cannot open model.onnx: {why}. Get another model.")):
        opening = open_session(chosen.graph, expected=expected, device=device, threads=threads, spin=spin, gpu=gpu)
        _check_form(opening, expected)
    return Network(
        inputs=chosen.inputs,
        targets=chosen.targets,
        device=opening.device,
        providers=opening.providers,
        remark=opening.remark,
        block_size=block_size if opening.device == "cuda" else max(1, _BYTES // (4 * opening.values)),
        _session=opening.session,
        _inputs={i.name: i.meaning for i in chosen.form.inputs},
        _outputs={o.meaning: o.name for o in chosen.form.outputs},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """The graph to run, what the manifest says of it, and the rows of the genes that it reads and fills."""

    graph: bytes
    form: Graph
    inputs: NDArray[np.intp]
    targets: NDArray[np.intp]


def _chosen(bundle: Bundle, networks: Sequence[int] | None, meanings: Collection[Meaning] | None) -> _Chosen:
    whole = bundle.manifest.graph
    form, graph = whole, bundle.graph
    inputs, targets = bundle.genes.inputs, bundle.genes.targets
    if meanings is not None and not {output.meaning for output in form.outputs} <= set(meanings):
        _check_whole(bundle)
        graph, form = keep_outputs(graph, form, meanings)
    count = 0 if networks is None else len(bundle.manifest.subnetworks)
    if networks is None or not count:
        return _Chosen(graph=graph, form=form, inputs=inputs, targets=targets)
    wanted = np.unique(np.asarray(networks, dtype=np.intp))
    if not len(wanted) or wanted[0] < 0 or wanted[-1] >= count:
        raise UsageError(f"The model has the sub-networks 0 to {count - 1}; asked for were {list(networks)[:9]}.")
    if form.cut is None or len(wanted) == count:
        return _Chosen(graph=graph, form=form, inputs=inputs, targets=targets)
    if form is whole:
        _check_whole(bundle)
    number = np.array([bundle.genes[row].subnetwork for row in targets])
    if (np.diff(number) < 0).any():
        raise BundleError("genes.tsv does not list the targets by sub-network, so the graph cannot be cut.")
    kept = targets[np.isin(number, wanted)]
    part = cut_graph(graph, form, networks=wanted.tolist(), targets=len(kept))
    if len(part.columns) and part.columns[-1] >= len(inputs):
        raise BundleError("model.onnx reads more input columns than genes.tsv has input genes.")
    return _Chosen(graph=part.graph, form=form, inputs=inputs[part.columns], targets=kept)


def _check_whole(bundle: Bundle) -> None:
    """Refuse a graph of which a part would be let through, since what is wrong elsewhere is taken away."""
    check_graph(bundle.graph, signature_of(bundle.manifest.graph, bundle.genes, bundle.classes))


def _check_form(opening: Opening, expected: Signature) -> None:
    """Refuse a graph of which ONNX Runtime says something else than our own look at its bytes."""
    session = opening.session
    found = {value.name: value.shape[-1] for value in (*session.get_inputs(), *session.get_outputs())}
    if found != {**expected.inputs, **expected.outputs}:
        raise BundleError("ONNX Runtime reads other inputs or outputs in model.onnx than cellfill: use another.")
