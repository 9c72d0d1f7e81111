"""What is known of the genes of a matrix: their names, and columns beside them; no data frame is needed for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

# What is missing, as pandas, Python and R write it.
_MISSING = ("nan", "NaN", "<NA>", "None", "NA")
# Numbers, truth values and times do not name genes.
_NOT_TEXT = "biufcmM"


@dataclass(frozen=True, slots=True)
class GeneColumn:
    """One column.

    Attributes
    ----------
    label
        Its name.
    values
        One a gene.
    is_text
        Whether the values are text, or categories of any kind.
    """

    label: str
    values: Iterable[Any]
    is_text: bool

    def texts(self) -> list[str]:
        """Return the values as text; empty where there is none.

        What is missing may have become text before: as such it stands for several genes. Of one gene it is a name.
        """
        texts = ["" if _is_missing(value) else str(value) for value in self.values]
        spelled = {text for text in _MISSING if texts.count(text) > 1}
        return [text if text not in spelled else "" for text in texts] if spelled else texts


@dataclass(frozen=True, slots=True)
class GeneTable:
    """The genes of a matrix.

    Attributes
    ----------
    index
        Name of each gene, as the dataset has it.
    index_name
        What the names are called; empty for nothing.
    columns
        What else is known; labels may occur twice.
    frame
        Returns everything as a pandas data frame, for writers.
    """

    index: Sequence[str]
    index_name: str
    columns: tuple[GeneColumn, ...]
    frame: Callable[[], Any]

    def __len__(self) -> int:
        """Return the number of genes."""
        return len(self.index)

    @property
    def labels(self) -> list[str]:
        """Names of the columns."""
        return [column.label for column in self.columns]


def _is_missing(value: Any) -> bool:
    """Return whether there is no value: None, not a number, or what pandas has for either."""
    return value is None or (isinstance(value, float) and value != value) or type(value).__name__ == "NAType"


def gene_table(frame: Any) -> GeneTable:
    """Return the genes of a pandas data frame; one that is a table already stays as it is."""
    if isinstance(frame, GeneTable):
        return frame
    series = (frame.iloc[:, place] for place in range(len(frame.columns)))
    return GeneTable(
        index=[str(name) for name in frame.index],
        index_name="" if frame.index.name is None else str(frame.index.name),
        columns=tuple(
            GeneColumn(str(label), values, values.dtype.kind not in _NOT_TEXT)
            for label, values in zip(frame.columns, series, strict=True)
        ),
        frame=lambda: frame,
    )


def is_text(kind: str) -> bool:
    """Return whether values of a numpy kind (``dtype.kind``) can name genes."""
    return kind not in _NOT_TEXT
