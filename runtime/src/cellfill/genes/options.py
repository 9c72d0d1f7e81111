"""Options of an alignment."""

from dataclasses import dataclass

from cellfill.options.shared import GeneColumnOption, MinCoverageOption


@dataclass(frozen=True, kw_only=True)
class AlignOptions(MinCoverageOption, GeneColumnOption):
    """How the genes of a dataset are found in a model."""
