"""What was done with a model, as a paragraph for the methods of a paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cellfill.estimates import told_from
from cellfill.options.shared import Task
from cellfill.text.sentences import headline

if TYPE_CHECKING:
    from cellfill.hub.showing import Shown

_NOT_TESTED = "not tested"
_ESTIMATES = {
    "expected": "the mean count expected given {genes}",
    "posterior": "the mean count expected given {genes}, drawn towards the entry's own count",
    "expressed": "the mean count given {genes}, if the transcript was caught",
}
_POLICIES = {
    "zeros": "zeros were filled with {what}, and all other counts left as they were",
    "max": "each entry is the larger of its count and {what}",
    "all": "every entry was replaced by {what}",
}


def task_of(record: Mapping[str, Any]) -> Task:
    """Return what was done, of a record."""
    task: Task = record.get("task", "impute")
    return task


def methods(record: Mapping[str, Any], shown: Shown | None) -> str:
    """Return the paragraph.

    Parameters
    ----------
    record
        What a result says of itself.
    shown
        The model's manifest and card; None where it is not at hand.
    """
    task = task_of(record)
    return f"{_SAID[task](record, shown)} {_fit(record, task)}".strip()


def _model(record: Mapping[str, Any], shown: Shown | None) -> str:
    """Name the model to the byte, what it is for, and what it was trained on."""
    which = (
        f"{record['repo']}, commit {record['commit']}"
        if record.get("commit")
        else f"SHA-256 of its manifest {record['manifest_sha256']}"
        if record.get("manifest_sha256")
        else f"SHA-256 of its graph {record['model_sha256']}"
    )
    named = f"the pre-trained model {record['model']} ({which}"
    if shown is None:
        return f"{named})"
    manifest = shown.manifest
    trained = [study for study in manifest.studies if study.role == "training"]
    tissue = f"{manifest.tissue}, " if manifest.tissue else ""
    cells = sum(study.cells for study in trained)
    on = f"; trained on {cells:,} cells of {', '.join(study.name for study in trained)}" if trained else ""
    return f"{named}; {tissue}{manifest.species}{on})"


def _imputed(record: Mapping[str, Any], shown: Shown | None) -> str:
    model = _model(record, shown)
    genes = told_from(subnetworks=shown is None or bool(shown.manifest.subnetworks))
    what = f"{_ESTIMATES[record['estimate']].format(genes=genes)} (estimate {record['estimate']})"
    said = _POLICIES[record["policy"]].format(what=what)
    dropped = f"; zeros that would get less than {record['drop_below']:g} counts stayed zero"
    calibration, imputed = record.get("calibration"), f"{record['genes_imputed']:,} of {record['genes']:,} genes"
    corrected = (
        f"The model was corrected on {calibration['cells']:,} of these cells."
        if calibration is not None
        else "The model was not corrected on these cells."
    )
    return (
        f"Dropouts were imputed with cellfill {record['cellfill_version']} and {model}. "
        f"{imputed} were imputed in {record['cells']:,} cells: {said}"
        f"{dropped if record['drop_below'] else ''}. {corrected}"
    )


def _named(record: Mapping[str, Any], shown: Shown | None) -> str:
    model = _model(record, shown)
    unassigned = sum(int(number) for number in record["unassigned"].values())
    return (
        f"Cell types were assigned with cellfill {record['cellfill_version']} and {model}. Of {record['cells']:,} "
        f"cells {unassigned:,} were left unassigned; a type was given from a probability of "
        f"{record['confidence']:g} on."
    )


def _placed(record: Mapping[str, Any], shown: Shown | None) -> str:
    model = _model(record, shown)
    batches = f", without what {record['batches']} batches differ in" if record["batches"] else ""
    return (
        f"{record['cells']:,} cells were placed with cellfill {record['cellfill_version']} and {model}, in "
        f"{len(record['dimensions'])} dimensions{batches}."
    )


def _fit(record: Mapping[str, Any], task: Task) -> str:
    """Say how the model was tried on the cells, and what came out."""
    check = record["check"]
    if check["verdict"] == _NOT_TESTED:
        return "Whether the model fits these cells could not be told, or was not asked for."
    if task != "impute":
        return f"The model {headline(_fits(check['verdict']), check['why'])[0]}."
    hidden = "a tenth of the molecules" if check["hidden"] == "molecules" else "some counts"
    better, genes = check["genes_better"], check["genes"]
    others = "; the others were left as observed" if better < genes else ""
    return (
        f"Tried on {check['cells']:,} of these cells with {hidden} hidden, the model {_fits(check['verdict'])}: it "
        f"predicts {better:,} of {genes:,} genes better than the gene's mean does{others}."
    )


def _fits(verdict: str) -> str:
    begin, _, limits = verdict.partition(" with ")
    return f"{begin} them{f' with {limits}' if limits else ''}" if begin == "fits" else "does not fit them"


_SAID: Mapping[Task, Callable[[Mapping[str, Any], Shown | None], str]] = {
    "impute": _imputed,
    "annotate": _named,
    "embed": _placed,
}
