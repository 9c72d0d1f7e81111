"""Whether a cache is right: whatever a commit or a name of it leads to is what it should be, or is not there."""

from __future__ import annotations

import hashlib

from cellfill.hub.check import check_files


def assert_sound(cache):
    """Assert it, and return the commits of which a whole bundle is there."""
    for blob in cache.glob("blobs/*"):
        if blob.suffix != ".incomplete" and not blob.name.startswith("tmp_"):
            content = blob.read_bytes()
            names = hashlib.sha256(content), hashlib.sha1(b"blob %d\0" % len(content) + content)
            assert blob.name in [name.hexdigest() for name in names], blob
    whole = []
    for folder in sorted(cache.glob("snapshots/*")):
        names = {path.name for path in folder.iterdir() if path.exists()}
        if names == {"manifest.json", "README.md", "genes.tsv", "model.onnx"}:
            assert [check for check in check_files(folder) if check.fault] == []
            whole.append(folder.name)
    for ref in cache.glob("refs/**/*"):
        if ref.is_file() and ref.suffix != ".tmp":
            assert ref.read_text() in whole
    return whole
