"""Read and run a bundle without cellfill: numpy and ONNX Runtime alone, by the page docs/bundle.md.

Usage: python examples/bundle_without_cellfill.py FOLDER

It replays the golden values of the bundle (format 2), and prints by how much each output differs.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

ID, SYMBOL, ALIAS, LOOSE = range(4)
ENSEMBL = r"ENS[A-Z]{0,6}G\d{11}"
GENOME = re.compile(r"(?:GRCh3[78]|GRCm3[89]|hg19|hg38|mm10|mm39)_+(\S+)")
ID_FIRST = re.compile(rf"({ENSEMBL})(?:\.\d+)?[_|:;,-]+(\S+)")
ID_LAST = re.compile(rf"(\S+?)[_|:;,-]+({ENSEMBL})(?:\.\d+)?")
UNIQUE = re.compile(r"(\S+)[-.]\d{1,2}")
MONTHS = {3: "mar mrz mär märz mars", 9: "sep sept", 12: "dec dez dic déc"}
MONTH = {word: number for number, words in MONTHS.items() for word in words.split()}
DATES = (
    re.compile(r"X?(?P<day>\d\d?)\.?[-. ]{1,2}(?P<month>\w{3,4})\.?(?:[-. ](?:\d\d|\d{4}))?"),
    re.compile(r"(?P<month>\w{3,4})\.?[-. ](?P<day>\d\d?)\.?"),
)
ISO = re.compile(r"X?(?P<year>\d{4})[-.](?P<month>\d\d)[-.](?P<day>\d\d)(?:[ T]00:00:00)?")


def read_files(folder: Path) -> dict[str, bytes]:
    """Read the files that the manifest names, each with the size and hash that it states."""
    files = {"manifest.json": (folder / "manifest.json").read_bytes()}
    for name, record in json.loads(files["manifest.json"])["files"].items():
        files[name] = (folder / name).read_bytes()
        assert len(files[name]) == record["size"], name
        assert hashlib.sha256(files[name]).hexdigest() == record["sha256"], name
    return files


def read_table(text: bytes) -> list[dict[str, str]]:
    """Read a table: a dictionary a row."""
    header, *rows = [line.split("\t") for line in text.decode().splitlines()]
    return [dict(zip(header, row, strict=True)) for row in rows]


def outputs_of(manifest: dict) -> dict[str, str]:
    """Return the meaning of each output, by its name; in either format."""
    graph = manifest["graph"]
    if manifest["format_version"] == 1:
        return {graph["output"]: graph["output_meaning"]}
    return {output["name"]: output["meaning"] for output in graph["outputs"]}


class Names:
    """The names of a model's genes, and the rule by which a dataset's find them."""

    def __init__(self, genes: list[dict[str, str]]) -> None:
        carriers = defaultdict(set)
        self.exact: dict[str, tuple[int, int]] = {}
        for row, gene in enumerate(genes):
            for alias in filter(None, gene["aliases"].split("|")):
                carriers[alias].add(row)
        self.exact |= {alias: (ALIAS, *rows) for alias, rows in carriers.items() if len(rows) == 1}
        self.exact |= {gene["symbol"]: (SYMBOL, row) for row, gene in enumerate(genes) if gene["symbol"]}
        self.exact |= {gene["ensembl_id"]: (ID, row) for row, gene in enumerate(genes) if gene["ensembl_id"]}
        written = {SYMBOL: defaultdict(set), ALIAS: defaultdict(set)}
        for name, (rank, row) in self.exact.items():
            if rank in written and not is_id(name):
                written[rank][levelled(name)].add(row)
        self.loose = written[ALIAS] | written[SYMBOL]
        symbols = [gene["symbol"] for gene in genes if gene["symbol"]]
        self.symbols = defaultdict(set)
        for row, gene in enumerate(genes):
            self.symbols[gene["symbol"].upper()].add(row)
        self.any_case = 2 * sum(symbol[1:] != symbol[1:].upper() for symbol in symbols) > len(symbols)

    def rows(self, sets: list[list[str]]) -> np.ndarray:
        """Return the row of the gene that each column of a dataset is, -1 for none (steps 1 to 7)."""
        sets = [self.prepared(names) for names in sets]
        there = [set(names) for names in sets]
        claims = defaultdict(list)
        for column, names in enumerate(zip(*sets, strict=True)):
            if found := self.found(names, there):
                rank, row = min(found, key=lambda hit: hit[0])
                claims[row].append((rank, column))
        result = np.full(len(sets[0]), -1)
        for row, ranked in claims.items():
            best = min(ranked)[0]
            result[[column for rank, column in ranked if rank == best]] = row
        return result

    def prepared(self, names: list[str]) -> list[str]:
        """Step 1, of one set: take off what all names share."""
        some = [name for name in names if name]
        if len(some) < 20:
            return names
        start, end = shared(some)[:30], shared([name[::-1] for name in some])[:30][::-1]
        start = re.match(r"(.*[-._:|])?", start, re.DOTALL)[0]
        end = re.search(r"([-._:|].*)?$", end, re.DOTALL)[0]
        plain = [name.removeprefix(start).removesuffix(end) for name in names]
        step = 1 + len(names) // 2000
        now, then = (sum(without_version(name) in self.exact for name in some[::step]) for some in (names, plain))
        return plain if then > 2 * now else names

    def found(self, names: tuple[str, ...], there: list[set[str]]) -> list[tuple[int, int]]:
        """Steps 2 to 6, of one column: (rank, row) of the genes that its names may be."""
        if found := self.look_up(map(without_version, names)):
            return found
        parts = [part for name in names for part in parts_of(name)]
        if found := self.look_up(parts) or self.by_case(parts) or self.by_date(parts):
            return found
        if any(map(is_id, names)):
            return []
        stems = [
            (match[1], those) for name, those in zip(names, there, strict=True) if (match := UNIQUE.fullmatch(name))
        ]
        return self.look_up(stem for stem, those in stems if stem in those)

    def look_up(self, names: object) -> list[tuple[int, int]]:
        """Step 2."""
        return [self.exact[name] for name in names if name in self.exact]

    def by_case(self, names: list[str]) -> list[tuple[int, int]]:
        """Step 4."""
        usual = [name for name in names if self.any_case or name in (name.upper(), name.lower())]
        rows = [self.loose.get(levelled(name), ()) for name in usual]
        return [(LOOSE, *found) for found in rows if len(found) == 1]

    def by_date(self, names: list[str]) -> list[tuple[int, int]]:
        """Step 5."""
        plain = [name[1:] for name in names if name[:1] == "X" and name[1:2].isdigit() and not name[1:].isdigit()]
        found = self.by_case(plain)
        for name in [] if found else names:
            carriers = [self.symbols[symbol] for symbol in symbols_of_date(name) if symbol in self.symbols]
            rows = {row for those in carriers if len(those) == 1 for row in those}
            found += [(LOOSE, *rows)] if len(rows) == 1 else []
        return found


def is_id(name: str) -> bool:
    """Return whether a name is an Ensembl id."""
    return re.fullmatch(rf"{ENSEMBL}(\.\d+)?", name) is not None


def without_version(name: str) -> str:
    """Return an Ensembl id without its version, any other name as it is."""
    return name.partition(".")[0] if is_id(name) else name


def levelled(name: str) -> str:
    """Return a name in upper case, its dots and underscores dashes."""
    return re.sub("[._]", "-", name).upper()


def shared(texts: list[str]) -> str:
    """Return how all texts begin."""
    first, last = min(texts), max(texts)
    length = next(
        (at for at in range(min(len(first), len(last))) if first[at] != last[at]), min(len(first), len(last))
    )
    return first[:length]


def parts_of(name: str) -> list[str]:
    """Step 3: a name and its parts."""
    name = without_version(name)
    if match := GENOME.fullmatch(name):
        return [name, *parts_of(match[1])]
    if "PAR_Y" not in name:
        if match := ID_FIRST.fullmatch(name):
            return [name, match[1], match[2]]
        if match := ID_LAST.fullmatch(name):
            return [name, match[2], match[1]]
    return [name]


def symbols_of_date(name: str) -> tuple[str, ...]:
    """Step 5: the symbols of which a spreadsheet made this date."""
    if match := ISO.fullmatch(name):
        month, day = int(match["month"]), int(match["day"])
        if day == 1 and int(match["year"]) % 100 <= 15:
            return ()
    elif match := next((found for form in DATES if (found := form.fullmatch(name))), None):
        month, day = MONTH.get(match["month"].lower(), 0), int(match["day"])
    else:
        return ()
    special = {(9, 15): ("SELENOF", "SEP15"), (12, 1): ("DELEC1", "DEC1"), (12, 2): ("BHLHE41", "DEC2")}
    if month == 9 and 1 <= day <= 14:
        return f"SEPTIN{day}", f"SEPT{day}"
    if month == 3 and 3 <= day <= 11:
        return f"MARCHF{day}", f"MARCH{day}"
    return special.get((month, day), ())


def inputs_of(genes: list[dict[str, str]], rows: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the graph is given: counts of its input genes, and size factors.

    `rows` says which gene each column of `counts` (cells x columns) is, -1 for none.
    """
    numbers = {key: np.array([float(gene[key]) for gene in genes]) for key in ("mean", "neutral")}
    known = rows >= 0
    every = np.zeros((len(genes), len(counts)))
    np.add.at(every, rows[known], counts.T[known])
    every = every.T
    measured = np.isin(np.arange(len(genes)), rows)
    factors = (every.sum(axis=1) / numbers["mean"][measured].sum())[:, None]
    filled = np.where(measured, every, numbers["neutral"] * factors)
    reads = np.array([gene["role"] != "target" for gene in genes])
    return filled[:, reads].astype(np.float32), factors.astype(np.float32)


def run(files: dict[str, bytes], counts: np.ndarray, factors: np.ndarray) -> dict[str, np.ndarray]:
    """Run the graph: its outputs by their names, each cells x columns."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # ONNX Runtime sends events to its maker from 1.32 on
    import onnxruntime

    manifest = json.loads(files["manifest.json"])
    session = onnxruntime.InferenceSession(files["model.onnx"], providers=["CPUExecutionProvider"])
    values = {"counts": counts, "size_factors": factors}
    names = list(outputs_of(manifest))
    feed = {given["name"]: values[given["meaning"]] for given in manifest["graph"]["inputs"]}
    return dict(zip(names, session.run(names, feed), strict=True))


def summed_up(classes: list[dict[str, str]], probabilities: np.ndarray) -> dict[str, np.ndarray]:
    """Return the probability of every type of the tree, from those of its leaves."""
    parent = {row["name"]: row["parent"] for row in classes}
    leaves = [name for name in parent if name not in parent.values()]
    total = {name: np.zeros(len(probabilities)) for name in parent}
    for leaf, values in zip(leaves, probabilities.T, strict=True):
        at = leaf
        while at:
            total[at] = total[at] + values
            at = parent[at]
    return total


def ranks(
    files: dict[str, bytes], rows: np.ndarray, counts: np.ndarray, probabilities: np.ndarray, energy: np.ndarray
) -> np.ndarray:
    """Return the product of each cell's ranks among known ones; below the threshold it is of no known type."""
    unknown = json.loads(files["manifest.json"])["annotation"]["unknown"]
    likeliest = probabilities.argmax(axis=1)
    scores = {"energy": energy[:, 0]}
    if "profiles.tsv" in files:
        reads = np.flatnonzero([gene["role"] != "target" for gene in read_table(files["genes.tsv"])])
        shares = np.array([list(row.values())[1:] for row in read_table(files["profiles.tsv"])], dtype=float)
        here = np.isin(reads, rows)
        x = np.stack([counts[:, rows == row].sum(axis=1) for row in reads[here]], axis=1)
        x = x / x.sum(axis=1, keepdims=True)
        q = (shares[here] / shares[here].sum(axis=0)).T[likeliest]
        scores["profile"] = (x * np.log(q)).sum(axis=1) - (q * np.log(q)).sum(axis=1)
    found = []
    for score in unknown["scores"]:
        of_leaf = score["quantiles"] if len(score["quantiles"]) > 1 else score["quantiles"] * probabilities.shape[1]
        pairs = zip(scores[score["score"]], likeliest, strict=True)
        found.append([np.interp(value, of_leaf[leaf], unknown["levels"], left=0, right=1) for value, leaf in pairs])
    return np.prod(found, axis=0)


def replay(folder: str | Path) -> dict[str, float]:
    """Run the golden cells of a bundle; return by how much each output differs, at most."""
    files = read_files(Path(folder))
    golden, genes = json.loads(files["golden.json"]), read_table(files["genes.tsv"])
    names = [gene["ensembl_id"] or gene["symbol"] for gene in genes]
    names = [name for name in names if name not in golden["missing"]]
    counts = np.zeros((len(golden["cells"]), len(names)))
    place = {name: column for column, name in enumerate(names)}
    for row, cell in zip(counts, golden["cells"], strict=True):
        row[[place[golden["genes"][gene]] for gene in cell["genes"]]] = cell["counts"]
    given, factors = inputs_of(genes, Names(genes).rows([names]), counts)
    found = {"size factors": (factors, [[cell["size_factor"]] for cell in golden["cells"]])}
    results = run(files, given, factors)
    for output in golden["outputs"]:
        found[output["name"]] = (results[output["name"]][:, output["columns"]], output["values"])
    differences = {}
    for name, (values, stated) in found.items():
        wanted = np.array(stated)
        differences[name] = float(
            (np.abs(values - wanted) / np.maximum(np.abs(wanted), np.sqrt(np.mean(wanted**2)))).max()
        )
    return differences


if __name__ == "__main__":
    for name, difference in replay(sys.argv[1]).items():
        print(f"{name}: {difference:.1e}" + ("" if difference <= 1e-4 else ", which is too much"))
