"""Folders of format 2 that are no model: the sound one of three tasks, spoiled, and what must be said of it."""

import json

import numpy as np

from runtime import bundles
from runtime.hostile import parts
from runtime.hostile.parts import constant, node, text, value, whole

_OTHER = "is not the file that the manifest names"


def spoiled(tasks=bundles.TASKS, **changes):
    """A folder with other files, under the right hashes."""
    return lambda place: bundles.make(place, tasks, **changes)


def manifest(change, tasks=bundles.TASKS):
    return spoiled(tasks, manifest=change)


def annotation(**values):
    return manifest(lambda m: m["annotation"].update(values))


def unknown(**values):
    return manifest(lambda m: m["annotation"]["unknown"].update(values))


def output(place, **values):
    return manifest(lambda m: m["graph"]["outputs"][place].update(values))


def score(place, quantiles):
    return manifest(lambda m: m["annotation"]["unknown"]["scores"][place].update(quantiles=quantiles))


def table(name, change):
    """A folder one of whose tables is changed: rows are lists of fields, first the header."""

    def changed(data):
        rows = [line.split("\t") for line in data.decode().splitlines()]
        new = change(rows)
        return new if isinstance(new, bytes) else parts.table(rows)

    return spoiled(**{name: changed})


def field(name, row, column, new):
    return table(name, lambda rows: rows[row].__setitem__(column, new))


def golden(change):
    def changed(data):
        raw = json.loads(data)
        new = change(raw)
        return new if isinstance(new, bytes) else json.dumps(raw).encode()

    return spoiled(golden=changed)


def graph(change, tasks=bundles.TASKS):
    """A folder whose graph is changed."""
    made = bundles.graph(tasks)
    change(made)
    return spoiled(tasks, model=made.bytes())


def named(name, **record):
    """A folder whose manifest names one file more, which is there."""

    def make(place):
        files = parts.seal(bundles.sound())
        raw = json.loads(files["manifest.json"])
        raw["files"][name] = raw["files"]["classes.tsv"] | record
        return parts.write(place, files | {"manifest.json": json.dumps(raw).encode()})

    return make


def without(name, tasks=bundles.TASKS):
    """A folder without one file, of which the manifest says nothing either."""

    def make(place):
        files = bundles.sound(tasks)
        del files[name]
        return parts.write(place, parts.seal(files))

    return make


def gone(name):
    """A folder without one file, which the manifest names."""

    def make(place):
        bundles.make(place)
        (place / name).unlink()
        return place

    return make


def changed_byte(name):
    def make(place):
        bundles.make(place)
        data = bytearray((place / name).read_bytes())
        data[len(data) // 2] ^= 1
        (place / name).write_bytes(data)
        return place

    return make


def another(name, tasks):
    """A folder of some tasks, with a file of a model of others."""

    def make(place):
        return parts.write(place, parts.seal(bundles.sound(tasks) | {name: bundles.sound()[name]}))

    return make


def deep(levels):
    def change(rows):
        chain = [f"t{i}" for i in range(levels)]
        for name, parent in zip(chain, ["T cell", *chain[:-1]], strict=True):
            rows.append([name, parent, *[""] * 8])
        rows[2][1] = chain[-1]

    return change


OUTPUTS = ("imputed_counts", "types", "energy", "map")
HUGE = 1 << 40

FORMAT2 = {
    # Files
    "a type file that is missing": (gone("classes.tsv"), "classes.tsv cannot be read: No such file"),
    "golden values that are missing": (gone("golden.json"), "golden.json cannot be read: No such file"),
    "no types of a model that names them": (without("classes.tsv"), "names the files .*, not .*classes.tsv"),
    "no profiles though they tell unknown cells": (without("profiles.tsv"), "names the files .*, not .*profiles"),
    "no golden values at all": (without("golden.json"), "names the files .*, not .*golden.json"),
    "types of a model that names none": (another("classes.tsv", ("impute",)), "names the files .*'classes.tsv'"),
    "profiles of a model without types": (another("profiles.tsv", ("embed",)), "names the files .*'profiles.tsv'"),
    "a map of a model without one": (another("reference.tsv", ("annotate",)), "names the files .*'reference.tsv'"),
    "a file that is on no list": (named("model.pkl"), "names the files .*'model.pkl'"),
    "a file of types above the folder": (named("../classes.tsv"), r"names the files .*'\.\./classes\.tsv'"),
    "a changed byte in the types": (changed_byte("classes.tsv"), _OTHER),
    "a changed byte in the profiles": (changed_byte("profiles.tsv"), _OTHER),
    "a changed byte in the reference": (changed_byte("reference.tsv"), _OTHER),
    "a changed byte in the golden values": (changed_byte("golden.json"), _OTHER),
    "types said to be over their bound": (named("classes.tsv", size=HUGE), "over the bound of 1,048,576"),
    "golden values over their bound": (spoiled(golden=b" " * (5 << 20)), "over the bound of 4,194,304"),
    "a reference over its bound": (spoiled(reference=b"x" * (33 << 20)), "over the bound of 33,554,432"),
    # What the manifest says of outputs
    "an output without a meaning": (output(1, meaning="magic"), "meaning is 'magic'"),
    "two outputs of one meaning": (output(2, meaning="class_probabilities"), "each meaning once"),
    "two outputs of one name": (output(2, name="types"), "two outputs of the graph have one name"),
    "counts of two kinds": (
        output(2, meaning="expressed"),
        "imputed counts of one kind",
    ),
    "no outputs": (manifest(lambda m: m["graph"].update(outputs=[])), "must give something"),
    "an output of format 1": (manifest(lambda m: m["graph"].update(output="x")), "unknown keys: output"),
    "types without probabilities": (
        manifest(lambda m: m["graph"].update(outputs=[o for o in m["graph"]["outputs"] if o["name"] != "types"])),
        "class_energy without class_probabilities",
    ),
    "an embedding without dimensions": (output(3, dimensions=[]), "names 0 dimensions"),
    "dimensions of one name": (output(3, dimensions=["a", "a"]), "dimensions of one name"),
    "a dimension without a name": (output(3, dimensions=["a", ""]), "name of a dimension is empty"),
    "a dimension of an endless name": (output(3, dimensions=["a", "b" * 101]), "too long"),
    "a dimension that turns the line": (output(3, dimensions=["a", "\u202eb"]), "steer, turn or hide"),
    "dimensions of probabilities": (output(1, dimensions=["a", "b", "c"]), "names 3 dimensions"),
    "five thousand dimensions": (output(3, dimensions=[str(i) for i in range(5000)]), "over 4,096"),
    "more dimensions than the graph has": (
        output(3, dimensions=["a", "b", "c"]),
        "reference.tsv must have the columns",
    ),
    "an output that has no section": (manifest(lambda m: m.update(embedding=None)), "has the output of embedding"),
    "a section that has no output": (
        manifest(lambda m: m.update(embedding={"key": "X_a"}), ("impute",)),
        "has the section of embedding",
    ),
    "a cut of what does not impute": (
        manifest(lambda m: m["graph"].update(cut=bundles.manifest()["graph"]["cut"]), ("annotate",)),
        "no sub-networks to cut",
    ),
    "a format 1 of many outputs": (manifest(lambda m: m.update(format_version=1)), "has unknown keys: annotation"),
    "a format of both": (manifest(lambda m: m.update(task="imputation")), "unknown keys: task"),
    "a format that is true": (manifest(lambda m: m.update(format_version=True)), "has unknown keys: annotation"),
    # What it says of tasks
    "no task at all": (
        manifest(lambda m: m.update(imputation=None, annotation=None, embedding=None)),
        "has the output of imputation",
    ),
    "a confidence over 1": (annotation(confidence=1.5), "the least confidence is 1.5"),
    "a confidence that is none": (annotation(confidence="high"), "confidence is 'high', not a number"),
    "a threshold below 0": (unknown(threshold=-0.1), "the threshold of unknown cells is -0.1"),
    "levels that do not ascend": (unknown(levels=[0, 0.1, 0.1, 0.5, 1]), "levels of quantiles must ascend"),
    "levels beyond 1": (unknown(levels=[0, 0.1, 0.2, 0.5, 2]), "levels of quantiles must ascend"),
    "one level": (unknown(levels=[0.5]), "levels of quantiles must ascend"),
    "no scores": (unknown(scores=[]), "must be distinct and at least one"),
    "a score twice": (
        manifest(lambda m: m["annotation"]["unknown"]["scores"].append(m["annotation"]["unknown"]["scores"][0])),
        "must be distinct",
    ),
    "a score that nobody knows": (
        manifest(lambda m: m["annotation"]["unknown"]["scores"][0].update(score="luck")),
        "score is 'luck'",
    ),
    "quantiles that fall": (score(1, [[1.0, 0.5, 1.0, 2.0, 5.0]]), "quantiles of the score energy must ascend"),
    "fewer quantiles than levels": (score(1, [[1.0, 2.0]]), "quantiles of the score energy must ascend, one a"),
    "quantiles of two classes of three": (score(0, [[-2.0, -1, -0.5, -0.1, 0.5]] * 2), "2 rows of quantiles"),
    "no quantiles": (score(0, []), "0 rows of quantiles"),
    "energy without its output": (
        manifest(lambda m: m["graph"].update(outputs=[o for o in m["graph"]["outputs"] if o["name"] != "energy"])),
        "class_energy and the score energy come together",
    ),
    "a key that is a path": (manifest(lambda m: m["embedding"].update(key="X_../x")), "is no key of an embedding"),
    "a key that takes another's place": (manifest(lambda m: m["embedding"].update(key="spatial")), "is no key"),
    "figures of no task": (
        manifest(lambda m: m["evaluations"].append(bundles.evaluation("win", accuracy=1.0))),
        "task is 'win'",
    ),
    "figures of cell types, of an estimate": (
        manifest(
            lambda m: m["evaluations"].append(
                bundles.evaluation("annotate", accuracy=1.0) | {"estimate": "expected"}
            )
        ),
        "an evaluation of imputing, and no other, is of an estimate",
    ),
    # Genes
    "target genes of a model that does not impute": (
        spoiled(("annotate",), genes=parts.table(bundles.genes())),
        "no target genes, since it does not impute",
    ),
    "no target genes of a model that imputes": (
        spoiled(genes=parts.table(bundles.genes(("annotate",)))),
        "at least one target gene",
    ),
    "a target that no sub-network fills": (field("genes", 1, 4, ""), "a target gene that no sub-network fills"),
    # The tree of types
    "types that are no table": (spoiled(classes=b"\x80\x04pickle"), "classes.tsv"),
    "types that are no text": (spoiled(classes=b"\xff\n"), "classes.tsv is not UTF-8"),
    "no bytes of types": (spoiled(classes=b""), "classes.tsv"),
    "types of other columns": (field("classes", 0, 2, "cl"), "classes.tsv must begin with the columns"),
    "types that were cut short": (table("classes", lambda rows: parts.table(rows)[:-1]), "was cut short"),
    "a row of types with a field more": (table("classes", lambda rows: rows[1].append("x")), "11 fields, 10"),
    "a loop of types": (field("classes", 1, 1, "CD4 T cell"), "levels below a root, or goes round"),
    "a type that is its own parent": (field("classes", 3, 1, "B cell"), "or goes round"),
    "an unknown parent": (field("classes", 2, 1, "Z cell"), "is a 'Z cell', which is no type"),
    "a type twice": (field("classes", 3, 0, "CD4 T cell"), "'CD4 T cell' occurs twice"),
    "a tree of fifty levels": (table("classes", deep(50)), "over 40 levels"),
    "ten thousand types": (
        table("classes", lambda rows: rows.extend([f"t{i}", "", *[""] * 8] for i in range(10_000))),
        "over the bound of 5,000",
    ),
    "a type of an endless name": (field("classes", 3, 0, "b" * 101), "is no name of a cell type"),
    "an endless line of types": (field("classes", 3, 0, "b" * 2000), "over the bound of 1,000"),
    "a type without a name": (field("classes", 3, 0, ""), "'' is no name of a cell type"),
    "a type that steers the terminal": (field("classes", 3, 0, "B\x1b[2J"), "is no name of a cell type"),
    "a type that turns what follows": (field("classes", 3, 0, "B\u202ecell"), "is no name of a cell type"),
    "a type that is a formula": (field("classes", 3, 0, '=HYPERLINK("x")'), "is no name of a cell type"),
    "a type with a blank at its end": (field("classes", 3, 0, "B cell "), "is no name of a cell type"),
    "a type that is called unassigned": (field("classes", 3, 0, "Unassigned"), "no cell type is called"),
    "an id of no ontology": (field("classes", 3, 2, "B-cell; rm"), "is no id of an ontology"),
    "an id in another script": (field("classes", 3, 2, "CL:\u0661\u0662"), "is no id of an ontology"),
    "a prior over 1": (field("classes", 3, 3, "1.5"), "'1.5' is no number from 0 to 1"),
    "a prior that is none": (field("classes", 3, 3, "nan"), "'nan' is no number from 0 to 1"),
    "a prior in another script": (field("classes", 3, 3, "\u0661"), "is no number from 0 to 1"),
    "priors that do not sum to 1": (field("classes", 3, 3, "0.75"), "do not sum to 1"),
    "a prior of one leaf alone": (field("classes", 3, 3, ""), "do not sum to 1"),
    "a prior of an inner type": (field("classes", 1, 3, "0.5"), "theirs are the priors"),
    "cells below 0": (field("classes", 3, 4, "-1"), "'-1' is no number from 0 to 1e\\+09"),
    "one leaf more than the graph has": (
        table("classes", lambda rows: rows.append(["NK cell", "", "", "0", *[""] * 6])),
        "3 rows of quantiles",
    ),
    "one leaf alone": (table("classes", lambda rows: parts.table(rows[:3])), "at least two"),
    # Profiles
    "profiles that do not sum to 1": (field("profiles", 1, 1, "0.999"), "a column that does not sum to 1"),
    "a share of 0": (field("profiles", 1, 1, "0"), "shares that are not from 1e-12"),
    "a share below 0": (field("profiles", 1, 1, "-0.1"), "shares that are not from 1e-12"),
    "a share that is none": (field("profiles", 1, 1, "nan"), "a field that is no number"),
    "a share that is infinite": (field("profiles", 1, 1, "1e999"), "shares that are not from 1e-12"),
    "a share that is empty": (field("profiles", 1, 1, ""), "a field that is no number"),
    "a share with an underscore": (field("profiles", 1, 1, "0.0_1"), "a field that is no number"),
    "a share in another script": (field("profiles", 1, 1, "\u0661"), "a field that is no number"),
    "profiles of other types": (field("profiles", 0, 1, "B cell"), "leaf classes of classes.tsv for columns"),
    "profiles in another order of types": (
        table("profiles", lambda rows: rows[0].__setitem__(slice(1, 3), rows[0][2:0:-1])),
        "leaf classes of classes.tsv for columns",
    ),
    "profiles of other genes": (field("profiles", 1, 0, "ENSG00000000000"), "input genes of genes.tsv for rows"),
    "profiles of fewer genes": (table("profiles", lambda rows: parts.table(rows[:-1])), "input genes of genes.tsv"),
    "profiles of more genes": (
        table("profiles", lambda rows: rows.append(rows[-1])),
        "6 rows, over the bound",
    ),
    "profiles that are no table": (spoiled(profiles=b"PK\x03\x04\n"), "profiles.tsv"),
    # Reference
    "a reference of another study": (field("reference", 1, 0, "elsewhere"), "is no study of the manifest"),
    "a reference of another type": (field("reference", 1, 1, "Z cell"), "is no type of classes.tsv"),
    "a coordinate that is none": (field("reference", 1, 2, "nan"), "a coordinate that is no number"),
    "a coordinate that is infinite": (field("reference", 1, 2, "1e999"), "coordinates beyond 1e\\+09"),
    "a coordinate that is empty": (field("reference", 1, 2, ""), "a coordinate that is no number"),
    "a reference of other dimensions": (field("reference", 0, 3, "3"), "must have the columns study and type"),
    "a reference of more dimensions": (
        table("reference", lambda rows: [row.append("3") for row in rows] and None),
        "must have the columns study and type",
    ),
    "a reference of no cells": (table("reference", lambda rows: parts.table(rows[:1])), "has no cells"),
    "a reference of too many cells": (
        table("reference", lambda rows: parts.table([*rows, *[rows[1]] * 50_000])),
        "over the bound of 50,000",
    ),
    "a reference type that steers the terminal": (
        spoiled(("embed",), reference=lambda d: d.replace(b"any cell", b"\x1b[2Jcell")),
        "is no name of a cell type",
    ),
    # Golden values
    "golden values that are no JSON": (spoiled(golden=b"{"), "golden.json is not valid JSON"),
    "golden values that are deep": (spoiled(golden=b"[" * 100_000 + b"]" * 100_000), "golden.json is not valid"),
    "golden values with NaN": (golden(lambda g: g["cells"][0].update(size_factor=float("nan"))), "NaN is not"),
    "golden values with a key more": (golden(lambda g: g.update(code="x")), "unknown keys: code"),
    "golden values of no cells": (golden(lambda g: g.update(cells=[])), "has 0 cells, not 1 to 20"),
    "golden values of a thousand cells": (
        golden(lambda g: g.update(cells=g["cells"] * 100)),
        "has 1000 cells, not 1 to 20",
    ),
    "a golden cell without counts": (golden(lambda g: g["cells"][0].update(genes=[], counts=[])), "do not ascend"),
    "a golden gene that is not there": (
        golden(lambda g: g["cells"][0].update(genes=[10**15], counts=[1])),
        "a gene beyond the last that is named",
    ),
    "a golden gene below the first": (golden(lambda g: g["cells"][0].update(genes=[-1], counts=[1])), "ascend"),
    "a golden gene twice": (golden(lambda g: g["cells"][0].update(genes=[2, 2], counts=[1, 1])), "do not ascend"),
    "a golden gene of no name": (golden(lambda g: g["genes"].__setitem__(0, "")), "names '', which is no gene"),
    "a golden gene of another model": (
        golden(lambda g: g["genes"].__setitem__(0, "ENSG00000000000")),
        "names 'ENSG00000000000', which is no gene of genes.tsv",
    ),
    "a golden gene that is missing": (
        golden(lambda g: g["missing"].append(g["genes"][0])),
        "names a gene twice, or one that is said to be missing",
    ),
    "golden counts that are too few": (golden(lambda g: g["cells"][0].update(counts=[1])), "not as many as"),
    "a golden count of 0": (golden(lambda g: g["cells"][0].update(genes=[0], counts=[0])), "not from 1 to"),
    "a golden count beyond all counts": (
        golden(lambda g: g["cells"][0].update(genes=[0], counts=[10**9])),
        "not from 1 to 1,000,000",
    ),
    "a golden count that is no whole number": (
        golden(lambda g: g["cells"][0].update(genes=[0], counts=[1.5])),
        "is 1.5, not int",
    ),
    "a golden size factor of 0": (golden(lambda g: g["cells"][0].update(size_factor=0)), "is not positive"),
    "golden values of another output": (golden(lambda g: g["outputs"][0].update(name="x")), "the outputs that the"),
    "golden values of fewer outputs": (golden(lambda g: g["outputs"].pop()), "the outputs that the manifest"),
    "golden values of a column that is not there": (
        golden(lambda g: g["outputs"][1].update(columns=[0, 1, 3])),
        "a column of 'types' beyond its last",
    ),
    "golden values of fewer cells": (golden(lambda g: g["outputs"][0]["values"].pop()), "are not a row a cell"),
    "golden values of fewer columns": (golden(lambda g: g["outputs"][0]["values"][3].pop()), "are not a row a"),
    "golden values of no columns": (golden(lambda g: g["outputs"][0].update(columns=[])), "do not ascend, or are"),
    "golden values beyond all counts": (
        golden(lambda g: g["outputs"][0]["values"][0].__setitem__(0, 1e300)),
        "is beyond 1e\\+12",
    ),
    "missing genes that are not there": (golden(lambda g: g["missing"].append("Z9")), "names 'Z9', which is no"),
    "a missing gene by its number": (golden(lambda g: g.update(missing=[1])), "is 1, not str"),
    "a missing gene that steers the terminal": (golden(lambda g: g["missing"].append("\x1b[2J")), "steer, turn or"),
    # The graph
    "probabilities of a width less": (
        graph(lambda g: g.values.update(types=value(12, "types", "cells", 2))),
        "gives 'types' of the shape",
    ),
    "an embedding of a width more": (
        graph(lambda g: g.values.update(map=value(12, "map", "cells", 3))),
        "gives 'map' of the shape",
    ),
    "energy of three columns": (
        graph(lambda g: g.values.update(energy=value(12, "energy", "cells", 3))),
        "gives 'energy' of the shape",
    ),
    "probabilities that are as wide as they say and not as they are": (
        graph(lambda g: g.constants.update(type_w=constant("type_w", np.zeros((4, 2), "f2"), kind=10))),
        "the operator Add, which .*does not fit",
    ),
    "an output less than the manifest says": (
        graph(lambda g: g.values.pop("energy")),
        "but the manifest",
    ),
    "an output more than the manifest says": (
        graph(lambda g: g.values.update(deep=value(12, "deep", "cells", 4))),
        "it gives .*'deep'",
    ),
    "an output twice": (graph(lambda g: g.values.update(again=g.values["map"])), "it gives .*'map', 'map'"),
    "an output of whole numbers": (
        graph(lambda g: g.values.update(map=value(12, "map", "cells", 2, kind=7))),
        "gives 'map' of a type",
    ),
    "an output of half precision": (
        graph(lambda g: g.values.update(map=value(12, "map", "cells", 2, kind=10))),
        "gives 'map' of a type",
    ),
    "an output of so many cells": (
        graph(lambda g: g.values.update(map=value(12, "map", 7, 2))),
        "gives 'map' of the shape",
    ),
    "an output that is an input": (
        manifest(lambda m: m["graph"]["outputs"][2].update(name="size_factors")),
        "golden.json does not have the outputs",
    ),
    "one of two outputs that nothing makes": (
        graph(lambda g: g.nodes.popitem()),
        "do not make 'map'",
    ),
    "types that look at other cells": (
        graph(
            lambda g: g.nodes.update(
                {
                    90: node("Transpose", "types", "turned_types", whole("perm", [1, 0])),
                    91: node("MatMul", "types turned_types", "square"),
                }
            )
        ),
        "loses or mixes the cells",
    ),
    "halves of a hidden layer, cast twice": (
        graph(lambda g: g.nodes.update({90: node("Cast", "deep_w", "deep_again", whole("to", 1))})),
        "'deep_w' of half precision is cast twice",
    ),
    "softmax by one operator": (
        graph(lambda g: g.nodes.update({90: node("Softmax", "logits", "soft")})),
        "'Softmax', which is none",
    ),
    "an ArgMax": (
        graph(lambda g: g.nodes.update({90: node("ArgMax", "logits", "best")})),
        "'ArgMax', which is none",
    ),
    "metadata beside three outputs": (
        graph(lambda g: g.more.append(parts.message(16, text(1, "file"), text(2, "x")))),
        "custom metadata",
    ),
}

for tasks in (bundles.TASKS, ("impute",), ("annotate",), ("embed",)):
    bundles.sound(tasks)  # golden values are made of a session, which some tests forbid
