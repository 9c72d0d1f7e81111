"""The loop of every run: find the counts, prepare the task, apply it block by block, say what was done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from cellfill.counts.find import Found, Request, find_counts
from cellfill.errors import UsageError
from cellfill.network.blocks import blocks_of
from cellfill.network.threads import usual_workers
from cellfill.progress import phase, remark
from cellfill.results.gathered import Gathered
from cellfill.results.ours import with_digests
from cellfill.runs.room import check_room
from cellfill.runs.threads import apply_in_threads
from cellfill.text.sentences import AS_USUAL

if TYPE_CHECKING:
    from cellfill.counts.in_blocks import Counts
    from cellfill.options.running import BlockOptions, RunOptions
    from cellfill.readers.dataset import Dataset
    from cellfill.results.named import Block, Results
    from cellfill.results.ours import Places
    from cellfill.runs.journal import Journal
    from cellfill.runs.task import ApplyBlocks, Ready, Task


class AddsBlocks(Protocol):
    """Takes the blocks of layers in order; ``notes`` say what a person should know of where they go."""

    notes: tuple[str, ...]

    def add(self, block: Any, /, *also: Any) -> None:
        """Append a block of cells of the layer, CSR or dense, and of those beside it."""


Sink = TypeVar("Sink", bound=AddsBlocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[Sink]):
    """A task, done with a dataset.

    Attributes
    ----------
    sink
        Has every block of the layers.
    added
        What else is to be added.
    """

    sink: Sink
    added: Results


def ask_for(task: Task, dataset: Dataset, run: RunOptions) -> tuple[Found, Places]:
    """Find the counts of a dataset for a task, whose results it must have room for.

    Returns
    -------
    The counts; and what an earlier result left in obs, obsm and layers, which is replaced.

    Raises
    ------
    UsageError
        When the name of a result is taken.
    CountsError
        When there are no counts.
    """
    earlier = check_room(task.names, dataset, layer=run.layer)
    found = find_counts(dataset, Request(layer=run.layer, gene_column=run.gene_column))
    if found.source.matrix.layer in task.names.layers:
        raise UsageError(
            f"The counts are in {found.source.matrix.name}, which the result would replace: see --key-added."
        )
    return found, earlier


def carry_over(
    task: Task,
    dataset: Dataset,
    open_sink: Callable[[Ready], Sink],
    run: RunOptions,
    *,
    apply: ApplyBlocks | None = None,
    journal: Journal | None = None,
) -> Done[Sink]:
    """Do a task with all cells of a dataset.

    Parameters
    ----------
    task, dataset
        What to do, with which cells.
    open_sink
        Makes what takes the blocks of the layer; called when all that can be refused has been.
    run
        Where their counts are, and how many at once.
    apply
        Works on blocks elsewhere; by default threads of this process do.
    journal
        Keeps finished blocks, and has those of an earlier run.
    """
    with phase("looking for the counts"):
        found, earlier = ask_for(task, dataset, run)
    ready = task.prepare(found, cells=dataset.cells, dense=dataset.dense)
    sink = open_sink(ready)
    source = found.source
    gathered = run_blocks(
        ready,
        source,
        sink.add,
        run,
        cells=dataset.cells,
        apply=None if apply is None else lambda blocks: apply(ready, source, blocks),
        journal=journal,
    )
    notes = (*dataset.notes, *found.names.notes, *sink.notes)
    added = ready.describe(cells=dataset.cells, gathered=gathered, source=source, notes=notes)
    _remark_on(added, task.names.layers, cells=dataset.cells)
    new = {(part, name) for part in ("obs", "obsm") for name in getattr(added, part)}
    new |= {("layers", name) for name in task.names.layers}
    added = replace(added, gone=earlier - new, record=with_blocks(added.record, run))
    return Done(sink=sink, added=with_digests(added))


def _remark_on(added: Results, layers: Sequence[str], *, cells: int) -> None:
    """Say what is added, and whether the model fits these cells, to one who listens."""
    places = [f"layers[{name!r}]" for name in layers]
    places += [f"{part}[{name!r}]" for part in ("obs", "var", "obsm") for name in getattr(added, part)]
    remark(f"{cells:,} cells: added {', '.join([*places, f'uns[{added.record_name!r}]'])}")
    if added.record.get("saw", AS_USUAL) != AS_USUAL:
        remark(str(added.record["saw"]))
    check = added.record.get("check")
    if check:
        remark(f"the model {check['verdict']}: {check['why']}")


def with_blocks(record: Mapping[str, Any], run: BlockOptions) -> dict[str, Any]:
    """Return a record that says the size of the blocks, on which the last digits of values depend."""
    return {**record, "block_size": run.block_size}


def run_blocks(
    ready: Ready,
    source: Counts,
    add: Callable[..., None],
    run: BlockOptions,
    *,
    cells: int,
    apply: Callable[[Sequence[slice]], Iterator[Block]] | None = None,
    journal: Journal | None = None,
) -> Gathered:
    """Apply what is ready to all cells, in order; ``add`` takes the blocks of the layer."""
    gathered, done = Gathered(), 0
    rows = blocks_of(cells, run.block_size)

    def here(blocks: Sequence[slice]) -> Iterator[Block]:
        return apply_in_threads(ready.apply, source, blocks, workers=run.threads or usual_workers())

    with phase("all cells", total=cells, unit="cells") as move:
        for row, block in zip(rows, _blocks(apply or here, rows, journal), strict=True):
            if block.layer is not None:
                add(block.layer, *block.also)
            gathered.add(block)
            done += row.stop - row.start
            move(done)
            if run.on_block is not None:
                run.on_block(done, cells)
    return gathered


def _blocks(
    apply: Callable[[Sequence[slice]], Iterator[Block]], rows: Sequence[slice], journal: Journal | None
) -> Iterator[Block]:
    """Yield every block in order: first those that a journal has, then new ones."""
    if journal is None:
        yield from apply(rows)
        return
    yield from journal.blocks(rows)
    for block in apply(rows[journal.kept :]):
        journal.keep(block)
        yield block
