"""A model whose graphs are open, and which travels to other processes without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cellfill.bundle import Bundle, Task
from cellfill.bundle.manifest import READS
from cellfill.network.session import Network, open_network
from cellfill.options.shared import Device


class Graphs(Protocol):
    """A model whose graphs can be had."""

    @property
    def bundle(self) -> Bundle:
        """The verified files."""

    def network(self, networks: Sequence[int] | None = None, *, tasks: Sequence[Task] = ("impute",)) -> Network:
        """Return the open graph of some tasks, and of imputing maybe of some sub-networks."""


@dataclass(frozen=True, slots=True)
class OneGraph:
    """A bundle and its whole graph, opened elsewhere; what is not needed of it is run, too.

    Attributes
    ----------
    bundle, graph
        The verified files, and the open graph.
    """

    bundle: Bundle
    graph: Network

    def network(
        self,
        networks: Sequence[int] | None = None,  # noqa: ARG002
        *,
        tasks: Sequence[Task] = ("impute",),  # noqa: ARG002
    ) -> Network:
        """Return the open graph."""
        return self.graph


@dataclass(frozen=True, slots=True)
class Opened:
    """A verified bundle, and the graphs that were opened of it.

    Attributes
    ----------
    bundle
        The verified files.
    device
        Where the graphs run, see `cellfill.load`.
    """

    bundle: Bundle
    device: Device
    _graphs: dict[tuple[tuple[int, ...] | None, frozenset[Task]], Network] = field(
        default_factory=dict, repr=False, compare=False
    )

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel without open graphs: another process opens its own, once."""
        return _once, (self.bundle, self.device)

    def network(self, networks: Sequence[int] | None = None, *, tasks: Sequence[Task] = ("impute",)) -> Network:
        """Return the open graph of some tasks, opened once; what they do not read is neither held nor computed.

        Parameters
        ----------
        networks
            Numbers of the sub-networks that are needed, of a model that imputes; None for all.
        tasks
            What the graph is to be read by.

        Raises
        ------
        TaskError
            When the model has no such task.
        DeviceError
            When it does not run on the device asked for.
        BundleError
            When ONNX Runtime refuses the graph.
        """
        for task in tasks:
            self.bundle.manifest.need(task)
        if networks is not None:
            count = len(self.bundle.manifest.subnetworks)
            if not count or set(networks) == set(range(count)):
                networks = None  # the same graph, which is open already where a check was made
        key = None if networks is None else tuple(sorted(networks)), frozenset(tasks)
        if key not in self._graphs:
            # One thread a call: the engine runs several blocks at once.
            self._graphs[key] = open_network(
                self.bundle,
                device=self.device,
                threads=1,
                networks=networks,
                meanings=[meaning for task in tasks for meaning in READS[task]],
            )
        return self._graphs[key]


_arrived: dict[tuple[str, ...], Opened] = {}


def _once(bundle: Bundle, device: Device) -> Opened:
    """Return a model that came from another process; the same again for the same files."""
    key = (device, *(f"{name} {record.sha256}" for name, record in sorted(bundle.manifest.files.items())))
    return _arrived.setdefault(key, Opened(bundle, device))
