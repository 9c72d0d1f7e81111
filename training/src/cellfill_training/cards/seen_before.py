"""Whether cells that judge a model may have trained the one that it goes on from, by where both are from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cellfill.bundle import Manifest
from cellfill.bundle import Study as StudyRecord
from cellfill_training.architectures.subnetworks.lineage import BETWEEN, EARLIER
from cellfill_training.cards.words import StudyWords

# Archives' numbers of whole experiments (GEO, SRA and its like, ArrayExpress, EGA, dbGaP, GSA, Single Cell Portal;
# a DOI), and of samples, which tell apart what is of one experiment.
_SERIES = re.compile(
    r"\b(?:GSE\d+|PRJ(?:NA|EB|DB|CA)\d+|[SED]RP\d+|E-[A-Z]{4}-\d+|EGA[SD]\d+|phs\d+|(?:HRA|CRA)\d+|SCP\d+"
    r"|10\.\d{4,}/[^\s,;]+[^\s,;.)\]])",
    re.IGNORECASE,
)
_SAMPLE = re.compile(r"\b(?:GSM\d+|SAM(?:N|EA|D|C)\d+|[SED]R[RXS]\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class From:
    """What a study says that it is from: archives' numbers of experiments and samples, and the words themselves."""

    series: frozenset[str]
    samples: frozenset[str]
    texts: frozenset[str]

    def shared(self, other: From) -> str:
        """Return what two studies name both, empty where nothing, or where they name other samples of it."""
        if both := self.samples & other.samples:
            return min(both)
        if self.samples and other.samples:
            return ""
        return min(self.series & other.series, default="") or min(self.texts & other.texts, default="")


def from_where(source: str, words: StudyWords | None) -> From:
    """Return where a study is from, by its source in the manifest and a person's words."""
    own = words or StudyWords()
    texts = [text.strip() for text in (source, own.source, own.accession) if text.strip()]
    every = " ".join([*texts, own.reference])
    return From(
        series=frozenset(name.upper() for name in _SERIES.findall(every)),
        samples=frozenset(name.upper() for name in _SAMPLE.findall(every)),
        texts=frozenset(texts),
    )


def maybe_seen(
    judges: Iterable[tuple[str, str]],
    earlier: Iterable[StudyRecord],
    words: Mapping[str, StudyWords],
) -> Mapping[str, str]:
    """Return a sentence for each study that judges and may be of cells that trained the model before.

    Parameters
    ----------
    judges
        Name and source of each study that judges.
    earlier
        The studies that trained the model before.
    words
        What is said of each study, of these ones and of those.
    """
    before = [(record.name, from_where(record.source, words.get(record.name))) for record in earlier]
    found = {}
    for name, source in judges:
        own = from_where(source, words.get(name))
        common = {other: shared for other, theirs in before if (shared := own.shared(theirs))}
        if common:
            what = min(common.values(), key=len)
            are = "is" if len(common) == 1 else "are"
            found[name] = (
                f"{name} is from {what}, and so {are} {' and '.join(common)}, which "
                "trained the model that this one goes on from: the same cells may be in both, and the figures are "
                "too good then."
            )
    return found


def seen_of(manifest: Manifest, words: Mapping[str, StudyWords]) -> Mapping[str, str]:
    """Return `maybe_seen` of a model as its manifest and a person describe it; empty of one that is all new."""
    names = manifest.provenance.get(EARLIER, "").split(BETWEEN)
    return maybe_seen(
        [(study.name, study.source) for study in manifest.studies if study.role == "held-out"],
        [study for study in manifest.studies if study.role == "training" and study.name in names],
        words,
    )
