"""The four files of a bundle, and the most bytes that each may have."""

from __future__ import annotations

MANIFEST = "manifest.json"
CARD = "README.md"
GENES = "genes.tsv"
GRAPH = "model.onnx"
FILES = (MANIFEST, CARD, GENES, GRAPH)

# Far above any real model, far below what would hurt: checked before a byte is read.
MAX_BYTES = {MANIFEST: 1 << 20, CARD: 4 << 20, GENES: 32 << 20, GRAPH: 1 << 30}
