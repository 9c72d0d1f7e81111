"""Rank all models that can be had by what they know of a dataset's cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from cellfill.console.watching import told
from cellfill.errors import CellfillError, DeviceError, MissingDependencyError
from cellfill.fitness.check import CHECK_CELLS
from cellfill.fitness.gate import LEAST_CELLS
from cellfill.fitness.options import CheckOptions
from cellfill.fitness.verdict import Evidence
from cellfill.hub.bundles import find_bundle
from cellfill.hub.reachable import Reachable, reachable
from cellfill.network.graphs import Opened
from cellfill.network.threads import one_blas_thread, usual_workers
from cellfill.options.shared import TASKS
from cellfill.options.taking import taking
from cellfill.progress import each, phase, remark
from cellfill.ranking.cells import SharedCells, share_cells
from cellfill.ranking.columns import named_right
from cellfill.ranking.measure import measure
from cellfill.ranking.options import RecommendOptions
from cellfill.ranking.ranks import Ranked
from cellfill.ranking.recommendation import Recommendation
from cellfill.ranking.screen import Screened, screen
from cellfill.readers.argument import opened_dataset
from cellfill.runs.room import free_key
from cellfill.tasks.added import names_added, usual_key
from cellfill.tasks.checks import check_tasks
from cellfill.text.figures import only_cells
from cellfill.text.sentences import some

if TYPE_CHECKING:
    from cellfill.options.shared import Task
    from cellfill.readers.dataset import Dataset

_ASKED_AT_ONCE, _SAID = 8, 5


@taking(RecommendOptions)
@told("recommending")
def recommend(data: Any, options: RecommendOptions) -> Recommendation:
    """Rank all models that can be had for a task by what they know of a dataset's cells; by default for imputing.

    Every model is looked at without its graph first: species, coverage, and how like its training data the genes'
    levels are. Those that promise most are fetched and measured: imputing, all on the same cells with the same
    molecules hidden; for other tasks as `cellfill.check` does.

    Parameters
    ----------
    data
        An AnnData, or the path or URL of a dataset in any format that `cellfill.impute_file` reads.
    **options
        See `RecommendOptions`.

    Returns
    -------
    The models, best first, each with a verdict and why; ``best`` is None where none fits.

    Raises
    ------
    DataError
        When the data cannot be read or hold no counts.
    BundleNotFoundError
        When ``hub`` is a folder without any bundle.
    UsageError
        When an option means nothing.
    MissingDependencyError
        When ONNX Runtime is not installed.

    Examples
    --------
    >>> cellfill.recommend("cells.h5ad", hub="model_cards").best.model  # doctest: +SKIP
    """
    task: Task = options.task or "impute"
    with phase("looking for models"):
        found = reachable(options.hub, offline=options.offline)
    with opened_dataset(data, "recommend", orientation=options.orientation) as dataset:
        with phase("reading some cells"):
            cells = share_cells(dataset, layer=options.layer, gene_column=options.gene_column, seed=options.seed)
        names = cache(lambda: dataset.cell_names().tolist())
        looked = _look(found, cells, task=task, gene_column=options.gene_column, cell_names=names)
        ranks = [model for model in looked if isinstance(model, Ranked)]
        screened = [model for model in looked if isinstance(model, Screened)]
        others = [model for model in screened if task not in model.manifest.tasks]
        promising = sorted((model for model in screened if task in model.manifest.tasks), key=lambda s: -s.promise)
        tried = sum(not model.refusal for model in promising[: options.most])
        with one_blas_thread(), phase("trying the best models", total=tried):
            for place, model in enumerate(promising):
                if model.refusal:
                    ranks.append(_of_screened(model, "ruled out", model.refusal))
                elif place >= options.most:
                    ahead = "another one promises" if options.most == 1 else f"{options.most} others promise"
                    ranks.append(_of_screened(model, "screened", f"Not measured: {ahead} more (--most)."))
                else:
                    with phase(model.model, worth=1):
                        ranks.append(_try(model, cells, dataset, options, offline=found.offline))
        ranks.sort(key=_order)
        key = _free_key(ranks, promising, dataset, options)
    said = Recommendation(
        task=task,
        key_added=key,
        ranks=tuple(ranks),
        cells=dataset.cells,
        cells_checked=cells.counts.shape[0] if task == "impute" else min(dataset.cells, CHECK_CELLS),
        counts=cells.saw,
        species=tuple(sorted(cells.species.species)),
        species_why=cells.species.why,
        notes=(*found.notes, *(_on_others(others) if options.task is None or not ranks else ())),
    )
    remark(f"{said.best.model} {said.best.verdict}" if said.best else said.outcome)
    return said


def _free_key(
    ranks: Sequence[Ranked], promising: Sequence[Screened], dataset: Dataset, options: RecommendOptions
) -> str | None:
    """Return under which name the dataset has room for what the best model gives; None for the usual one."""
    manifest = next((model.manifest for model in promising if ranks and model.model == ranks[0].model), None)
    if manifest is None:
        return None
    task: Task = options.task or "impute"
    names_of = partial(names_added, task)
    return free_key(names_of, usual_key(task, manifest), dataset, layer=options.layer)


def _on_others(others: Sequence[Screened]) -> tuple[str, ...]:
    """Say which models there are for other tasks."""
    if not others:
        return ()
    said = some([f"{model.model} ({', '.join(model.manifest.tasks)})" for model in others], _SAID)
    tasks = sorted({task for model in others for task in model.manifest.tasks}, key=TASKS.index)
    return (f"Models for other tasks were left out: {said}. See --task {' or --task '.join(tasks)}.",)


def _look(
    found: Reachable,
    cells: SharedCells,
    *,
    task: Task,
    gene_column: str | None,
    cell_names: Callable[[], Sequence[str]],
) -> list[Screened | Ranked]:
    """Look at every model, several at once; one that cannot be read is ranked last."""

    def look(model: str) -> Screened | Ranked:
        try:
            return screen(
                model,
                cells,
                task=task,
                gene_column=gene_column,
                offline=found.offline,
                cell_names=cell_names,
            )
        except CellfillError as error:
            return Ranked(model=model, stage="not read", reasons=(str(error),))

    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        looked = pool.map(look, found.models)
        return list(each(looked, "looking at their genes", total=len(found.models), unit="models"))


def _try(
    screened: Screened, cells: SharedCells, dataset: Dataset, options: RecommendOptions, *, offline: bool
) -> Ranked:
    number = cells.counts.shape[0]
    if number < LEAST_CELLS:
        few = f"{only_cells(number, 'can', 'can')} be looked at, and {LEAST_CELLS} are needed to measure anything."
        return _of_screened(screened, "screened", few)
    assert screened.alignment is not None
    try:
        opened = Opened(find_bundle(screened.model, offline=offline), options.device)
        if options.task is not None and options.task != "impute":
            asked = CheckOptions(task=options.task, layer=options.layer, gene_column=options.gene_column)
            asked = replace(asked, threads=options.threads, seed=options.seed)
            looked: Any = check_tasks(opened, dataset, asked, name=screened.model)
            said = {"verdict": looked.verdict, "evidence": looked.evidence}
            return _of_screened(screened, "measured", *looked.reasons, **said)
        workers = options.threads or usual_workers()
        measured = measure(opened, screened.alignment, cells, workers=workers, seed=options.seed)
    except (MissingDependencyError, DeviceError):
        raise
    except CellfillError as error:
        return _of_screened(screened, "not read", str(error))
    gate = measured.gate
    return _of_screened(
        screened,
        "measured",
        *gate.reasons,
        verdict=gate.verdict,
        gain=measured.gain,
        calibrated=measured.calibrated,
        evidence=gate.evidence,
    )


def _of_screened(screened: Screened, stage: Any, *reasons: str, **more: Any) -> Ranked:
    coverage = screened.coverage
    return Ranked(
        model=screened.model,
        stage=stage,
        reasons=reasons,
        species=screened.manifest.species,
        tissue=screened.manifest.tissue,
        studies=tuple(study.name for study in screened.manifest.studies if study.role == "training"),
        coverage=coverage,
        likeness=screened.likeness,
        share=screened.share if screened.alignment is not None else float("nan"),
        **more,
    )


_STAGES = ("measured", "screened", "ruled out", "not read")


def _order(ranked: Ranked) -> tuple[float, ...]:
    """Return what ranks are sorted by; a model that cannot be compared in nats comes after those that can."""
    named, one_type = named_right(ranked)
    told = round(named - one_type, 1)  # one type for all is no answer
    gain = next((value for value in (ranked.gain, told) if value == value), float("-inf"))
    limited = told == told and ranked.verdict == "fits with limits"
    level = ranked.evidence.level if isinstance(ranked.evidence, Evidence) else 0.0
    likeness = ranked.likeness if ranked.likeness == ranked.likeness else -1.0
    return _STAGES.index(ranked.stage), not ranked.fits, limited, -gain, -level, -likeness
