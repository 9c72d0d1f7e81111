"""Train a model and write its bundle: every step from studies to folder, in order."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cellfill.bundle import (
    FORMAT,
    FORMAT_VERSION,
    Architecture,
    Bundle,
    Gene,
    GeneIndex,
    Manifest,
    Scale,
    SubNetwork,
    check_writable,
    write_bundle,
)
from cellfill.bundle import Study as StudyRecord
from cellfill.errors import UsageError
from cellfill.genes.align import align
from cellfill_training.about import About, check_species, settle, species_line
from cellfill_training.blocks import cell_totals
from cellfill_training.card import write_card
from cellfill_training.card_facts import NOT_JUDGED
from cellfill_training.gene_table import GeneTable
from cellfill_training.judging import choose_cells, judge_model
from cellfill_training.levels import Levels, measure_levels
from cellfill_training.lineage import (
    check_seen,
    descent,
    earlier_studies,
    keep_untold,
    option_words,
    take_structure,
)
from cellfill_training.memory import give_back
from cellfill_training.options import FitOptions, Preset, options_for, tuning_options
from cellfill_training.selection import Plan, candidate_genes, choose_predictors, choose_targets
from cellfill_training.start import Start, read_start, start_cohort, start_levels
from cellfill_training.stored import StoredCounts
from cellfill_training.studies import Cohort, Study, filter_cells, harmonise, remarks
from cellfill_training.words import AboutWords, Words, apply_words, check_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cellfill_training.fitting import Epoch, Fitted

# Below, a model of other studies of the tissue was better than one of the cells (benchmarks/transfer/pairs.md).
FEW_CELLS = 200
# Real held-out cells on which ONNX Runtime and TensorFlow are compared.
_PARITY_CELLS = 64


def fit(
    studies: Sequence[Study],
    *,
    out: str | Path,
    preset: Preset = "default",
    options: FitOptions | None = None,
    held_out: Sequence[Study] = (),
    gene_table: GeneTable | None = None,
    targets: Sequence[str] | None = None,
    start: Bundle | str | Path | None = None,
    about: About | None = None,
    words: Words | None = None,
    overwrite: bool = False,
    on_epoch: Callable[[Epoch], None] | None = None,
    on_step: Callable[[str], None] | None = None,
) -> Bundle:
    """Train sub-networks on studies and write a bundle.

    Parameters
    ----------
    studies
        Raw counts of the studies to train on.
    out
        Folder of the bundle; its name is the model's.
    preset
        ``default``, the best recipe known here, or ``paper``, DeepImpute as published.
    options
        Every choice; by default the preset's, with ``start`` those of `tuning_options`.
    held_out
        Studies that train nothing, on which the model is judged. Without any it is judged on the held-out
        cells of the training studies, which stopped its training.
    gene_table
        Ensembl ids, symbols and aliases that bring the studies together.
    targets
        Ids or symbols of the genes to impute, instead of choosing them.
    start
        A bundle, or its folder, from whose weights the training continues. Genes, sub-networks and the scale of the
        input are the bundle's, and so are the options in `STRUCTURE`; genes take the level of the new cells (see
        `start_levels`). A target that no study measures keeps its level and its own weights, but the hidden neurons
        that it shares with others of its sub-network move.
    about
        Species, tissue and licence. By default they are those of ``words``, then of ``start``; a species that
        nobody names is told by the names of the genes, as far as they tell it.
    words
        What a person says of the model, for the card.
    overwrite
        Replace an existing bundle.
    on_epoch, on_step
        Called after every epoch, and with a word on each step.

    Returns
    -------
    The bundle as it was written.

    Raises
    ------
    UsageError
        When an option means nothing, or ``start`` is a model that cannot be continued so.
    DataError
        When the studies cannot be trained on, or are no match for ``start``.
    ExportError
        When the exported graph disagrees with TensorFlow.
    OutputError
        When the bundle cannot be written.
    """
    begun = None if start is None else read_start(start)
    if words is not None:
        earlier = {study.name for study in begun.bundle.manifest.studies} if begun else set()
        check_words(words, earlier | {study.name for study in (*studies, *held_out)})
    said = settle(about or About(), words, begun, studies)
    if begun is None:
        chosen = options or options_for(preset)
    else:
        chosen = take_structure(begun, options or tuning_options(preset), preset, said.species)
        check_seen(begun, held_out)
        if gene_table is not None or targets is not None:
            raise UsageError(
                "The genes of a model that is continued are its own: give no gene table and no targets."
            )
    check_writable(out, overwrite=overwrite)
    _check_names(studies, held_out)
    check_species(said.species, (*studies, *held_out))
    say = on_step or (lambda _text: None)
    table = gene_table or GeneTable()
    kept = [filter_cells(study, min_genes=chosen.min_genes) for study in studies]
    judges = [_in_memory(filter_cells(study, min_genes=chosen.min_genes)) for study in held_out]
    for line in (*remarks((*kept, *judges)), species_line(said), *_warnings(kept, begun, on_step)):
        if line:
            say(line)
    if begun is None:
        say("choosing genes")
        cohort, levels, plan = prepare(_subsample(harmonise(kept, table), chosen), chosen, targets)
    else:
        say(f"bringing the cells into the genes of {begun.bundle.manifest.name}")
        cohort = _subsample(start_cohort(begun, kept), chosen)
        levels, plan = start_levels(begun, cohort), begun.plan
    records, trained_on = _study_records(kept, judges), len(kept)
    del kept
    give_back()
    untrained = np.full(len(cohort.genes), np.nan)
    index = _gene_index(cohort, levels, plan, untrained, untrained, table)
    for study in judges:  # one that shares no genes is refused now, not after the training
        align(index, study.gene_names, species=said.species, min_coverage=chosen.min_coverage)
    say(
        f"training {len(plan.predictors)} sub-networks for {plan.targets:,} genes on "
        f"{cohort.counts.shape[0]:,} cells of {trained_on} studies"
    )
    from cellfill_training.dispersion import inverse_dispersion
    from cellfill_training.export import check_export, export_graph
    from cellfill_training.fitting import fit_networks, split_cells
    from cellfill_training.worth import gene_worth

    fitted = fit_networks(cohort, levels, plan, chosen, on_epoch, start=begun)
    say("exporting to ONNX, and comparing with TensorFlow")
    _, held = split_cells(cohort.counts.shape[0], chosen)
    graph, form = export_graph(fitted.networks)
    give_back()
    parity = check_export(graph, fitted.networks, cohort.counts[held[:_PARITY_CELLS]].toarray())
    give_back()
    poisson = chosen.objective == "poisson"
    phi = inverse_dispersion(fitted.networks, cohort, levels) if poisson else untrained
    say("measuring what each gene is worth")
    worth = gene_worth(fitted.networks, cohort, levels, held)
    subnetworks, epochs = _subnetworks(plan, fitted), fitted.epochs
    del fitted
    give_back()
    manifest = Manifest(
        format=FORMAT,
        format_version=FORMAT_VERSION,
        name=Path(out).name,
        task="imputation",
        species=said.species,
        tissue=said.tissue,
        licence=said.licence,
        architecture=Architecture(
            name="deepimpute",
            preset=preset,
            options=option_words(begun, chosen),
        ),
        estimates=("expected", "expressed", "posterior") if poisson else ("expressed",),
        min_coverage=chosen.min_coverage,
        scale=Scale(counts="raw", size_factors="shared-gene-means", library_sizes=_library_sizes(cohort)),
        graph=form,
        subnetworks=subnetworks,
        studies=(earlier_studies(begun, cohort.names) if begun else ()) + records,
        evaluations=(),
        provenance=(descent(begun) if begun else {})
        | ({"species": f"told by {said.told}"} if said.told else {})
        | _provenance(parity, epochs),
        files={},
    )
    genes = _gene_index(cohort, levels, plan, phi, worth, table)
    if begun is not None:
        genes = keep_untold(genes, begun, cohort.measured)
    if words is not None:
        manifest = apply_words(manifest, replace(words, about=AboutWords()))  # `settle` has weighed these
    bundle = Bundle(manifest=manifest, genes=genes, graph=graph, card="")
    unseen, few = choose_cells(judges, cohort, held)
    if unseen:
        say("judging the model on cells that did not train it")
    bundle = judge_model(bundle, unseen, few)
    if why := bundle.manifest.provenance.get(NOT_JUDGED):
        say(f"not judged: {why}")
    card = write_card(bundle.manifest, bundle.genes, words=words)
    return write_bundle(replace(bundle, card=card), out, overwrite=overwrite)


def prepare(
    cohort: Cohort, options: FitOptions, targets: Sequence[str] | None = None
) -> tuple[Cohort, Levels, Plan]:
    """Choose a model's genes and plan its sub-networks.

    Returns
    -------
    The cohort in the model's genes (targets first, group after group), its levels, and the plan.
    """
    candidates = cohort.take_genes(candidate_genes(cohort, options))
    del cohort  # each holds the counts again
    chosen = choose_targets(candidates, options, targets)
    others = np.setdiff1d(np.arange(len(candidates.genes)), chosen)
    ordered = candidates.take_genes(np.concatenate([chosen, others]))
    del candidates
    plan = choose_predictors(ordered, measure_levels(ordered), len(chosen), options)
    read = np.union1d(np.concatenate(plan.predictors), np.arange(len(chosen)))
    place = np.full(len(ordered.genes), -1, dtype=np.intp)
    place[read] = np.arange(len(read))
    final = ordered.take_genes(read)
    del ordered
    plan = replace(plan, predictors=tuple(place[p] for p in plan.predictors))
    return final, measure_levels(final, by_size_factor=options.objective == "poisson"), plan


def _warnings(kept: Sequence[Study], start: Start | None, on_step: object) -> list[str]:
    """Return what speaks against training on so few cells; who listens to no steps is warned as Python warns."""
    cells = sum(study.counts.shape[0] for study in kept)
    if cells >= FEW_CELLS or start is not None:
        return []
    text = (
        f"{cells:,} cells are few to train on: below {FEW_CELLS} a pre-trained model of the same tissue has less "
        "error (on 50 PBMC by a fifth). Impute with one, or go on from one with --from (in Python start=)."
    )
    if on_step is None:
        warnings.warn(text, stacklevel=3)
    return [f"WARNING {text}"]


def _subsample(cohort: Cohort, options: FitOptions) -> Cohort:
    if options.cells_fraction == 1:
        return cohort
    cells = cohort.counts.shape[0]
    drawn = np.random.default_rng([options.seed, 7]).permutation(cells)
    return cohort.take_cells(np.sort(drawn[: max(round(options.cells_fraction * cells), 1)]))


def _check_names(studies: Sequence[Study], held_out: Sequence[Study]) -> None:
    names = [study.name for study in (*studies, *held_out)]
    if not studies:
        raise UsageError("There is no study to train on.")
    if len(set(names)) != len(names):
        raise UsageError(f"Two studies have one name, or one is both trained on and held out: {names}.")


def _in_memory(study: Study) -> Study:
    return replace(study, counts=study.counts[:]) if isinstance(study.counts, StoredCounts) else study


def _library_sizes(cohort: Cohort) -> tuple[float, ...]:
    return tuple(float(q) for q in np.quantile(cell_totals(cohort.counts), [0.01, 0.5, 0.99]))


def _subnetworks(plan: Plan, fitted: Fitted) -> tuple[SubNetwork, ...]:
    return tuple(
        SubNetwork(
            targets=len(plan.group(i)),
            predictors=len(predictors),
            best_epoch=int(fitted.best_epochs[i]),
            held_out_loss=round(float(fitted.held_out_losses[i]), 6),
        )
        for i, predictors in enumerate(plan.predictors)
    )


def _study_records(kept: Sequence[Study], judges: Sequence[Study]) -> tuple[StudyRecord, ...]:
    pairs = [(s, "training") for s in kept] + [(s, "held-out") for s in judges]
    return tuple(
        StudyRecord(
            name=study.name,
            role=role,  # type: ignore[arg-type]
            cells=study.counts.shape[0],
            genes=study.counts.shape[1],
            source=study.source,
            licence=study.licence,
        )
        for study, role in pairs
    )


def _provenance(parity: float, epochs: int) -> dict[str, str]:
    packages = ("cellfill-training", "cellfill", "tensorflow", "tf2onnx", "onnx", "onnxruntime", "numpy")
    return {
        "trained": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "epochs": str(epochs),
        "largest relative difference between ONNX Runtime and TensorFlow": f"{parity:.1e}",
        "versions": ", ".join(f"{p} {_version(p)}" for p in packages),
    }


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError

    try:
        return version(package)
    except PackageNotFoundError:
        return "(another build)"  # onnxruntime-gpu, tensorflow-cpu


def _gene_index(
    cohort: Cohort,
    levels: Levels,
    plan: Plan,
    phi: NDArray[np.float64],
    worth: NDArray[np.float64],
    table: GeneTable,
) -> GeneIndex:
    reads: list[list[int]] = [[] for _ in cohort.genes]
    for number, predictors in enumerate(plan.predictors):
        for gene in predictors:
            reads[gene].append(number)
    neutral = np.expm1(levels.centres)
    rows = []
    for i, name in enumerate(cohort.genes):
        target = i < plan.targets
        rows.append(
            Gene(
                ensembl_id=name.ensembl_id,
                symbol=name.symbol,
                aliases=table.aliases(name),
                is_input=bool(reads[i]),
                is_target=target,
                subnetwork=i // plan.group_size if target else -1,
                predicts=tuple(reads[i]),
                mean=float(levels.means[i]),
                neutral=float(neutral[i]),
                worth=float(worth[i]) if reads[i] else float("nan"),
                inverse_dispersion=float(phi[i]) if target else float("nan"),
            )
        )
    return GeneIndex(rows)
