"""Judge models of cell types on files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.errors import UsageError
from cellfill_training.evaluation.cell_types.run import evaluate_cell_types
from cellfill_training.evaluation.subjects import Subject, read_subject
from cellfill_training.studies.labels import read_label_table
from cellfill_training.studies.study import remarks

if TYPE_CHECKING:
    from cellfill.model import Model
    from cellfill_training.evaluation.records import Evaluations


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFiles:
    """Files that models are judged on, and what is known of their cells.

    Attributes
    ----------
    data, reference, foreign
        Labelled studies that judge, those that rivals learn from, and cells of no type that the models know.
    labels, batch
        Columns of ``obs``; None for none.
    label_table
        What labels mean, see `studies.labels`; None where they are the models' types.
    min_genes
        Cells with fewer detected genes are left out.
    """

    data: Sequence[Path] = ()
    reference: Sequence[Path] = ()
    foreign: Sequence[Path] = ()
    labels: str | None = None
    batch: str | None = None
    label_table: Path | None = None
    min_genes: int = 200

    def judge(
        self,
        models: Sequence[Model],
        *,
        protocols: Sequence[str] | None,
        sizes: Sequence[int | None],
        seeds: Sequence[int],
        on_step: Callable[[str], None],
        on_ready: Callable[[Evaluations], None],
    ) -> Evaluations:
        """Read the files and judge; see `evaluate_cell_types`.

        Raises
        ------
        UsageError, DataNotFoundError, DataError, CountsError
            As there, and when a file is absent, unreadable, or has no such column.
        """
        meaning: Mapping[str, str] = {}
        if self.label_table is not None:
            meaning = read_label_table(self.label_table).types
        if self.labels is None:
            raise UsageError(
                "Models of cell types are judged by cells whose types are known: give --labels COLUMN."
            )
        subjects = [
            read_subject(path, labels=self.labels, batch=self.batch, min_genes=self.min_genes) for path in self.data
        ]
        references = [read_subject(path, labels=self.labels, min_genes=self.min_genes) for path in self.reference]
        foreign = [read_subject(path, min_genes=self.min_genes) for path in self.foreign]
        _apart(subjects, references, foreign)
        for line in remarks(subject.study for subject in (*subjects, *references, *foreign)):
            on_step(line)
        return evaluate_cell_types(
            models,
            subjects,
            references=references,
            foreign=foreign,
            meaning=meaning,
            protocols=protocols,
            sizes=sizes,
            seeds=seeds,
            on_step=on_step,
            on_ready=on_ready,
        )


def _apart(*kinds: Sequence[Subject]) -> None:
    """Refuse a study that is given twice: what taught a rival does not judge it."""
    names = [subject.study.name for kind in kinds for subject in kind]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(
            f"The study {twice[0]} is given twice: what judges may be neither a reference nor foreign, and each "
            "file needs a name of its own."
        )
