"""Tell a person how a training goes, and what is left to be done to its model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellfill.console import progress, say
from cellfill_training.cli.records import record_of

if TYPE_CHECKING:
    from cellfill.bundle import Bundle, Manifest
    from cellfill_training.fitting.epoch import Epoch
    from cellfill_training.recipes.together import Scratch

# Of a model, by the first of its tasks: what is done with it, and a name for what comes of that.
_USE = {
    "impute": ("impute", "filled"),
    "annotate": ("name cells", "typed"),
    "embed": ("place cells", "placed"),
}
_SIMPLER = "On such cells that is the better choice; more cells or studies may change it."
_EITHER = "Which of the two counts is yours to say."
_LOSSES = "(Of two losses the smaller is the better, below 0 too: constants are left out.) "
_LONGER = "Look at its learning curve: more epochs, cells or studies may change it."
# Of what is learnt in one go, without epochs, a curve has one point.
_MORE = "More cells or studies may change it."
_UNJUDGED = "nobody knows whether it is of use. Give it more cells, or {} to judge it on (--hold-out-study)."
_WARNING = "WARNING "
# What `cellfill annotate` calls its types where nobody says otherwise.
CELL_TYPE = "cell_type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How a person wants to be told of a training: not at all, or of every epoch and figure."""

    quiet: bool = False
    verbose: bool = False


def tell_training(
    train: Callable[[Path, Callable[[Epoch], None], Callable[[str], None]], Bundle],
    out: Path,
    told: Told,
    *,
    overwrite: bool,
    labels: str | None = None,
    write_recipe: Callable[[Bundle, Path], None] | None = None,
) -> tuple[Bundle, dict[str, Any]]:
    """Train, and tell a person how it goes: on stderr, a line an epoch.

    The model, its history and its recipe come into their places together, or none of them.

    Parameters
    ----------
    train
        The training, which is given the folder to write, and what to call with each epoch and step.
    out
        The folder of the model.
    told
        What a person wants to hear.
    overwrite
        Replace an earlier model, and what stands beside it.
    labels
        The column of the cells' types, if it learns from one.
    write_recipe
        Writes the recipe of the model into a file; where there is none, one that is there stays.

    Returns
    -------
    The bundle, and a record of what was done.
    """
    import time

    from cellfill_training.cards.card import headline
    from cellfill_training.cli.epochs import NATS, EpochLines
    from cellfill_training.cli.judged import judged_lines
    from cellfill_training.recipes.together import together

    started = time.perf_counter()
    history: list[Epoch] = []
    lines = EpochLines(verbose=told.verbose)

    early: list[str] = []

    def tell(text: str) -> None:
        if text and not told.quiet:
            say(text)

    def on_step(text: str) -> None:
        if text.startswith(_WARNING):
            early.append(text.removeprefix(_WARNING))
            say(text)
        else:
            tell(text)

    def on_epoch(epoch: Epoch) -> None:
        if epoch.course.measure == "gain" and not any(earlier.course.measure == "gain" for earlier in history):
            tell(NATS)
        history.append(epoch)
        tell(lines.line(epoch))

    with together(out, overwrite=overwrite, recipe=write_recipe is not None) as scratch:
        with progress("training", quiet=told.quiet):
            bundle = train(scratch.folder, on_epoch, on_step)
        manifest = bundle.manifest
        for line in map(headline, manifest.evaluations) if told.verbose else judged_lines(manifest):
            tell(line)
        files = _write_history(scratch, out, history, tell)
        if write_recipe is not None:
            write_recipe(bundle, scratch.recipe)
    if "curve" in files:
        tell(f"learning curve: {files['curve']}")
    seconds = time.perf_counter() - started
    task = manifest.tasks[0]
    does, output = _USE[task]
    size = f"{sum(file.size for file in manifest.files.values()) / 1e6:,.1f} MB"
    if manifest.evaluations:
        tell(f"wrote {out} ({size}) in {seconds:.0f} s; {does} with it:")
        # The cells that trained it have that column already, and are often the first to be named.
        key = " --key-added NAME" if task == "annotate" and labels == CELL_TYPE else ""
        tell(f"    cellfill {task} cells.h5ad --model {out} --output {output}.h5ad{key}")
    else:
        tell(f"wrote {out} ({size}) in {seconds:.0f} s; it was judged on no cells{_unjudged(manifest)}")
    warnings = list(_warnings(manifest, next_=_LONGER if len(history) > 1 else _MORE))
    for warning in warnings:
        say(f"warning: {warning}")
    return bundle, record_of(bundle, out, history, seconds=seconds, warnings=[*early, *warnings]) | files


def _write_history(
    scratch: Scratch, out: Path, history: Sequence[Epoch], tell: Callable[[str], None]
) -> dict[str, str]:
    """Write the history and its curve, without which a model is a model all the same; return their places."""
    from cellfill.errors import CellfillError
    from cellfill_training.fitting.history import curve_place, history_place, write_curve, write_history

    if not history:
        return {}
    write_history(scratch.history, history)
    written = {"history": str(history_place(out))}
    try:
        write_curve(scratch.curve, history, name=out.name)
    except CellfillError as error:
        tell(f"no learning curve was drawn: {error}")
        return written
    return written | {"curve": str(curve_place(out))}


def say_what_is_missing(bundle: Bundle, folder: Path, words: Path) -> None:
    """Tell a person how a model comes to the Hub: by what is still to be said of it."""
    from cellfill.hub.publish import missing_of

    missing = missing_of(bundle)
    if not missing:
        say(f"fit to be published: cellfill publish {folder} --repo ORG/NAME --tag v1.0.0")
        return
    say(f"to publish, fill in {words}:")
    for line in missing if bundle.manifest.tissue else _tissue_of_model(missing):
        say(f"    {line}")
    say(f"and then, nothing is trained: cellfill-train card {folder} --words {words}")


def _tissue_of_model(missing: Sequence[str]) -> Iterator[str]:
    """Yield what is missing, the tissue where a recipe has its blank: of the model, once, and not of each study."""
    said = False
    for line in missing:
        names, colon, keys = line.rpartition(": ")
        others = [key for key in keys.split(", ") if key != "tissue"]
        if not line.startswith("[[study]]") or "tissue" not in keys.split(", "):
            yield line
            continue
        if not said:
            yield "[about] tissue"
            said = True
        if others:
            yield f"{names}{colon}{', '.join(others)}"


def _unjudged(manifest: Manifest) -> str:
    """Return why a model has no figures, where that is known, and what to do."""
    from cellfill_training.cards.facts import NOT_JUDGED

    why = manifest.provenance.get(NOT_JUDGED)
    held_out = any(study.role == "held-out" for study in manifest.studies)
    said = _UNJUDGED.format("another study" if held_out else "a study")
    return f" ({why}): {said}" if why else f": {said}"


def _warnings(manifest: Manifest, *, next_: str) -> Iterator[str]:
    """Yield what speaks against a model by its own figures, and what to do next."""
    from cellfill_training.cards.facts import behind_by_itself, learnt_nothing
    from cellfill_training.cards.types import poor_places, worse_beside

    places = ""
    if manifest.imputation:
        places = "As an embedding: "
        if nothing := learnt_nothing(manifest):
            yield nothing
        else:
            for sentence in behind_by_itself(manifest):
                yield f"{sentence} {_LOSSES if 'loss' in sentence else ''}{next_}"
    for sentence in poor_places(manifest):
        yield f"{places}{sentence} {next_}"
    for sentence in worse_beside(manifest):
        yield f"{places}{sentence} {_EITHER if 'though better' in sentence else _SIMPLER}"
