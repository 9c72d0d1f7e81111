"""Edits of a bundle, as the shared cases have them: the browser's runtime applies the same ones.

A case names a base (a folder of ``model_cards``, or a small bundle inside the file of cases) and edits of its
files: ``replace``, a text by another, once; ``splice``, ranges of the base's bytes by others, maybe several times;
``drop``, the file is not there. After that the manifest gets the sizes and hashes of the changed files, if
``seal`` does not say otherwise; edits of the manifest itself come last.
"""

import base64
import hashlib
import re

from conftest import ROOT

MANIFEST = "manifest.json"


def content(text):
    """The bytes of a text, or of an object that holds them in base64."""
    return text.encode() if isinstance(text, str) else base64.b64decode(text["base64"])


def base_files(cases, name):
    """The files of a base, by name."""
    if name in cases["bases"]:
        return {file: content(text) for file, text in cases["bases"][name].items()}
    return {path.name: path.read_bytes() for path in sorted((ROOT / "model_cards" / name).iterdir())}


def apply(files, case):
    """The files of a case.

    Parameters
    ----------
    files
        Of its base.
    case
        With ``edits``.
    """
    files = dict(files)
    edits = [(edit["file"], edit) for edit in case.get("edits", [])]
    changed = [name for name, _ in edits if name != MANIFEST]
    for name, edit in edits:
        if name != MANIFEST:
            _edit(files, name, edit)
    if case.get("seal", True):
        files[MANIFEST] = seal(files, changed)
    for name, edit in edits:
        if name == MANIFEST:
            _edit(files, name, edit)
    return files


def seal(files, changed):
    """The manifest with the sizes and hashes of some files as they are."""
    text = files[MANIFEST].decode()
    for name in changed:
        if name not in files:
            continue
        data = files[name]
        form = rf'("{re.escape(name)}":\s*{{\s*"size":\s*)\d+(,\s*"sha256":\s*")[0-9a-f]{{64}}'
        text = re.sub(form, rf"\g<1>{len(data)}\g<2>{hashlib.sha256(data).hexdigest()}", text)
    return text.encode()


def _edit(files, name, edit):
    data = files.get(name, b"")
    if edit.get("drop"):
        files.pop(name, None)
        return
    if "replace" in edit:
        old, new = (content(text) for text in edit["replace"])
        assert old in data, (name, old)
        files[name] = data.replace(old, new, 1)
        return
    place, pieces = 0, []
    for start, end, text, *times in edit["splice"]:
        pieces += [data[place:start], content(text) * (times[0] if times else 1)]
        place = end
    files[name] = b"".join([*pieces, data[place:]])
