"""What is said of a published network: where it is, what it gives, what it reads, and its paper's choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from cellfill.errors import UsageError
from cellfill.options.shared import Task
from cellfill_training.parts.options import NetworkOptions

if TYPE_CHECKING:
    from cellfill_training.parts.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """A published network.

    Attributes
    ----------
    name
        As it is asked for.
    paper
        Who published it, and where.
    tasks
        What a model of it can do, the first one first.
    network
        Its class; or, so that TensorFlow is imported only when it is asked for, where that is in this folder:
        ``module:Class``.
    published
        Its paper's choices, or its program's where the paper is silent. Options that are not among them and not
        in `COMMON` it does not read.
    labels
        Whether it learns from the types of cells.
    gene_sets
        Whether it can be wired by gene sets, or cannot be made without.
    moves_batches
        Whether it moves the cells of all studies, its batches, onto one of them.
    in_steps
        Whether it learns step by step: else the options of steps are not read.
    needs
        What its training imports beside TensorFlow: the package of each module, all of the extra ``evaluate``.
    """

    name: str
    paper: str
    tasks: tuple[Task, ...]
    network: str | type[Network]
    published: Mapping[str, Any]
    labels: bool = False
    gene_sets: Literal["never", "may", "must"] = "never"
    moves_batches: bool = False
    in_steps: bool = True
    needs: Mapping[str, str] = field(default_factory=dict)

    @property
    def reads(self) -> frozenset[str]:
        """The options that it reads."""
        return COMMON | (OF_STEPS if self.in_steps else frozenset()) | self.published.keys()

    def load(self) -> type[Network]:
        """Import its class, and with it TensorFlow."""
        if not isinstance(self.network, str):
            return self.network
        module, _, name = self.network.partition(":")
        found: type[Network] = getattr(import_module(f"cellfill_training.architectures.{module}"), name)
        return found

    def options(self, **changes: Any) -> NetworkOptions:
        """Return its published options with some of them changed; a change to None leaves the published value.

        Raises
        ------
        UsageError
            When it does not read such an option, or a value means nothing.
        """
        given = {key: value for key, value in changes.items() if value is not None}
        if strange := sorted(given.keys() - self.reads):
            known = {own.name for own in fields(NetworkOptions)}
            near = [] if strange[0] in known else get_close_matches(strange[0], self.reads, n=1)
            if near:
                raise UsageError(f"{self.name} has no {_flag(strange[0])}; did you mean {_flag(near[0])}?")
            raise UsageError(
                f"{self.name} has no {_flag(strange[0])}: leave it out. It reads "
                f"{', '.join(map(_flag, sorted(self.reads)))}."
            )
        return NetworkOptions(**(dict(self.published) | given))


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


# What the trainer and the bundle read, whatever the network; and how steps are taken.
COMMON = frozenset(
    {"min_genes", "held_out_fraction", "min_detection", "most_genes", "half", "min_coverage", "seed"}
)
OF_STEPS = frozenset(
    {
        "optimiser",
        "learning_rate",
        "momentum",
        "clip_gradient",
        "clip_norm",
        "batch_size",
        "max_epochs",
        "patience",
        "rate_patience",
        "keep",
    }
)
