"""Write an evaluation where it was asked for: tables, JSON, figures, a table of genes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cellfill.errors import CellfillError, OutputError
from cellfill_training.evaluation.by_gene.verdicts import GeneVerdict, as_tsv, gene_verdicts, headline
from cellfill_training.evaluation.extras import require
from cellfill_training.evaluation.figures.drawing import draw
from cellfill_training.evaluation.methods import Method
from cellfill_training.evaluation.records import Evaluations
from cellfill_training.evaluation.subjects import detected_genes
from cellfill_training.evaluation.tables import to_json
from cellfill_training.studies.study import Study


def check_outputs(*, json_file: Path | None, figures: Path | None, per_gene: Path | None) -> None:
    """Refuse what could not be written, before the work begins.

    Raises
    ------
    OutputError
        When a file's folder does not exist, or a folder or file is in the wrong place.
    MissingDependencyError
        When figures are asked for and matplotlib is not installed.
    """
    for file in (json_file, per_gene):
        if file is not None and (file.is_dir() or not file.absolute().parent.is_dir()):
            raise OutputError(f"{file} cannot be written: it is a folder, or is in none that exists.")
    if figures is not None:
        require("matplotlib", purpose="Drawing figures")
        if figures.exists() and not figures.is_dir():
            raise OutputError(f"{figures} is a file: name a folder for the figures.")


def write_report(
    found: Evaluations,
    *,
    json_file: Path | None = None,
    figures: Path | None = None,
    per_gene: Path | None = None,
    of: tuple[Method, Sequence[Study], float] | None = None,
    on_step: Callable[[str], None] | None = None,
) -> None:
    """Write the files asked for.

    Parameters
    ----------
    found
        The evaluation.
    json_file, figures, per_gene
        Where the JSON, the figures and the table of genes go; None for not at all.
    of
        The method, the studies and the least detection of a gene for the table of genes.
    on_step
        Called with a word on what was written.

    Raises
    ------
    OutputError
        When a file cannot be written.
    """
    tell = on_step or (lambda _text: None)
    if json_file is not None:
        _write(json_file, to_json(found))
        tell(f"wrote {json_file}")
    if figures is not None:
        for path in draw(found, figures):
            tell(f"wrote {path}")
    if per_gene is not None and of is not None:
        method, studies, least = of
        rows: list[GeneVerdict] = []
        for study in studies:
            tell(f"{study.name}: which genes {method.name} helps")
            try:
                verdicts = gene_verdicts(method, study, detected_genes(study, least))
            except CellfillError as error:  # one study that does not fit leaves the others' tables
                tell(f"{study.name} is left out of {per_gene}: {error}")
                continue
            tell(headline(verdicts))
            rows += verdicts
        _write(per_gene, as_tsv(rows))
        tell(f"wrote {per_gene}")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from error
