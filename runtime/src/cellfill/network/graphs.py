"""A model whose graphs are open, and which travels to other processes without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cellfill.bundle import Bundle
from cellfill.network.session import Network, open_network
from cellfill.options.shared import Device


class Graphs(Protocol):
    """A model whose graphs can be had."""

    @property
    def bundle(self) -> Bundle:
        """The verified files."""

    def network(self, networks: Sequence[int] | None = None) -> Network:
        """Return the open graph, whole or of some sub-networks."""


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

    def network(self, networks: Sequence[int] | None = None) -> Network:  # noqa: ARG002
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
    _graphs: dict[tuple[int, ...] | None, Network] = field(default_factory=dict, repr=False, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel without open graphs: another process opens its own, once."""
        return _once, (self.bundle, self.device)

    def network(self, networks: Sequence[int] | None = None) -> Network:
        """Return the open graph, whole or of some sub-networks; opened once.

        Raises
        ------
        DeviceError
            When it does not run on the device asked for.
        BundleError
            When ONNX Runtime refuses the graph.
        """
        key = None if networks is None else tuple(sorted(networks))
        if key not in self._graphs:
            # One thread a call: the engine runs several blocks at once.
            self._graphs[key] = open_network(self.bundle, device=self.device, threads=1, networks=networks)
        return self._graphs[key]


_arrived: dict[tuple[str, ...], Opened] = {}


def _once(bundle: Bundle, device: Device) -> Opened:
    """Return a model that came from another process; the same again for the same files."""
    key = (device, *(f"{name} {record.sha256}" for name, record in sorted(bundle.manifest.files.items())))
    return _arrived.setdefault(key, Opened(bundle, device))
