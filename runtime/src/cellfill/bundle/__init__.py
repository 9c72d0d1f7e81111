"""The one contract between training, the Hub and the runtime: a folder of four files."""

from cellfill.bundle.folder import Bundle, check_writable, read_bundle, write_bundle
from cellfill.bundle.gene_index import Gene, GeneIndex, format_genes, is_gene_name, parse_genes
from cellfill.bundle.manifest import (
    FORMAT,
    FORMAT_VERSION,
    Architecture,
    Cut,
    Evaluation,
    FileRecord,
    Graph,
    GraphInput,
    Manifest,
    Scale,
    Score,
    Study,
    SubNetwork,
    format_manifest,
    parse_manifest,
)

__all__ = [
    "FORMAT",
    "FORMAT_VERSION",
    "Architecture",
    "Bundle",
    "Cut",
    "Evaluation",
    "FileRecord",
    "Gene",
    "GeneIndex",
    "Graph",
    "GraphInput",
    "Manifest",
    "Scale",
    "Score",
    "Study",
    "SubNetwork",
    "check_writable",
    "format_genes",
    "format_manifest",
    "is_gene_name",
    "parse_genes",
    "parse_manifest",
    "read_bundle",
    "write_bundle",
]
