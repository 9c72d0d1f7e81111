"""Which genes a person asked for, in a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cellfill.bundle.safe_file import exists, read_regular
from cellfill.errors import UsageError
from cellfill.genes.nearest import nearest_names
from cellfill.text.sentences import some

if TYPE_CHECKING:
    from cellfill.bundle import GeneIndex

_MAX_BYTES = 64 << 20
_SAID = 5
_ENDINGS = {".txt", ".tsv", ".csv", ".list", ".gz"}


def parse_genes(text: str, *, option: str = "--genes") -> tuple[str, ...]:
    """Read gene names from a command line: separated by commas, or a file with one or more a line.

    Parameters
    ----------
    text
        What was given.
    option
        To what, for messages.

    Raises
    ------
    UsageError
        When there are none, the file is not text, or what looks like a path is no file.
    """
    path = Path(text)
    if not text.strip():
        raise UsageError(f"{option}: there is no gene name in {text[:200]!r}. Name some: {option} CD3D,CD8A.")
    if exists(path) and path.is_dir():
        raise UsageError(f"{option}: {path} is a folder. Name a file in it, or genes: {option} CD3D,CD8A.")
    if exists(path) and not path.is_file():
        raise UsageError(
            f"{option}: {path} is a pipe or device, no regular file. Write the names to a file, or name them here: "
            f"{option} CD3D,CD8A."
        )
    if not exists(path) and _looks_like_a_path(text):
        raise UsageError(f"{option}: there is no such file: {text[:200]}. To name genes: {option} CD3D,CD8A.")
    try:
        content = read_regular(path, bound=_MAX_BYTES).decode("utf-8-sig") if exists(path) else text
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{option}: {path} cannot be read as a text file: {error}.") from error
    names = tuple(dict.fromkeys(content.replace(",", " ").split()))
    if not names:
        raise UsageError(f"{option}: there is no gene name in {text[:200]!r}. Name some: {option} CD3D,CD8A.")
    return names


def _looks_like_a_path(text: str) -> bool:
    """Return whether a text can only be a file's name: genes have no such ending, and no separator of folders."""
    return "," not in text and (Path(text).suffix.lower() in _ENDINGS or "/" in text or "\\" in text)


def target_rows(genes: GeneIndex, names: Sequence[str]) -> list[int]:
    """Return the rows of the target genes that names stand for, see `rows_by_name`."""
    return sorted(set(rows_by_name(genes, names).values()))


def rows_by_name(genes: GeneIndex, names: Sequence[str]) -> dict[str, int]:
    """Return the row of the target gene that each name stands for: a symbol, Ensembl id or alias.

    Raises
    ------
    UsageError
        When the model does not fill one of them.
    """
    from cellfill.genes.lookup import gene_lookup

    lookup = gene_lookup(genes)
    found = {name: lookup.column([name], [set()]) for name in names}
    unknown = [name for name, hit in found.items() if hit is None or not genes[hit[1]].is_target]
    if unknown:
        filled = [gene.symbol for gene in genes if gene.is_target]
        told = [_with_nearest(name, filled if found[name] is None else ()) for name in unknown[:_SAID]]
        lacking = some([*told, *unknown[_SAID:]], _SAID, between="; ")
        raise UsageError(
            f"The model does not fill {lacking}: it was not trained to, as for genes that few training cells "
            "had, or it does not know the names. Leave these out of --genes, or name others."
        )
    return {name: hit[1] for name, hit in found.items() if hit is not None}


def _with_nearest(name: str, known: Sequence[str]) -> str:
    """Return a name, and those that may have been meant."""
    near = nearest_names(name, known)
    return f"{name[:60]} (the nearest: {', '.join(near)})" if near else name[:60]
