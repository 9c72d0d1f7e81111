/** Which column is which gene: the same as in Python, in every case of the file that both runtimes are tested with. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseGenes } from "../src/bundle/gene-index.js";
import { GeneMatchError } from "../src/errors.js";
import { alignColumns, match } from "../src/genes/align.js";
import { describe } from "../src/genes/coverage.js";
import { featureKinds, withTypesOf } from "../src/genes/kinds.js";
import { geneLookup } from "../src/genes/lookup.js";
import { nameColumns } from "../src/genes/names.js";
import { isEnsemblId, parts, stem } from "../src/genes/spelling.js";
import { isDate, noteOnDates, restoredSymbols, withoutRPrefix } from "../src/genes/spoiled.js";
import type { ColumnNames, ModelGenes } from "../src/genes/types.js";
import { mapGenes } from "../src/network/cells.js";
import type { Csr, GeneTable } from "../src/readers/types.js";

interface Told {
  readonly name: string;
  readonly species: string;
  readonly min_coverage: number;
}

interface Case<Answer> {
  readonly title: string;
  readonly model: string;
  readonly answer: Answer;
}

interface Spelling {
  readonly parts: string[];
  readonly stem: string | null;
  readonly is_id: boolean;
  readonly is_date: boolean;
  readonly restored: string[];
  readonly without_x: string | null;
}

interface GenesCase extends Case<{ genes: string[]; reasons: string[]; species: string[]; why: string }> {
  readonly names: string[][];
  readonly expression?: boolean[];
}

interface Take {
  readonly of: string;
  readonly field: "symbol" | "ensembl_id";
  readonly step: number;
  readonly before?: string;
  readonly after?: string;
  readonly upper?: boolean;
}

interface DatasetAnswer {
  readonly columns: number;
  readonly sha256: string;
  readonly reasons: Record<string, number>;
  readonly coverage: number;
  readonly inputs: number[];
  readonly targets: number[];
  readonly verdict: string;
  readonly error: string;
  readonly page: string;
  readonly said: string[];
}

interface DatasetCase extends Case<DatasetAnswer> {
  readonly names: string[];
  readonly take: Take[];
  readonly columns?: string[];
  readonly cells?: string[];
  readonly min_coverage?: number;
}

interface Var {
  readonly index: string[];
  readonly columns: { label: string; is_text: boolean; texts: string[] }[];
}

interface FeaturesCase {
  readonly title: string;
  readonly var: Var;
  readonly whole?: Var;
  readonly gene_column?: string;
  readonly answer: {
    types: string[];
    expression: boolean[] | null;
    note: string;
    dates: string;
    sets: string[][];
    types_of_whole: string[];
  };
}

interface CellsCase extends Case<{ inputs: number[][]; size_factors: number[]; model_counts: number[][] }> {
  readonly names: string[][];
  readonly counts: number[][];
}

interface Cases {
  readonly models: Record<string, { species: string; min_coverage: number; genes: string[][] }>;
  readonly spellings: Record<string, Spelling>;
  readonly alone: (Case<Record<string, [string, number]>> & { names: string[] })[];
  readonly genes: GenesCase[];
  readonly datasets: DatasetCase[];
  readonly features: FeaturesCase[];
  readonly cells: CellsCase[];
}

const ROOT = "../..";
const CASES = JSON.parse(readFileSync(`${ROOT}/tests/data/cases/gene-names.json`, "utf8")) as Cases;
const COLUMNS =
  "ensembl_id symbol aliases role subnetwork predicts mean neutral worth inverse_dispersion mse pearson baseline_mse " +
  "baseline_pearson";
const models = new Map<string, ModelGenes>();

/** A published model's genes and what else matters of it, or one of the file. */
function model(name: string): ModelGenes {
  const known = models.get(name) ?? (CASES.models[name] ? ofTheFile(name) : published(name));
  models.set(name, known);
  return known;
}

function published(name: string): ModelGenes {
  const folder = `${ROOT}/model_cards/${name}`;
  const told = JSON.parse(readFileSync(`${folder}/manifest.json`, "utf8")) as Told;
  return withManifest(readFileSync(`${folder}/genes.tsv`), told);
}

function ofTheFile(name: string): ModelGenes {
  const { genes, ...told } = CASES.models[name]!;
  const columns = COLUMNS.split(" ");
  const rows = genes.map((row) => columns.map((_, place) => row[place] ?? ""));
  const text = [columns, ...rows].map((row) => `${row.join("\t")}\n`).join("");
  return withManifest(new TextEncoder().encode(text), { name, ...told });
}

function withManifest(genes: Uint8Array, { name, species, min_coverage: minCoverage }: Told): ModelGenes {
  return { genes: parseGenes(genes), manifest: { name, species, minCoverage } };
}

function table({ index, columns }: Var): GeneTable {
  return { index, columns: columns.map(({ label, is_text: isText, texts }) => ({ label, isText, texts })) };
}

/** Names of a model's genes, every so many, with something before and behind them. */
function taken({ of, field, step, before = "", after = "", upper = false }: Take): string[] {
  const { symbols, ensemblIds } = model(of).genes;
  const names = (field === "symbol" ? symbols : ensemblIds).filter((name, row) => name && row % step === 0);
  return names.map((name) => before + (upper ? name.toUpperCase() : name) + after);
}

function csr(rows: number[][]): Csr {
  const entries = rows.map((row) => [...row.entries()].filter(([, count]) => count > 0));
  const indptr = new Float64Array(rows.length + 1);
  for (const [cell, its] of entries.entries()) indptr[cell + 1] = indptr[cell]! + its.length;
  return {
    cells: rows.length,
    genes: rows[0]!.length,
    indptr,
    indices: Int32Array.from(entries.flat(), ([column]) => column),
    values: Float32Array.from(entries.flat(), ([, count]) => count),
  };
}

function dense({ cells, genes, indptr, indices, values }: Csr): number[][] {
  return Array.from({ length: cells }, (_, cell) => {
    const row = new Array<number>(genes).fill(0);
    for (let entry = indptr[cell]!; entry < indptr[cell + 1]!; entry++) row[indices[entry]!]! += values[entry]!;
    return row;
  });
}

function assertClose(found: ArrayLike<number>, said: readonly number[]): void {
  assert.equal(found.length, said.length);
  for (const [place, value] of said.entries())
    assert.ok(Math.abs(found[place]! - value) <= 1e-6 * Math.abs(value), `${found[place]} is not ${value}`);
}

test("names are taken apart as in Python", () => {
  assert.ok(Object.keys(CASES.spellings).length > 100);
  for (const [name, said] of Object.entries(CASES.spellings)) {
    const found: Spelling = {
      parts: parts(name),
      stem: stem(name),
      is_id: isEnsemblId(name),
      is_date: isDate(name),
      restored: [...restoredSymbols(name)],
      without_x: withoutRPrefix(name),
    };
    assert.deepEqual(found, said, JSON.stringify(name));
  }
});

for (const { title, model: of, names, answer } of CASES.alone)
  test(title, () => {
    const { genes } = model(of);
    const found: Record<string, [string, number]> = {};
    for (const name of names) {
      const hit = geneLookup(genes).column([name], [new Set()]);
      if (hit !== null) found[name] = [genes.symbols[hit.row] || genes.ensemblIds[hit.row]!, hit.rank];
    }
    assert.deepEqual(found, answer);
  });

for (const { title, model: of, names, expression = null, answer } of CASES.genes)
  test(title, () => {
    const { genes } = model(of);
    const found = match(genes, names, { expression });
    const called = Array.from(found.geneOfColumn, (row) => genes.symbols[row] || genes.ensemblIds[row] || "");
    assert.deepEqual(called, answer.genes);
    assert.deepEqual(found.reasons, answer.reasons);
    assert.deepEqual([...found.species.possible].sort(), answer.species);
    assert.equal(found.species.why, answer.why);
    for (const [row, column] of found.columnOfGene.entries())
      assert.equal(column, found.geneOfColumn.indexOf(row), `the column of gene ${row}`);
  });

for (const { title, model: of, take, answer, ...given } of CASES.datasets)
  test(title, () => {
    const spellings = [[...given.names, ...take.flatMap(taken)]];
    const elsewhere = { columns: given.columns ?? [], cells: () => given.cells ?? [] };
    const names: ColumnNames = { spellings, expression: null, notes: [], elsewhere };
    const options = given.min_coverage === undefined ? {} : { minCoverage: given.min_coverage };
    const floor = given.min_coverage ?? model(of).manifest.minCoverage;
    const found = match(model(of).genes, spellings, { floor });
    const reasons: Record<string, number> = {};
    for (const reason of found.reasons) reasons[reason] = (reasons[reason] ?? 0) + 1;
    const told = describe(model(of), names, found, options);
    const said = told.lines.map(([label, text]) => label.padEnd(14) + text);
    assert.deepEqual(
      {
        columns: found.geneOfColumn.length,
        sha256: createHash("sha256").update(found.geneOfColumn.join(",")).digest("hex"),
        reasons,
        inputs: [found.inputsFound, found.inputsNeeded],
        targets: [found.targetsFound, found.targetsKnown],
        verdict: told.verdict,
        page: told.refusal,
        said: told.refusal ? said : [told.headline, ...said],
      },
      {
        columns: answer.columns,
        sha256: answer.sha256,
        reasons: answer.reasons,
        inputs: answer.inputs,
        targets: answer.targets,
        verdict: answer.verdict,
        page: answer.page,
        said: answer.said,
      },
    );
    assertClose([found.coverage], [answer.coverage]);
    if (!answer.error) assert.deepEqual(alignColumns(model(of), names, options), found);
    else
      assert.throws(
        () => alignColumns(model(of), names, options),
        (error) => error instanceof GeneMatchError && error.name === answer.error && error.message === answer.page,
      );
  });

for (const { title, answer, ...given } of CASES.features)
  test(title, () => {
    const var_ = table(given.var);
    const { types, expression, note } = featureKinds(var_);
    const sets = nameColumns(var_, given.gene_column === undefined ? {} : { geneColumn: given.gene_column });
    const whole = given.whole ? table(given.whole) : var_;
    const { types: typesOfWhole } = featureKinds(withTypesOf(var_, whole));
    const dates = noteOnDates(var_.index);
    assert.deepEqual({ types, expression, note, dates, sets, types_of_whole: typesOfWhole }, answer);
  });

for (const { title, model: of, names, counts, answer } of CASES.cells)
  test(title, () => {
    const { genes } = model(of);
    const map = mapGenes(match(genes, names), genes);
    const given = map.inputCells(csr(counts));
    assertClose(given.inputs, answer.inputs.flat());
    assertClose(given.sizeFactors, answer.size_factors);
    assert.deepEqual(dense(map.modelCounts(csr(counts))), answer.model_counts);
  });

test("a column of var that is not there is refused with those that are", () => {
  const var_ = table({ index: ["a"], columns: [{ label: "it's", is_text: true, texts: ["b"] }] });
  assert.throws(() => nameColumns(var_, { geneColumn: "symbol" }), {
    name: "DataError",
    message: "var has no column 'symbol'; columns: it's.",
  });
});

test("names of any length are done with at once", () => {
  const long = ["GRCh38_", "_", "-", "ENSG00000000001_", "CTA-1", "1", "X1", "A.", "7-Sep"].map((text) =>
    text.repeat(50_000),
  );
  const started = performance.now();
  const { species } = match(model("twins").genes, [[...long, "GENE1", "GRCh38_GENE2"]]);
  assert.equal(species.species, "unknown");
  describe(model("twins"), { spellings: [long], expression: null, notes: [] }, match(model("twins").genes, [long]));
  featureKinds(table({ index: long, columns: [] }));
  assert.ok(performance.now() - started < 2000);
  assert.equal(parts(`${"GRCh38_".repeat(100)}CD3D`).at(-1), "CD3D");
});
