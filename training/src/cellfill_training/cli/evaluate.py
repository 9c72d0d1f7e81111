"""``cellfill-train evaluate``: models, presets and the trivial methods, by every protocol that the data allows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cellfill.console import out, print_json, progress, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cellfill_training.evaluation.methods import Method
    from cellfill_training.evaluation.records import Evaluations
    from cellfill_training.evaluation.subjects import Subject


# As in evaluation.protocols.named and evaluation.cell_types.run, whose import would take seconds.
_PROTOCOLS = ("masked", "molecules", "truth", "clusters", "differential", "gini", "protein")
_CELL_PROTOCOLS = ("types", "unknown", "embedding")
_TYPES = "Models that name or place cells"


def evaluate(
    methods: Annotated[
        list[str], typer.Argument(metavar="BUNDLE|PRESET...", help="Folders of models; default, paper: presets.")
    ],
    data: Annotated[
        list[Path] | None, typer.Option(metavar="STUDY.h5ad", help="Raw counts to judge on. Repeatable.")
    ] = None,
    protocol: Annotated[
        list[str] | None,
        typer.Option(
            metavar="|".join((*_PROTOCOLS, *_CELL_PROTOCOLS)),
            help="Repeatable [default: all that the data allows].",
            show_default=False,
        ),
    ] = None,
    sizes: Annotated[
        list[str] | None, typer.Option(metavar="CELLS|all", help="Cells to draw. Repeatable [default: all].")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Draws, numbered from 0.")] = 3,
    labels: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of obs: the cells' types.")] = None,
    proteins: Annotated[
        str | None,
        typer.Option(metavar="MATRIX", help="Matrix of obsm: counts of antibodies, a named column each."),
    ] = None,
    truth_layer: Annotated[
        str | None, typer.Option(metavar="LAYER", help="True counts; X is the matrix itself.")
    ] = None,
    observed_layer: Annotated[
        str | None,
        typer.Option(metavar="LAYER", help="Counts that the methods see [default: found]."),
    ] = None,
    share: Annotated[
        list[float] | None,
        typer.Option(help="Share of the cells that a preset learns from, besides all. Repeatable."),
    ] = None,
    min_detection: Annotated[float, typer.Option(help="Share of the cells that must have a scored gene.")] = 0.05,
    min_genes: Annotated[int, typer.Option(help="Detected genes a cell must have.")] = 200,
    json_file: Annotated[
        Path | None, typer.Option("--json-file", metavar="FILE", help="Write every figure here, as JSON.")
    ] = None,
    figures: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Draw figures here, as PNG.")] = None,
    per_gene: Annotated[
        Path | None, typer.Option(metavar="FILE.tsv", help="Write which genes the first method helps and harms.")
    ] = None,
    label_table: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.tsv",
            help="What each label is: label, type, parent, ontology_id [default: labels are the model's types].",
            rich_help_panel=_TYPES,
        ),
    ] = None,
    reference: Annotated[
        list[Path] | None,
        typer.Option(metavar="STUDY.h5ad", help="Labelled cells that rivals learn from.", rich_help_panel=_TYPES),
    ] = None,
    foreign: Annotated[
        list[Path] | None,
        typer.Option(metavar="STUDY.h5ad", help="Cells that are to stay unassigned.", rich_help_panel=_TYPES),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column of obs: batches that are to mix.", rich_help_panel=_TYPES),
    ] = None,
    *,
    simulation: Annotated[bool, typer.Option("--simulation", help="Judge on simulated cells, too.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print every figure as JSON on stdout, and no tables.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but the tables and errors.")] = False,
) -> None:
    """Judge models beside simple methods.

    Models and presets that impute: beside no imputation, the gene's mean, and the non-zero mean. Models that
    name or place cells: beside the commonest type, what learns from --reference, and PCA.

    Tables go to stdout. docs/evaluation.md says what each protocol can tell and what it cannot.
    """
    from cellfill_training.evaluation.cell_types.files import CellFiles
    from cellfill_training.evaluation.cell_types.models import cell_type_models
    from cellfill_training.evaluation.protocols.named import protocol_named
    from cellfill_training.evaluation.report import check_outputs, write_report
    from cellfill_training.evaluation.run import evaluate_methods
    from cellfill_training.evaluation.subjects import read_subject, simulated
    from cellfill_training.studies.study import remarks

    check_outputs(json_file=json_file, figures=figures, per_gene=per_gene)
    numbers = [_size(text) for text in sizes or ["all"]]
    tell = (lambda _text: None) if quiet else say
    given: dict[str, object]
    models = cell_type_models(methods, protocol)
    if models:
        given = {
            "--proteins": proteins,
            "--truth-layer": truth_layer,
            "--observed-layer": observed_layer,
            "--share": share,
        }
        given |= {"--figures": figures, "--per-gene": per_gene, "--simulation": simulation}
        _refuse(given, "models that impute, and these name or place cells")
        files = CellFiles(
            data=data or (),
            reference=reference or (),
            foreign=foreign or (),
            labels=labels,
            batch=batch,
            label_table=label_table,
            min_genes=min_genes,
        )
        with progress("evaluating", quiet=quiet):
            found = files.judge(
                models,
                protocols=protocol,
                sizes=numbers,
                seeds=range(seeds),
                on_step=tell,
                on_ready=_print_tables(as_json=as_json),
            )
        write_report(found, json_file=json_file, on_step=tell)
        _print_record(found, as_json=as_json)
        return
    given = {"--label-table": label_table, "--reference": reference, "--foreign": foreign, "--batch": batch}
    _refuse(given, "models that name or place cells, and these impute")
    subjects: list[Subject] = [
        read_subject(
            path,
            labels=labels,
            proteins=proteins,
            truth_layer=truth_layer,
            observed_layer=observed_layer,
            min_genes=min_genes,
        )
        for path in data or ()
    ]
    if simulation:
        subjects.append(simulated())
    judged = _methods(methods, share or ())
    for line in remarks(subject.study for subject in subjects):
        tell(line)
    with progress("evaluating", quiet=quiet):
        found = evaluate_methods(
            judged,
            subjects,
            protocols=None if protocol is None else [protocol_named(text) for text in protocol],
            sizes=numbers,
            seeds=range(seeds),
            min_detection=min_detection,
            on_ready=_print_tables(as_json=as_json),
        )
    verdicts = (judged[0], [s.study for s in subjects], min_detection) if per_gene else None
    write_report(found, json_file=json_file, figures=figures, per_gene=per_gene, of=verdicts, on_step=tell)
    _print_record(found, as_json=as_json)


def _print_record(found: Evaluations, *, as_json: bool) -> None:
    """Print every figure for machines, if they are to read it."""
    from cellfill_training.evaluation.tables import as_json as record

    if as_json:
        print_json(record(found))


def _print_tables(*, as_json: bool) -> Callable[[Evaluations], None]:
    """Return what prints the tables of each protocol when they are ready, a blank line between them."""
    from cellfill_training.evaluation.tables import text_table

    parts = 0
    if as_json:
        return lambda _ready: None

    def show(ready: Evaluations) -> None:
        nonlocal parts
        out(("\n" if parts else "") + text_table(ready))
        parts += 1

    return show


def _refuse(given: Mapping[str, object], whose: str) -> None:
    """Refuse options that are of other models."""
    from cellfill.errors import UsageError

    for name, value in given.items():
        if value:
            raise UsageError(f"{name} is for {whose}: leave it out.")


def _size(text: str) -> int | None:
    from cellfill.errors import UsageError

    if text == "all":
        return None
    if not text.isdecimal():
        raise UsageError(f"--sizes {text} is neither a number of cells nor all.")
    return int(text)


def _methods(names: Sequence[str], shares: Sequence[float]) -> list[Method]:
    """Return each model calibrated and plain, and each preset with every share of the cells."""
    from cellfill_training.evaluation.methods import of_bundle, of_preset
    from cellfill_training.fitting.presets import PRESET_NAMES, options_for

    found = []
    for name in names:
        preset = next((p for p in PRESET_NAMES if p == name), None)
        if preset is None:
            found += [of_bundle(name, calibrate=True), of_bundle(name, calibrate=False)]
        else:
            found += [
                of_preset(preset, options=options_for(preset, min_genes=1, cells_fraction=part))
                for part in (1.0, *shares)
            ]
    return found
