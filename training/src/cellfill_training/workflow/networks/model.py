"""The bundle of a published network, trained and not judged yet."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import (
    FORMAT,
    Annotation,
    Architecture,
    Bundle,
    CellClass,
    Classes,
    Embedding,
    Gene,
    GeneIndex,
    Graph,
    GraphInput,
    GraphOutput,
    Imputation,
    Manifest,
    Scale,
)
from cellfill.bundle import Study as StudyRecord
from cellfill.errors import DataError
from cellfill.network.golden import absent_genes, make_golden
from cellfill.progress import phase
from cellfill_training.architectures.architecture import Architecture as Entry
from cellfill_training.architectures.classifier.options import ClassifierOptions
from cellfill_training.cards.about import Settled
from cellfill_training.cards.facts import TEMPERATURE
from cellfill_training.exporting.assemble import COUNTS, OPSET, SIZE_FACTORS
from cellfill_training.fitting.levels import Levels
from cellfill_training.parts.options import NetworkOptions
from cellfill_training.studies.cohort import Cohort
from cellfill_training.studies.gene_table import GeneTable
from cellfill_training.workflow.class_rows import class_rows
from cellfill_training.workflow.networks.prepare import facts_of
from cellfill_training.workflow.records import library_sizes, provenance

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from cellfill.estimates import Estimate
    from cellfill_training.fitting.epoch import Epoch
    from cellfill_training.parts.network import Gives, Network
    from cellfill_training.studies.gene_sets import Wiring
    from cellfill_training.workflow.networks.exported import Runner
    from cellfill_training.workflow.networks.labels import Types

_PARITY_CELLS, _CHECKED_CELLS = 64, 1000
_GOLDEN_CELLS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A bundle without figures, and the cells that stopped its training."""

    bundle: Bundle
    held: NDArray[np.intp]


def assemble(
    name: str,
    said: Settled,
    kind: Entry,
    options: NetworkOptions,
    cohort: Cohort,
    levels: Levels,
    records: Sequence[StudyRecord],
    *,
    types: Types | None,
    sets: Wiring | None,
    gene_table: GeneTable | None,
    on_epoch: Callable[[Epoch], None] | None,
    say: Callable[[str], None],
) -> Made:
    """Train, export, compare and measure; return the bundle with no card and no figures.

    Raises
    ------
    ExportError
        When graph and TensorFlow disagree, or what they give is beyond all numbers that a cell may have.
    FloatingPointError
        When the training leaves the numbers.
    """
    with phase("starting TensorFlow"):
        from cellfill_training.fitting.early_stopping import split_cells
        from cellfill_training.fitting.network_training import train_network
        from cellfill_training.fitting.sparse_cells import SparseCells
        from cellfill_training.workflow.networks.exported import (
            Runner,
            cells_of,
            check_export,
            check_outputs,
            export_graph,
        )
        from cellfill_training.workflow.networks.worth import gene_worth

    labelled = None if types is None else types.label >= 0
    training, held = split_cells(cohort.counts.shape[0], options, labelled=labelled)
    facts = facts_of(cohort, levels, types=_numbers(types, training), sets=sets)
    network = kind.load()(facts, options, np.random.default_rng([options.seed, 20]))
    cells = SparseCells(cohort, levels, label=None if types is None else types.label)
    beside_trivial = types is not None or "impute" in kind.tasks
    with phase("epochs"):
        trained = train_network(network, cells, training, held, on_epoch=on_epoch, beside_trivial=beside_trivial)
    if options.half:
        network.parameters.halve()
    say("exporting to ONNX, and comparing with TensorFlow")
    with phase("exporting"):
        graph, runner = export_graph(network, half=options.half), Runner(network)
        check_outputs(runner, *cells_of(cohort, levels, held[:_CHECKED_CELLS]))
        parity = check_export(graph, runner, cohort.counts[held[:_PARITY_CELLS]].toarray().astype(np.float32))
    say("measuring what each gene is worth")
    with phase("what each gene is worth"):
        worth = gene_worth(network, cohort, levels, held)
    form = _form(network, runner, cohort, held)
    manifest = Manifest(
        format=FORMAT,
        format_version=2,
        name=name,
        species=said.species,
        tissue=said.tissue,
        licence=said.licence,
        architecture=Architecture(
            name=kind.name,
            preset="default",
            options={
                k: str(v) for k, v in dataclasses.asdict(options).items() if k in kind.reads and v is not None
            },
        ),
        min_coverage=options.min_coverage,
        scale=Scale(counts="raw", size_factors="shared-gene-means", library_sizes=library_sizes(cohort.counts)),
        graph=form,
        imputation=_imputation(form),
        annotation=_annotation(network, types),
        embedding=Embedding(key=f"X_{name}") if "embed" in kind.tasks else None,
        studies=tuple(records),
        evaluations=(),
        provenance=({"species": f"told by {said.told}"} if said.told else {})
        | {"paper": kind.paper, "loss of held-out cells": f"{trained.held_out_loss:.6g}"}
        | dict(network.found())
        | _said_of_labels(network, types)
        | provenance(parity, trained.epochs),
        files={},
    )
    genes = _genes(cohort, levels, manifest, runner, worth, gene_table or GeneTable())
    bundle = Bundle(manifest=manifest, genes=genes, graph=graph, card="", classes=_classes(network, types))
    golden = make_golden(bundle, golden_cells(bundle, cohort, held))
    return Made(bundle=dataclasses.replace(bundle, golden=golden), held=held)


def names_only(cohort: Cohort) -> GeneIndex:
    """Return a gene index that knows what the genes are called, and nothing else of them."""
    return GeneIndex(
        [
            Gene(ensembl_id=g.ensembl_id, symbol=g.symbol, is_input=True, is_target=True, mean=1.0, neutral=1.0)
            for g in cohort.genes
        ]
    )


def golden_cells(bundle: Bundle, cohort: Cohort, held: NDArray[np.intp]) -> csr_matrix:
    """Return some cells for golden values: they have counts in the genes that are not left out of these.

    Raises
    ------
    DataError
        When there is none.
    """
    kept = np.ones(len(bundle.genes))
    kept[absent_genes(bundle)] = 0
    some = held[np.flatnonzero(cohort.counts[held] @ kept > 0)]
    if not len(some):
        raise DataError(
            f"No cell that was held out has counts in the {len(bundle.genes)} genes: give the network more with "
            "--most-genes, or more cells."
        )
    return cohort.counts[some[np.linspace(0, len(some) - 1, min(_GOLDEN_CELLS, len(some))).astype(int)]]


def _form(network: Network, runner: Runner, cohort: Cohort, held: NDArray[np.intp]) -> Graph:
    from cellfill_training.workflow.networks.exported import NAMES

    one = cohort.counts[held[:1]].toarray()
    meanings: tuple[Gives, ...] = tuple(runner(one, np.ones((1, 1), dtype=np.float32)))
    return Graph(
        inputs=(
            GraphInput(name=COUNTS, meaning="counts"),
            GraphInput(name=SIZE_FACTORS, meaning="size_factors"),
        ),
        outputs=tuple(
            GraphOutput(
                name=NAMES[meaning],
                meaning=meaning,
                dimensions=network.dimensions() if meaning == "embedding" else (),
            )
            for meaning in meanings
        ),
        opset=OPSET,
        cut=None,
    )


def _numbers(types: Types | None, training: NDArray[np.intp]) -> Mapping[str, int]:
    """Return the types, and how many of the cells that train are of each."""
    if types is None:
        return {}
    label = types.label[training]
    numbers = np.bincount(label[label >= 0], minlength=len(types.tree.leaves))
    return dict(zip(types.tree.leaves, numbers.tolist(), strict=True))


def _annotation(network: Network, types: Types | None) -> Annotation | None:
    """Return how answers are given: types as by the classifier, groups that the network found always."""
    if types is not None:
        return Annotation(confidence=ClassifierOptions().confidence, unknown=None)
    return Annotation(confidence=0.0, unknown=None) if network.groups() else None


def _said_of_labels(network: Network, types: Types | None) -> dict[str, str]:
    if types is None:
        return {}
    found = next(p for p in network.parameters.kept if p.name == "temperature")
    return {TEMPERATURE: f"{float(found.numpy()[0]):.3f}"}


def _classes(network: Network, types: Types | None) -> Classes | None:
    """Return the rows of classes.tsv for what the network tells apart, without figures.

    Groups that the network found have no prior: what it gives are shares, and no probabilities that hold for cells
    of which some groups are more frequent than in training.
    """
    groups = network.groups()
    if not groups:
        return None
    if types is not None:
        numbers = np.array([groups[leaf] for leaf in types.tree.leaves], dtype=np.float64)
        return class_rows(types.tree, numbers, numbers)
    return Classes([CellClass(name=name, cells=float(cells)) for name, cells in groups.items()])


def _imputation(form: Graph) -> Imputation | None:
    meanings = {output.meaning for output in form.outputs}
    of_mean: tuple[Estimate, ...] = ("expected", "expressed", "posterior")
    if "expected" in meanings:
        return Imputation(estimates=of_mean, subnetworks=())
    return Imputation(estimates=("expressed",), subnetworks=()) if "expressed" in meanings else None


def _genes(
    cohort: Cohort,
    levels: Levels,
    manifest: Manifest,
    runner: Runner,
    worth: NDArray[np.float64],
    table: GeneTable,
) -> GeneIndex:
    from cellfill_training.fitting.dispersion import inverse_dispersion_of
    from cellfill_training.workflow.networks.exported import means_of

    fills = manifest.imputation is not None
    phi = np.full(len(cohort.genes), np.nan)
    if manifest.imputation is not None and "posterior" in manifest.imputation.estimates:
        phi = inverse_dispersion_of(means_of(runner, cohort, levels), cohort, len(cohort.genes))
    neutral = np.expm1(levels.centres)
    return GeneIndex(
        [
            Gene(
                ensembl_id=gene.ensembl_id,
                symbol=gene.symbol,
                aliases=table.aliases(gene),
                is_input=True,
                is_target=fills,
                mean=float(levels.means[i]),
                neutral=float(neutral[i]),
                worth=float(worth[i]),
                inverse_dispersion=float(phi[i]),
            )
            for i, gene in enumerate(cohort.genes)
        ]
    )
