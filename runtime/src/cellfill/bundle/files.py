"""The files that a bundle may have, and the most bytes that each may have. A manifest says which of them it has."""

from __future__ import annotations

MANIFEST = "manifest.json"
CARD = "README.md"
GENES = "genes.tsv"
GRAPH = "model.onnx"
CLASSES = "classes.tsv"
PROFILES = "profiles.tsv"
REFERENCE = "reference.tsv"
GOLDEN = "golden.json"
# Of every bundle, and of every bundle of format 1 all.
ALWAYS = (MANIFEST, CARD, GENES, GRAPH)

# Far above any real model, far below what would hurt: checked before a byte is read.
MAX_BYTES = {
    MANIFEST: 1 << 20,
    CARD: 4 << 20,
    GENES: 32 << 20,
    GRAPH: 1 << 30,
    CLASSES: 1 << 20,
    PROFILES: 64 << 20,
    REFERENCE: 32 << 20,
    GOLDEN: 4 << 20,
}
