"""The files of a bundle, all but the manifest: read together, since each says what others must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cellfill.bundle.classes import format_classes, parse_classes
from cellfill.bundle.files import CARD, CLASSES, GENES, GOLDEN, GRAPH, MANIFEST, PROFILES, REFERENCE
from cellfill.bundle.gene_index import format_genes, parse_genes
from cellfill.bundle.golden import format_golden, parse_golden
from cellfill.bundle.profiles import format_profiles, parse_profiles
from cellfill.bundle.reference import format_reference, parse_reference
from cellfill.bundle.strict import plain_text
from cellfill.errors import BundleError

if TYPE_CHECKING:
    from cellfill.bundle.classes import Classes
    from cellfill.bundle.gene_index import GeneIndex
    from cellfill.bundle.golden import Golden
    from cellfill.bundle.manifest import Manifest
    from cellfill.bundle.origin import Origin
    from cellfill.bundle.profiles import Profiles
    from cellfill.bundle.reference import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A verified bundle in memory.

    Attributes
    ----------
    manifest
        What the files are and what the numbers mean.
    genes
        The gene index.
    graph
        The bytes of ``model.onnx``, equal to the hash in the manifest.
    card
        The model card, Markdown with a YAML head.
    classes, profiles
        The cell types, and what a cell of each is made of; None where the model does not name types, or tells no
        unknown ones by profiles.
    reference
        Cells of its studies; None where it has none.
    golden
        Cells, and what the graph gives for them; None in format 1.
    origin
        Where it was read from; None for one that was only ever in memory.
    """

    manifest: Manifest
    genes: GeneIndex
    graph: bytes
    card: str
    classes: Classes | None = None
    profiles: Profiles | None = None
    reference: Reference | None = None
    golden: Golden | None = None
    origin: Origin | None = field(default=None, compare=False)


def parse_parts(manifest: Manifest, content: Mapping[str, bytes], *, origin: Origin | None = None) -> Bundle:
    """Parse the files of a bundle, the graph last, and refuse what does not go together.

    Parameters
    ----------
    manifest
        Of the bundle.
    content
        The bytes of its other files.
    origin
        Where they are from.

    Raises
    ------
    GraphRefusedError
        When the graph is not what the other files state, or holds what no model needs.
    BundleError
        When one is malformed, or is of another model than the others.
    """
    from cellfill.bundle.graph_check import check_graph, signature_of

    card = read_card(content[CARD])
    genes = parse_genes(content[GENES])
    check_roles(manifest, genes)
    classes = parse_classes(content[CLASSES]) if CLASSES in content else None
    if manifest.annotation is not None and classes is not None:
        manifest.annotation.check_leaves(len(classes.leaves))
    profiles = parse_profiles(content[PROFILES], genes, classes) if PROFILES in content and classes else None
    embedding = manifest.graph.output("embedding")
    reference = None
    if REFERENCE in content and embedding is not None:
        reference = parse_reference(
            content[REFERENCE],
            embedding.dimensions,
            studies={study.name for study in manifest.studies},
            types=None if classes is None else set(classes.names),
        )
    golden = parse_golden(content[GOLDEN], manifest.graph, genes, classes) if GOLDEN in content else None
    check_graph(content[GRAPH], signature_of(manifest.graph, genes, classes))
    return Bundle(
        manifest=manifest,
        genes=genes,
        graph=content[GRAPH],
        card=card,
        classes=classes,
        profiles=profiles,
        reference=reference,
        golden=golden,
        origin=origin,
    )


def format_parts(bundle: Bundle) -> dict[str, bytes]:
    """Return the bytes of a bundle's files, all but the manifest.

    Raises
    ------
    BundleError
        When a part lacks another that it is of.
    """
    content = {CARD: bundle.card.encode("utf-8"), GENES: format_genes(bundle.genes), GRAPH: bundle.graph}
    if bundle.classes is not None:
        content[CLASSES] = format_classes(bundle.classes)
        if bundle.profiles is not None:
            content[PROFILES] = format_profiles(bundle.profiles, bundle.genes, bundle.classes)
    embedding = bundle.manifest.graph.output("embedding")
    if bundle.reference is not None and embedding is not None:
        content[REFERENCE] = format_reference(bundle.reference, embedding.dimensions)
    if bundle.golden is not None:
        content[GOLDEN] = format_golden(bundle.golden)
    return content


def check_roles(manifest: Manifest, genes: GeneIndex) -> None:
    """Refuse genes that are filled or read otherwise than the manifest states.

    Raises
    ------
    BundleError
        With what is wrong.
    """
    if (manifest.imputation is None) != (len(genes.targets) == 0):
        wrong = "at least one target gene" if manifest.imputation else "no target genes, since it does not impute"
        raise BundleError(f"{GENES}: the model needs {wrong}.")
    count = len(manifest.subnetworks) if manifest.imputation else 0
    if any(max(g.subnetwork, *g.predicts, -1) >= count for g in genes):
        raise BundleError(f"{GENES} names a sub-network that {MANIFEST} does not have ({count} there).")
    if count and any(g.is_target and g.subnetwork < 0 for g in genes):
        raise BundleError(f"{GENES} has a target gene that no sub-network fills.")


def read_card(data: bytes) -> str:
    """Return the card's text, which may stand in a terminal: lines and tabs, but nothing else that steers one.

    Raises
    ------
    BundleError
        When it is another text, or none.
    """
    try:
        card = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BundleError(f"{CARD} is not UTF-8 text ({error}).") from error
    if not plain_text(card, lines=True):
        raise BundleError(f"{CARD} holds characters that steer a terminal. Get another model.")
    return card
