"""Make ``bundle.json``, cases of bundles that are right and of hostile ones, for both runtimes.

The hostile ones are those of ``tests/runtime/hostile``, as edits of a small sound bundle, and some of shipped
models; what must be said of them is what Python's runtime says.

Run as ``PYTHONPATH=tests python tests/data/cases/make_bundle.py`` in the repository's folder.
"""

import base64
import difflib
import hashlib
import json
import stat
import tempfile
from bisect import bisect
from pathlib import Path

from cellfill.bundle import read_bundle
from cellfill.bundle.outputs import keep_outputs
from cellfill.errors import CellfillError
from conftest import ROOT
from runtime import bundles
from runtime.bundle_edits import MANIFEST, apply, base_files, seal
from runtime.bundle_facts import facts
from runtime.hostile import parts
from runtime.hostile.folders import FOLDERS
from runtime.hostile.graphs import GRAPHS

TARGET = Path(__file__).with_name("bundle.json")
LONGEST = 4_000  # bytes of an edit
DEEP = "not valid JSON (maximum recursion"

REAL = "human-pbmc-types"
GENES, TYPES = "genes.tsv", "classes.tsv"


def written(data):
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}
    return text


def splices(old, new):
    """Ranges of old bytes and what stands there in the new ones."""
    most = min(len(old), len(new))
    start = bisect(range(1, most + 1), 0, key=lambda n: old[:n] != new[:n])
    end = bisect(range(1, most - start + 1), 0, key=lambda n: old[len(old) - n :] != new[len(new) - n :])
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    if max(len(before), len(after)) > 2_500:
        return [repeated(start, start + len(before), after)]
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    changes = [change for change in matcher.get_opcodes() if change[0] != "equal"]
    merged = []
    for _, a, b, c, d in changes:
        if merged and a - merged[-1][1] < 8:
            merged[-1] = (merged[-1][0], b, merged[-1][2], d)
        else:
            merged.append((a, b, c, d))
    return [repeated(start + a, start + b, after[c:d]) for a, b, c, d in merged]


def repeated(start, end, data):
    """A splice; what repeats itself is written once."""
    if len(data) > 200:
        for size in range(1, 400):
            if len(data) % size == 0 and data[:size] * (len(data) // size) == data:
                return [start, end, written(data[:size]), len(data) // size]
    return [start, end, written(data)]


def likeness(base, files):
    """How many files are the same, or else begin alike."""
    same = sum(base.get(name) == data for name, data in files.items())
    return same - len({*base} ^ {*files}) + (base[MANIFEST][:3000] == files[MANIFEST][:3000]) / 2


def edits_between(base, files):
    """The edits that make some files of a base, or None where they are long."""
    edits = []
    for name in sorted({*base, *files} - {MANIFEST}):
        if name not in files:
            edits.append({"file": name, "drop": True})
        elif base.get(name) != files[name]:
            edits.append({"file": name, "splice": splices(base.get(name, b""), files[name])})
    found = []
    for sealed in (True, False):
        head = seal({**files, MANIFEST: base[MANIFEST]}, [e["file"] for e in edits] if sealed else [])
        case = {"edits": list(edits)} if sealed else {"seal": False, "edits": list(edits)}
        if head != files[MANIFEST]:
            case["edits"].append({"file": MANIFEST, "splice": splices(head, files[MANIFEST])})
        found.append(case)
    best = min(found, key=lambda case: len(json.dumps(case)))
    return best if len(json.dumps(best)) < LONGEST else None


def said(files):
    """What Python says of a bundle: an error's class and message, or none and its facts."""
    with tempfile.TemporaryDirectory() as scratch:
        place = parts.write(Path(scratch) / "model", files)
        try:
            bundle = read_bundle(place)
        except CellfillError as error:
            message = str(error).replace(str(place), "{where}")
            head, deep, _ = message.partition(DEEP)
            if deep:  # the rest of the message is another in each version of Python
                return {"error": type(error).__name__, "begins": f"{head}not valid JSON ("}
            return {"error": type(error).__name__, "says": message}
        return {"facts": facts(bundle)}


def densely(files):
    """Golden values as they are written, not as `json.dumps` has them: the edits are short then."""
    try:
        raw = json.loads(files["golden.json"])
    except (KeyError, ValueError, RecursionError):
        return files
    files["golden.json"] = (json.dumps(raw, separators=(",", ":"), ensure_ascii=False) + "\n").encode()
    return files | {MANIFEST: seal(files, ["golden.json"])}


def hostile_files():
    """Every hostile folder of the tests that holds plain files only."""
    for name, (make, _) in FOLDERS.items():
        with tempfile.TemporaryDirectory() as scratch:
            place = make(Path(scratch) / "model")
            modes = [path.lstat().st_mode for path in place.iterdir()]
            if place.is_symlink() or not all(map(stat.S_ISREG, modes)):
                continue
            if max(path.stat().st_size for path in place.iterdir()) < 20 << 20:
                yield name, densely({path.name: path.read_bytes() for path in place.iterdir()})
    for name, (make, _) in GRAPHS.items():
        yield f"graph: {name}", parts.seal(parts.sound() | {"model.onnx": make()})


def real_cases():
    """Shipped models, as they are and changed."""
    for path in sorted(p for p in (ROOT / "model_cards").iterdir() if p.is_dir()):
        yield {"name": f"shipped: {path.name}", "base": path.name}
    changes = {
        "a byte of the weights": {
            "seal": False,
            "edits": [{"file": "model.onnx", "splice": [[5000, 5001, "\x00"]]}],
        },
        "a file that is cut": {"seal": False, "edits": [{"file": GENES, "splice": [[200_000, 229_768, ""]]}]},
        "a file that is gone": {"seal": False, "edits": [{"file": GENES, "drop": True}]},
        "no manifest": {"seal": False, "edits": [{"file": MANIFEST, "drop": True}]},
        "an empty manifest": {"edits": [{"file": MANIFEST, "splice": [[0, 27_244, ""]]}]},
        "a manifest cut short": {"edits": [{"file": MANIFEST, "splice": [[20_000, 27_244, ""]]}]},
        "a comma too much": {
            "edits": [{"file": MANIFEST, "replace": ['"format_version": 2,', '"format_version": 2,,']}]
        },
        "no colon": {"edits": [{"file": MANIFEST, "replace": ['"name": ', '"name" ']}]},
        "no comma": {"edits": [{"file": MANIFEST, "replace": ['"format_version": 2,', '"format_version": 2']}]},
        "a text without end": {"edits": [{"file": MANIFEST, "replace": ['"blood",', '"blood,']}]},
        "an odd escape": {"edits": [{"file": MANIFEST, "replace": ['"blood"', '"bl\\od"']}]},
        "an odd escape behind other scripts": {
            "edits": [{"file": MANIFEST, "replace": ['"blood"', '"\U0001f600\u00e4\\ux"']}]
        },
        "more behind the end": {"edits": [{"file": MANIFEST, "splice": [[27_244, 27_244, "{}"]]}]},
        "a mark of byte order": {"edits": [{"file": MANIFEST, "splice": [[0, 0, "\ufeff"]]}]},
        "half a character of two bytes": {
            "edits": [{"file": MANIFEST, "replace": ['"blood"', {"base64": "ImJsw3p6b29kIg=="}]}]
        },
        "a half of a pair in UTF-8": {
            "edits": [{"file": MANIFEST, "replace": ['"blood"', {"base64": "ImJs7aCAb29kIg=="}]}]
        },
        "an operator set with a point": {
            "edits": [{"file": MANIFEST, "replace": ['"opset": 18', '"opset": 18.0']}]
        },
        "a small number": {"edits": [{"file": MANIFEST, "replace": ['"opset": 18', '"opset": 1e-7']}]},
        "a large number": {"edits": [{"file": MANIFEST, "replace": ['"opset": 18', '"opset": 1.5e+22']}]},
        "minus nought": {"edits": [{"file": MANIFEST, "replace": ['"opset": 18', '"opset": -0.0']}]},
        "a list of all kinds": {
            "edits": [
                {"file": MANIFEST, "replace": ['"tissue": "blood"', '"tissue": [null, true, 1, 1.0, "\u00e4\'"]']}
            ]
        },
        "an object in the place of a text": {
            "edits": [{"file": MANIFEST, "replace": ['"tissue": "blood"', '"tissue": {"2": 0.1, "1": "\\""}']}]
        },
        "a tissue in another script": {"edits": [{"file": MANIFEST, "replace": ['"blood"', '"\u0440\u2028"']}]},
        "a name of another script": {"edits": [{"file": MANIFEST, "replace": [f'"{REAL}"', '"human-\u0440bmc"']}]},
        "types in German": {"edits": [{"file": TYPES, "replace": ["platelet\t", "Blutpl\u00e4ttchen\t"]}]},
        "a type of other letters": {"edits": [{"file": TYPES, "replace": ["B cell\t", "\u2167 cell\t"]}]},
        "a type called una\u00dfigned": {"edits": [{"file": TYPES, "replace": ["B cell\t", "Una\u00dfigned\t"]}]},
        "a type with a soft hyphen": {"edits": [{"file": TYPES, "replace": ["B cell\t", "B\u00adcell\t"]}]},
        "a type with a hard blank": {"edits": [{"file": TYPES, "replace": ["B cell\t", "B\u00a0cell\t"]}]},
        "types with Windows' ends of lines": {
            "edits": [{"file": TYPES, "replace": ["baseline_f1\n", "baseline_f1\r\n"]}]
        },
        "a prior in exponents": {"edits": [{"file": TYPES, "replace": ["0.252119", "2.52119e-1"]}]},
        "a prior with a plus": {"edits": [{"file": TYPES, "replace": ["0.252119", "+.252119"]}]},
        "a prior with a capital": {"edits": [{"file": TYPES, "replace": ["0.252119", "2.52119E-1"]}]},
        "a prior of two points": {"edits": [{"file": TYPES, "replace": ["0.252119", "0.25.2119"]}]},
        "a gene with a quote": {"edits": [{"file": GENES, "replace": ["ENSG", "EN'SG "]}]},
        "an alias that is empty": {"edits": [{"file": GENES, "replace": ["|", "||"]}]},
        "an input gene that predicts what is not there": {
            "edits": [{"file": GENES, "replace": ["\tinput\t\t\t", "\tinput\t\t0\t"]}]
        },
        "a sub-network that is no number": {
            "edits": [{"file": GENES, "replace": ["\tinput\t\t\t", "\tinput\t\tx'y\t"]}]
        },
        "a sub-network below the first": {
            "edits": [{"file": GENES, "replace": ["\tinput\t\t\t", "\tinput\t\t-2\t"]}]
        },
        "a mean with words": {"edits": [{"file": GENES, "replace": ["\tinput\t\t\t", "\tinput\t\t\tx"]}]},
        "a mean that is no number": {
            "edits": [{"file": GENES, "replace": ["\tinput\t\t\t", "\tinput\t\t\tnan\t"]}]
        },
        "a license instead of a card": {
            "edits": [{"file": "README.md", "splice": [[0, 33_062, "MIT\n\tAs is.\r\n"]]}]
        },
        "a card in another script": {
            "edits": [{"file": "README.md", "replace": ["\n# ", "\n\u0645\u200c\u0646 # "]}]
        },
        "two studies by their places": {"edits": [{"file": "reference.tsv", "replace": ["pbmc3k\t", "pbmc3k \t"]}]},
        "a coordinate in words": {"edits": [{"file": "reference.tsv", "replace": ["\t0.143\t", "\t0.1.43\t"]}]},
    }
    for name, case in changes.items():
        yield {"name": f"{REAL}: {name}", "base": REAL, **case}


def long_cases():
    """What is hostile by its length."""
    three = "small-2-impute-annotate-embed"
    files = parts.seal(bundles.sound())
    size = {name: len(data) for name, data in files.items()}
    row = files[GENES].index(b"\n") + 1
    alias = row + sum(len(field) + 1 for field in files[GENES][row:].split(b"\t")[:2])
    cells = files["golden.json"].index(b'"cells":[') + 9
    cell = files["golden.json"][cells : files["golden.json"].index(b"}", cells) + 1].decode() + ","
    tissue = files[MANIFEST].index(b'"tissue": "') + 11
    changes = {
        "a text of many characters of two halves": [MANIFEST, [tissue, tissue, "\U0001f9ec", 15_000]],
        "a text of too many characters": [MANIFEST, [tissue, tissue, "\U0001f9ec", 20_000]],
        "a symbol twice": [GENES, [files[GENES].index(b"PYURF"), files[GENES].index(b"PYURF") + 5, "NUDC"]],
        "a manifest that is deep": [MANIFEST, [0, size[MANIFEST], "[", 100_000]],
        "a manifest that is deep in objects": [MANIFEST, [0, size[MANIFEST], '{"a":', 100_000]],
        "golden values that are deep": ["golden.json", [0, size["golden.json"], "[", 100_000]],
        "a manifest in two bytes a letter": [MANIFEST, [0, size[MANIFEST], {"base64": "//57AH0A"}]],
        "an unknown key that is long": [MANIFEST, [0, 1, '{"'], [1, 1, "k", 100_000], [1, 1, '": 1, ']],
        "a text that is long": [
            MANIFEST,
            [0, 1, '{"tissue": "'],
            [1, 1, "\U0001f600", 20_001],
            [1, size[MANIFEST], '"}'],
        ],
        "aliases without end": [GENES, [alias, alias, "A|", 20_000]],
        "ten thousand types": [TYPES, [size[TYPES], size[TYPES], "B cell\n", 10_000]],
        "golden values of a thousand cells": ["golden.json", [cells, cells, cell, 1_000]],
        "a list of many numbers": [
            "golden.json",
            [cells - 1, cells - 1, "[1"],
            [cells - 1, cells - 1, ",1", 30_000],
            [cells - 1, size["golden.json"], "]}"],
        ],
    }
    for name, (file, *splice) in changes.items():
        yield {"name": name, "base": three, "edits": [{"file": file, "splice": splice}]}


def cut_graphs():
    """Graphs that are cut down to some of their outputs."""
    bundle = read_bundle(ROOT / "model_cards" / REAL)
    for meanings in (["class_probabilities"], ["embedding"], ["class_probabilities", "class_energy"]):
        graph, _ = keep_outputs(bundle.graph, bundle.manifest.graph, meanings)
        found = hashlib.sha256(graph).hexdigest()
        yield {"base": REAL, "meanings": meanings, "bytes": len(graph), "sha256": found}


def main():
    small = {"small-1": parts.seal(parts.sound())}
    small |= {
        "-".join(("small-2", *tasks)): parts.seal(bundles.sound(tasks))
        for tasks in (bundles.TASKS, ("impute",), ("annotate",), ("embed",))
    }
    cases = {
        "bases": {name: {file: written(data) for file, data in files.items()} for name, files in small.items()}
    }
    made = [{"name": f"sound: {name}", "base": name} for name in small]
    left = []
    for name, files in hostile_files():
        base = max(small, key=lambda name: likeness(small[name], files))
        edits = edits_between(small[base], files)
        if edits is None:
            left.append(name)
            continue
        made.append({"name": name, "base": base, **edits})
        again = apply(base_files(cases, base), made[-1])
        assert again == files, name
    made += [*long_cases(), *real_cases()]
    cases["cases"] = [case | said(apply(base_files(cases, case["base"]), case)) for case in made]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases["cases"])
    bases = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(files, ensure_ascii=False)}" for name, files in cases["bases"].items()
    )
    cuts = json.dumps(list(cut_graphs()))
    TARGET.write_text(f'{{"bases": {{\n{bases}\n}},\n"cuts": {cuts},\n"cases": [\n{lines}\n]}}\n')
    print(f"{len(made)} cases, {TARGET.stat().st_size / 1e3:.0f} kB; too long for one: {', '.join(left)}")


if __name__ == "__main__":
    main()
