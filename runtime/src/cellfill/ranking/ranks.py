"""Which models suit a dataset, best first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from typing import TypeAlias

    from cellfill.fitness.verdict import Evidence, Verdict
    from cellfill.genes.coverage import Coverage
    from cellfill.options.shared import Task
    from cellfill.tasks.annotation.verdict import Evidence as TypesEvidence
    from cellfill.tasks.embedding.verdict import Evidence as EmbeddingEvidence

    AnyEvidence: TypeAlias = Evidence | TypesEvidence | EmbeddingEvidence

# How far a model came.
Stage = Literal["measured", "screened", "ruled out", "not read"]
# What became of the question: a model fits; all that could be had were measured or ruled out, and none fits; there
# are too few cells to measure any, or none of those measured can tell cells unlike its own; none could be had.
Outcome = Literal["recommended", "none fits", "not tested", "none reached"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One model.

    Attributes
    ----------
    model
        As ``--model`` and `cellfill.load` take it.
    stage
        ``measured`` on the dataset's cells; ``screened``, since others promise more; ``ruled out`` by its genes;
        ``not read``, since it could not be had.
    verdict
        Of the measured cells; None where it was not measured.
    reasons
        Why it stands where it stands, a sentence each.
    species, tissue
        What it is for; empty where it could not be read.
    studies
        Names of those that trained it: of their cells all figures look better than of new ones.
    coverage
        What of the model's genes the dataset has; None where that was not looked at.
    likeness
        Correlation of the genes' levels with those in its training data; NaN where it was not looked at.
    share
        Share of the dataset's counts that are of genes that the model fills; reads, where it is not to impute.
    gain
        What the model knows of these cells: nats a hidden molecule of the dataset, over gene mean x library; NaN
        where it was not measured.
    calibrated
        The same of what imputing gives, corrected on these cells. It is near what the cells teach without any
        model, for a model of a wrong tissue too, and so no measure of the model.
    evidence
        What the verdict rests on.
    """

    model: str
    stage: Stage
    verdict: Verdict | None = None
    reasons: tuple[str, ...] = ()
    species: str = ""
    tissue: str = ""
    studies: tuple[str, ...] = ()
    coverage: Coverage | None = None
    likeness: float = float("nan")
    share: float = float("nan")
    gain: float = float("nan")
    calibrated: float = float("nan")
    evidence: AnyEvidence | None = None

    @property
    def fits(self) -> bool:
        """Whether it was measured, and fits, with limits or without."""
        return self.verdict in ("fits", "fits with limits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranks:
    """All models that could be reached, best first.

    Attributes
    ----------
    ranks
        Those that fit by their gain, or by likeness; of models that name cells first those that fit without limits,
        by how many more they expect to name right than one type for all would be right for. Those that were
        measured and do not fit, likewise; those that were not measured by what they promise; those that the genes
        rule out; and those that could not be read.
    cells, cells_checked
        Of the dataset, and how many of them were looked at.
    counts
        Where they were, and what they looked like.
    species, species_why
        What the dataset can be from, empty where the names do not tell; and what told.
    notes
        What a person should know of the search: that the Hub did not answer, and the like.
    task
        What the models are to be used for.
    key_added
        What to call the result of the best of them, since the dataset has something of the usual name; else None.
    """

    ranks: tuple[Ranked, ...]
    cells: int
    cells_checked: int
    counts: str
    species: tuple[str, ...]
    species_why: str
    notes: tuple[str, ...] = ()
    task: Task = "impute"
    key_added: str | None = None

    @property
    def best(self) -> Ranked | None:
        """The model to use; None where none fits, or none could be tried."""
        return self.ranks[0] if self.ranks and self.ranks[0].fits else None

    @property
    def outcome(self) -> Outcome:
        """What was found, or why nothing was."""
        stages = {ranked.stage for ranked in self.ranks} - {"not read"}
        if self.best is not None:
            return "recommended"
        if not stages:
            return "none reached"
        if "measured" not in stages:
            return "not tested" if "screened" in stages else "none fits"
        told = {ranked.verdict for ranked in self.ranks if ranked.stage == "measured"}
        return "not tested" if told == {"not tested"} else "none fits"
