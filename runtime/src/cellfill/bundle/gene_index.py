"""The gene index, ``genes.tsv``: which genes a model reads and fills, and how well it fills them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellfill.errors import BundleError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_GENES = 200_000
MAX_LINE = 20_000
MAX_NUMBER = 1e9  # counts, shares and errors of real genes are far below it
COLUMNS = (
    "ensembl_id",
    "symbol",
    "aliases",
    "role",
    "subnetwork",
    "predicts",
    "mean",
    "neutral",
    "worth",
    "inverse_dispersion",
    "mse",
    "pearson",
    "baseline_mse",
    "baseline_pearson",
)
_NUMBERS = COLUMNS[6:]
_ROLES = {"input": (True, False), "target": (False, True), "both": (True, True)}
# A table of these bytes alone needs no closer look, which takes time: Python's int and float also read
# spaces, underscores and the digits of other scripts.
_PLAIN = bytes(set(range(0x21, 0x7F)) - {ord("_")} | {ord("\t"), ord("\n")})
_NAME = re.compile(r"[^\s|\x00-\x1f\x7f]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gene:
    """One row of the gene index.

    Attributes
    ----------
    ensembl_id
        Ensembl gene id without version; empty where the training data had none.
    symbol
        Gene symbol; empty where none is known.
    aliases
        Other symbols and retired Ensembl ids of the gene.
    is_input, is_target
        Whether the graph reads the gene, and whether it fills it.
    subnetwork
        The sub-network that fills the gene; -1 for a gene that none fills.
    predicts
        The sub-networks that read the gene.
    mean
        Mean count in a training cell of size factor 1.
    neutral
        Count, in a cell of size factor 1, that tells the networks nothing: what a gene that the dataset did
        not measure is filled with (expm1 of the mean log1p count, so that it is the centre of the input).
    worth
        Share of what all input genes tell the model: how far its counts move when the gene is unknown. NaN
        where it was not measured, and for genes that are not read.
    inverse_dispersion
        phi of the Gamma-Poisson step; NaN where the model has no such estimate.
    mse, pearson, baseline_mse, baseline_pearson
        Quality on hidden non-zero entries of held-out cells, log1p counts, estimate ``expressed``, and the
        same for the trivial baseline (non-zero mean + library slope). NaN where it could not be measured.
    """

    ensembl_id: str
    symbol: str
    aliases: tuple[str, ...] = ()
    is_input: bool
    is_target: bool
    subnetwork: int = -1
    predicts: tuple[int, ...] = ()
    mean: float
    neutral: float
    worth: float = math.nan
    inverse_dispersion: float = math.nan
    mse: float = math.nan
    pearson: float = math.nan
    baseline_mse: float = math.nan
    baseline_pearson: float = math.nan


class GeneIndex(Sequence[Gene]):
    """The genes of a model, in the order of ``genes.tsv``.

    The graph's input columns are the genes with ``is_input`` in this order, the columns of its imputed counts those
    with ``is_target`` in this order.
    """

    def __init__(self, genes: Sequence[Gene]) -> None:
        self._genes = tuple(genes)
        self._columns: dict[str, NDArray[np.float64]] = {}
        _check(self._genes)

    def __len__(self) -> int:
        return len(self._genes)

    def __iter__(self) -> Iterator[Gene]:
        return iter(self._genes)

    def __getitem__(self, item):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204
        return self._genes[item]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GeneIndex) and format_genes(self) == format_genes(other)

    def __hash__(self) -> int:
        return hash(self._genes)

    @property
    def inputs(self) -> NDArray[np.intp]:
        """Rows of the genes that the graph reads, in the order of its input columns."""
        import numpy as np

        return np.flatnonzero([g.is_input for g in self._genes])

    @property
    def targets(self) -> NDArray[np.intp]:
        """Rows of the genes that the graph fills, in the order of its columns."""
        import numpy as np

        return np.flatnonzero([g.is_target for g in self._genes])

    def column(self, name: str) -> NDArray[np.float64]:
        """Return one numeric column as float64, one value a gene; it is made once, and cannot be written to."""
        import numpy as np

        if name not in self._columns:
            values = np.array([getattr(g, name) for g in self._genes], dtype=np.float64)
            values.flags.writeable = False
            self._columns[name] = values
        return self._columns[name]


def is_gene_name(name: str) -> bool:
    """Return whether a text can stand in ``genes.tsv`` as an id, symbol or alias."""
    return _NAME.fullmatch(name) is not None and name.isprintable()


def parse_genes(text: bytes) -> GeneIndex:
    """Parse and check the bytes of a ``genes.tsv``.

    Raises
    ------
    BundleError
        When the table does not have exactly the declared form.
    """
    count = text.count(b"\n") - 1
    if count > MAX_GENES:
        raise BundleError(f"genes.tsv has {count} genes, over the bound of {MAX_GENES}.")
    try:
        lines = text.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise BundleError(f"genes.tsv is not UTF-8 text ({error}).") from error
    if tuple(lines[0].split("\t")) != COLUMNS:
        raise BundleError(f"genes.tsv must begin with the columns {', '.join(COLUMNS)}.")
    if lines[-1] != "":
        raise BundleError("genes.tsv does not end in a newline: it was cut short.")
    plain = not text.partition(b"\n")[2].translate(None, delete=_PLAIN)
    return GeneIndex([_parse_row(line, number, plain=plain) for number, line in enumerate(lines[1:-1], start=2)])


def format_genes(genes: GeneIndex) -> bytes:
    """Return the bytes of ``genes.tsv``; reading and formatting them again gives the same bytes."""
    rows = ["\t".join(COLUMNS)]
    for g in genes:
        role = "both" if g.is_input and g.is_target else "input" if g.is_input else "target"
        numbers = (
            g.mean,
            g.neutral,
            g.worth,
            g.inverse_dispersion,
            g.mse,
            g.pearson,
            g.baseline_mse,
            g.baseline_pearson,
        )
        rows.append(
            "\t".join(
                [
                    g.ensembl_id,
                    g.symbol,
                    "|".join(g.aliases),
                    role,
                    str(g.subnetwork) if g.subnetwork >= 0 else "",
                    "|".join(map(str, g.predicts)),
                    *("" if math.isnan(x) else format(x, ".7g") for x in numbers),
                ]
            )
        )
    return ("\n".join(rows) + "\n").encode("utf-8")


def _parse_row(line: str, number: int, *, plain: bool) -> Gene:
    where = f"genes.tsv, line {number}"
    if len(line) > MAX_LINE:
        raise BundleError(f"{where}: {len(line):,} characters, over the bound of {MAX_LINE:,}.")
    fields = line.split("\t")
    if len(fields) != len(COLUMNS):
        raise BundleError(f"{where}: {len(fields)} fields, {len(COLUMNS)} expected.")
    ensembl_id, symbol, others, role, subnetwork, predicts, *numbers = fields
    aliases = tuple(others.split("|")) if others else ()
    for name in (*filter(None, (ensembl_id, symbol)), *aliases):
        if not _NAME.fullmatch(name) or (not plain and not name.isprintable()):
            raise BundleError(f"{where}: {name[:40]!a} is not a gene name.")
    if role not in _ROLES:
        raise BundleError(f"{where}: role {role[:40]!a} is none of input, target, both.")
    is_input, is_target = _ROLES[role]
    if not plain and (f"{subnetwork}{predicts}".strip("0123456789|") or "".join(numbers).strip("0123456789+-.e")):
        raise BundleError(f"{where}: a field of numbers holds something else.")
    try:
        return Gene(
            ensembl_id=ensembl_id,
            symbol=symbol,
            aliases=aliases,
            is_input=is_input,
            is_target=is_target,
            subnetwork=int(subnetwork) if is_target and subnetwork else -1,
            predicts=tuple(map(int, predicts.split("|"))) if predicts else (),
            **dict(zip(_NUMBERS, map(_number, numbers), strict=True)),
        )
    except ValueError as error:
        raise BundleError(f"{where}: {str(error)[:100]}.") from error


def _number(text: str) -> float:
    if not text:
        return math.nan
    number = float(text)
    if not abs(number) <= MAX_NUMBER:
        raise ValueError(f"{text[:40]!r} is over the bound of {MAX_NUMBER:.0e}")
    return number


def _check(genes: tuple[Gene, ...]) -> None:
    """Check what holds across rows and between the fields of one."""
    if not any(g.is_input for g in genes):
        raise BundleError("genes.tsv: a model needs at least one input gene.")
    for kind in ("ensembl_id", "symbol"):
        seen: set[str] = set()
        for name in filter(None, (getattr(g, kind) for g in genes)):
            if name in seen:
                raise BundleError(f"genes.tsv: the {kind} {name!r} occurs twice.")
            seen.add(name)
    for g in genes:
        name = g.symbol or g.ensembl_id
        if not name:
            raise BundleError("genes.tsv: a gene has neither an Ensembl id nor a symbol.")
        if not (g.mean >= 0 and g.neutral >= 0):
            raise BundleError(f"genes.tsv: mean and neutral count of {name!r} must be at least 0.")
        if g.worth < 0 or (g.worth > 0 and not g.is_input):
            raise BundleError(f"genes.tsv: the worth of {name!r} is negative, or it is not an input.")
        if g.inverse_dispersion <= 0:
            raise BundleError(f"genes.tsv: inverse dispersion of {name!r} must be positive.")
        if (g.subnetwork >= 0 and not g.is_target) or min(g.predicts, default=0) < 0:
            raise BundleError(f"genes.tsv: sub-network numbers of {name!r} do not go with its role.")
        if g.predicts and not g.is_input:
            raise BundleError(f"genes.tsv: {name!r} predicts a sub-network but is not an input.")
