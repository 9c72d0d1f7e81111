"""What the manifest says of the graph: what goes in, what comes out, and what each of it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from cellfill.errors import BundleError, TaskError
from cellfill.options.shared import Task

Meaning = Literal["expected", "expressed", "embedding", "class_probabilities", "class_energy"]
MEANINGS: tuple[Meaning, ...] = get_args(Meaning)
# What the tasks read; a graph has at most one output of imputed counts.
IMPUTED: tuple[Meaning, ...] = ("expected", "expressed")
READS: Mapping[Task, tuple[Meaning, ...]] = {
    "impute": IMPUTED,
    "annotate": ("class_probabilities", "class_energy"),
    "embed": ("embedding",),
}

MAX_DIMENSIONS = 4096
MAX_DIMENSION_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphInput:
    """One input of the ONNX graph.

    Attributes
    ----------
    name
        Name of the input in the graph.
    meaning
        ``counts``: float32, cells x input genes, raw counts, columns in the order of ``genes.tsv``.
        ``size_factors``: float32, cells x 1, the cell's depth relative to the training cells.
    """

    name: str
    meaning: Literal["counts", "size_factors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphOutput:
    """One output of the ONNX graph: float32, a row a cell.

    Attributes
    ----------
    name
        Name of the output in the graph.
    meaning
        ``expected``: mu = E[count | other genes], cells x target genes, columns in the order of ``genes.tsv``.
        ``expressed``: E[count | other genes, count > 0], of the same form.
        ``embedding``: coordinates, cells x dimensions.
        ``class_probabilities``: cells x leaf classes in the order of ``classes.tsv``; a row sums to 1.
        ``class_energy``: cells x 1, log sum exp of the logits, before the temperature.
    dimensions
        What the columns of an embedding are called; empty for every other meaning.
    """

    name: str
    meaning: Meaning
    dimensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How the graph is cut down to some of its sub-networks: which of its constants (initialisers) hold what.

    Only a graph whose columns of imputed counts are sorted by sub-network can be cut.

    Attributes
    ----------
    stacked
        Constants that hold one slice a sub-network on axis 0.
    places
        The stacked constant of whole numbers that says which input columns each sub-network reads.
    by_input
        Constants that hold one value an input column on their last axis.
    width
        The constant that holds the number of target genes; empty where there is none.
    """

    stacked: tuple[str, ...]
    places: str
    by_input: tuple[str, ...]
    width: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """What goes into ``model.onnx`` and what comes out.

    Attributes
    ----------
    inputs, outputs
        The graph's, each meaning once.
    opset
        Version of the standard ONNX operator set.
    cut
        How it is cut down to some of its sub-networks; None for a graph that only runs whole.
    """

    inputs: tuple[GraphInput, ...]
    outputs: tuple[GraphOutput, ...]
    opset: int
    cut: Cut | None

    def __post_init__(self) -> None:
        """Check what the types cannot say."""
        meanings: list[str] = [i.meaning for i in self.inputs]
        if meanings.count("counts") != 1 or len(set(meanings)) != len(meanings):
            raise BundleError(f"manifest.json: the graph must take counts once; it takes {meanings[:9]}.")
        _check_distinct("inputs", [i.name for i in self.inputs])
        meanings = [o.meaning for o in self.outputs]
        if not meanings or len(set(meanings)) != len(meanings) or set(IMPUTED) <= set(meanings):
            raise BundleError(
                "manifest.json: the graph must give something, each meaning once, and imputed counts of one kind; "
                f"it gives {meanings[:9]}."
            )
        _check_distinct("outputs", [o.name for o in self.outputs])
        for output in self.outputs:
            _check_dimensions(output)
        if self.output("class_energy") and not self.output("class_probabilities"):
            raise BundleError("manifest.json: the graph gives class_energy without class_probabilities.")
        if self.cut is not None and self.imputed is None:
            raise BundleError("manifest.json: a graph that does not impute has no sub-networks to cut it down to.")

    def output(self, meaning: Meaning) -> GraphOutput | None:
        """Return the output of a meaning; None where there is none."""
        return next((o for o in self.outputs if o.meaning == meaning), None)

    @property
    def imputed(self) -> GraphOutput | None:
        """The output of imputed counts; None where there is none."""
        return next((o for o in self.outputs if o.meaning in IMPUTED), None)

    @property
    def output_meaning(self) -> Literal["expected", "expressed"]:
        """Which counts it imputes; an error where it imputes none."""
        if self.imputed is None:
            raise TaskError("The model does not impute: its graph gives no counts. Use a model that imputes.")
        return "expected" if self.imputed.meaning == "expected" else "expressed"


def _check_distinct(what: str, names: Sequence[str]) -> None:
    if len(set(names)) != len(names):
        raise BundleError(f"manifest.json: two {what} of the graph have one name: {list(names)[:9]}.")


def _check_dimensions(output: GraphOutput) -> None:
    names = output.dimensions
    if bool(names) != (output.meaning == "embedding"):
        raise BundleError(
            f"manifest.json: the output of meaning {output.meaning} names {len(names)} dimensions; an "
            "embedding names each of its own, and nothing else any."
        )
    if len(names) > MAX_DIMENSIONS or len(set(names)) != len(names):
        raise BundleError(f"manifest.json: an embedding has dimensions of one name, or over {MAX_DIMENSIONS:,}.")
    if not all(name.strip() == name and 0 < len(name) <= MAX_DIMENSION_NAME for name in names):
        raise BundleError(
            "manifest.json: the name of a dimension is empty, too long, or begins or ends in a blank."
        )
