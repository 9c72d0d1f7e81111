"""Studies of one species in the genes of another: by pairs of genes that have only each other."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.errors import DataError, DataNotFoundError, UsageError
from cellfill.genes.names import strip_version
from cellfill.genes.species import MOUSE, SpeciesSeen, same_species, see_species

if TYPE_CHECKING:
    from cellfill_training.studies.study import Study


@dataclass(frozen=True, slots=True)
class Orthologues:
    """Genes of two species, one to one.

    Attributes
    ----------
    species
        The two.
    pairs
        Their genes, ids or symbols, in the same order.
    """

    species: tuple[str, str]
    pairs: tuple[tuple[str, str], ...]

    def other(self, species: str) -> str:
        """Return the species whose genes are brought into those of a model's species.

        Raises
        ------
        UsageError
            When the model's is neither of the two.
        """
        matched = [same_species(species, SpeciesSeen(species=frozenset({one}))) for one in self.species]
        if sum(matched) != 1:
            raise UsageError(
                f"The orthologues are of {' and '.join(self.species)}, and the model's species is "
                f"{species or 'not said'}: name one of the two with --species."
            )
        return self.species[1 if matched[0] else 0]

    def bring(self, study: Study, species: str) -> Study:
        """Name the genes of a study of the other species as the model's are named; one without a pair is unknown.

        A study whose names tell another species, or none, is left as it is.

        Raises
        ------
        UsageError
            When the model's species is neither of the two.
        DataError
            When no gene of the study has a pair.
        """
        theirs = self.other(species)
        if theirs not in see_species(study.gene_names).species:
            return study
        named = _other_names(study.gene_names, self._partners(theirs))
        found = sum(map(bool, named))
        if not found:
            raise DataError(f"No gene of {study.name} is among the orthologues: the table has other names.")
        line = (
            f"genes of {theirs} by their orthologues: {found:,} of {len(named):,} have one in {species}, "
            "the others are unknown"
        )
        return replace(study, gene_names=(named,), left_out=(*study.left_out, line))

    def brought(self, studies: Sequence[Study], species: str) -> tuple[list[Study], dict[str, str]]:
        """Bring studies, and return also the species of those that were, by name."""
        after = [self.bring(study, species) for study in studies]
        theirs = self.other(species)
        return after, {new.name: theirs for new, old in zip(after, studies, strict=True) if new is not old}

    def _partners(self, species: str) -> Mapping[str, str]:
        """Return the partner of each gene of a species, by its name as it stands and without its case."""
        own = self.species.index(species)
        pairs = [(pair[own], pair[1 - own]) for pair in self.pairs]
        return {name.casefold(): partner for name, partner in pairs} | dict(pairs)


def read_orthologues(path: str | Path) -> Orthologues:
    """Read a table of two columns, comma or tab separated, without a header: genes of two species.

    Rows with one gene alone say nothing; a gene that stands beside several others is left out, and so are these.

    Raises
    ------
    DataNotFoundError
        When there is no such table.
    DataError
        When it is no such table, or its names do not tell two species.
    """
    source = Path(path)
    if not source.is_file():
        raise DataNotFoundError(f"No table of orthologues at {source}: there is no such file.")
    try:
        text = source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise DataError(f"{source} cannot be read: {error}.") from error
    lines = csv.reader(text.splitlines(), delimiter="," if source.suffix == ".csv" else "\t")
    rows = {(strip_version(row[0].strip()), strip_version(row[1].strip())) for row in lines if len(row) == 2}
    both = sorted(row for row in rows if all(row))
    times = [Counter(row[side] for row in both) for side in (0, 1)]
    pairs = tuple(row for row in both if times[0][row[0]] == times[1][row[1]] == 1)
    seen = [_one(see_species([[row[side] for row in rows if row[side]]]).species) for side in (0, 1)]
    if not pairs or not all(seen) or seen[0] == seen[1]:
        raise DataError(
            f"{source} does not hold orthologues: it must have two columns without a header, the genes of two "
            "species by ids or symbols that tell them (CD3D, Cd3d)."
        )
    return Orthologues(species=(seen[0], seen[1]), pairs=pairs)


def _one(species: frozenset[str]) -> str:
    """Return the species that names tell; of rodents, whose symbols are alike, the mouse."""
    return MOUSE if MOUSE in species else next(iter(sorted(species)), "")


def _other_names(names: Sequence[Sequence[str]], partners: Mapping[str, str]) -> tuple[str, ...]:
    """Return each gene's name in the other species, by the first of its names that has one; empty for none."""

    def partner(name: str) -> str:
        plain = strip_version(name)
        return partners.get(plain, "") or partners.get(plain.casefold(), "")

    return tuple(next(filter(None, map(partner, gene)), "") for gene in zip(*names, strict=True))
