/** The tasks give on some cells of blood what Python gives. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Source } from "../src/counts/types.js";
import { replay, TOLERANCE } from "../src/network/golden.js";
import type { Csr } from "../src/readers/types.js";
import { annotate } from "../src/tasks/annotate.js";
import { embed } from "../src/tasks/embed.js";
import { prepareImputer } from "../src/tasks/impute.js";
import type { AnnotateOptions, ImputeOptions, Work } from "../src/tasks/types.js";
import { asHere, cases, model, type Numbers, near, sourceOf, workOf } from "./stand-ins.js";

interface OnCells {
  readonly genes: string[];
  readonly cells: { indptr: number[]; indices: number[]; counts: number[] };
  readonly annotate: readonly {
    model: string;
    options: AnnotateOptions;
    types: string[];
    reason: string[];
    probability: Numbers;
    typical: Numbers;
    probabilities?: readonly Numbers[];
    verdict: string;
    why: string;
  }[];
  readonly embed: readonly {
    model: string;
    key: string;
    every: number;
    coordinates: readonly Numbers[];
    verdict: string;
    why: string;
  }[];
  readonly batches: readonly Numbers[];
  readonly reasons: Record<string, number>;
  readonly impute: readonly (Required<Pick<ImputeOptions, "estimate" | "policy">> & {
    model: string;
    columns: number[];
    values: readonly number[][];
    sums: number[];
    stored: number;
  })[];
  readonly by_default: {
    model: string;
    columns: number[];
    values: readonly number[][];
    sums: number[];
    not_imputed: number[];
    verdict: string;
    why: string;
  };
}

const given = await cases<OnCells>("tasks-on-cells");
const counts: Csr = {
  cells: given.cells.indptr.length - 1,
  genes: given.genes.length,
  indptr: Float64Array.from(given.cells.indptr),
  indices: Int32Array.from(given.cells.indices),
  values: Float32Array.from(given.cells.counts),
};
const opened = new Map<string, Promise<Work>>();

/** A model, opened once, at work on the cells. */
async function work(name: string, source: Source = sourceOf(given.genes, counts)): Promise<Work> {
  let found = opened.get(name);
  if (found === undefined) {
    found = model(name).then((bundle) => workOf(bundle, source));
    opened.set(name, found);
  }
  return { ...(await found), source };
}

for (const { model: name, options, ...wanted } of given.annotate)
  test(`${name} names cells as Python does, ${JSON.stringify(options)}`, async () => {
    const found = await annotate(await work(name), options);
    assert.deepEqual(found.types, wanted.types);
    assert.deepEqual(found.reason, wanted.reason);
    near(found.probability, wanted.probability, "probability");
    near(found.typical ?? [], wanted.typical, "typical");
    if (wanted.probabilities) near(found.probabilities, wanted.probabilities.flat(), "probabilities", 1);
    assert.equal(found.judged.verdict, wanted.verdict);
    assert.equal(found.judged.why.join(" "), asHere(wanted.why));
  });

test("blocks of another size give the same names", async () => {
  const [{ types, typical }, small] = [
    await annotate(await work("human-pbmc-types")),
    await annotate(await work("human-pbmc-types"), { blockSize: 4 }),
  ];
  assert.deepEqual(small.types, types);
  near(
    small.typical ?? [],
    Array.from(typical ?? [], (value) => (Number.isNaN(value) ? null : value)),
    "typical",
  );
});

for (const wanted of given.embed)
  test(`${wanted.model} places cells as Python does`, async () => {
    const found = await embed(await work(wanted.model), { blockSize: 10 });
    assert.equal(found.key, wanted.key);
    for (const [cell, row] of wanted.coordinates.entries()) {
      const places = found.coordinates.subarray(
        cell * found.dimensions.length,
        (cell + 1) * found.dimensions.length,
      );
      near(
        places.filter((_, column) => column % wanted.every === 0),
        row,
        `cell ${cell}`,
        1,
      );
    }
    assert.equal(found.judged.verdict, wanted.verdict);
    assert.equal(found.judged.why.join(" "), asHere(wanted.why));
  });

test("batches are taken out of places as Python does", async () => {
  const batch = Array.from({ length: counts.cells }, (_, cell) => ["b", "a", "c"][cell % 3]);
  const found = await embed(await work("human-pbmc-types", sourceOf(given.genes, counts, { obs: { batch } })), {
    batch: "batch",
  });
  for (const [cell, row] of given.batches.entries()) {
    const places = found.coordinates.subarray(cell * found.dimensions.length, (cell + 1) * found.dimensions.length);
    near(
      places.filter((_, column) => column % 3 === 0),
      row,
      `cell ${cell}`,
      1,
    );
  }
});

test("cells without counts are not among those that a check looks at", async () => {
  const last = counts.cells - 20; // nineteen, and an empty one
  const start = counts.indptr[last];
  const some: Csr = {
    cells: 20,
    genes: counts.genes,
    indptr: counts.indptr.slice(last).map((place) => place - start),
    indices: counts.indices.slice(start),
    values: counts.values.slice(start),
  };
  const found = await work("human-pbmc-types", sourceOf(given.genes, some));
  for (const { judged } of [await embed(found), await annotate(found)])
    assert.match(judged.why.join(" "), /^Only 19 cells have counts in the model's genes, and 20 are needed/);
});

for (const { estimate, policy, ...wanted } of given.impute)
  test(`${wanted.model} fills counts as Python does, ${estimate}, ${policy}`, async () => {
    const imputer = await prepareImputer(await work(wanted.model), {
      estimate,
      policy,
      calibrate: false,
      gate: false,
    });
    for (const [why, number] of Object.entries(given.reasons))
      assert.equal(imputer.reasons.filter((reason) => reason === why).length, number, why);
    const filled = await imputer.fill(0, counts.cells);
    assert.equal(filled.values.length, wanted.stored);
    for (let cell = 0; cell < counts.cells; cell++) {
      const row = new Float32Array(counts.genes);
      for (let i = filled.indptr[cell]; i < filled.indptr[cell + 1]; i++) row[filled.indices[i]] = filled.values[i];
      near(
        wanted.columns.map((column) => row[column]),
        wanted.values[cell],
        `cell ${cell}`,
        1e-2,
      );
      near([row.reduce((sum, value) => sum + value, 0)], [wanted.sums[cell]], `sum of cell ${cell}`, 1);
    }
    const genes = await imputer.genes(wanted.columns, { blockSize: 8 });
    for (const [i, gene] of genes.entries()) {
      near(
        gene.filled,
        wanted.values.map((row) => row[i]),
        `gene ${wanted.columns[i]}`,
        1e-2,
      );
      const observed = Array.from(gene.observed);
      assert.deepEqual(observed, column(wanted.columns[i]));
      if (policy === "zeros")
        for (const [cell, count] of observed.entries()) if (count) assert.equal(gene.filled[cell], count);
    }
  });

test("a model is corrected on the cells and tried on them by default, as Python does", async () => {
  const { model: name, not_imputed, ...wanted } = given.by_default;
  const imputer = await prepareImputer(await work(name));
  const left = [...imputer.reasons.keys()].filter((gene) => imputer.reasons[gene] !== "imputed");
  assert.deepEqual(left, not_imputed);
  assert.equal(imputer.judged?.verdict, wanted.verdict);
  assert.equal(imputer.judged?.why.join(" "), asHere(wanted.why));
  const genes = await imputer.genes(wanted.columns);
  for (const [i, gene] of genes.entries())
    near(
      gene.filled,
      wanted.values.map((row) => row[i]),
      `gene ${wanted.columns[i]}`,
      1e-2,
      5e-5,
    );
  const filled = await imputer.fill(0, counts.cells);
  for (const [cell, sum] of wanted.sums.entries()) {
    const values = filled.values.subarray(filled.indptr[cell], filled.indptr[cell + 1]);
    near(
      [Array.from<number>(values).reduce((all, value) => all + value, 0)],
      [sum],
      `sum of cell ${cell}`,
      1,
      5e-5,
    );
  }
});

function column(gene: number): number[] {
  return Array.from({ length: counts.cells }, (_, cell) => {
    for (let i = counts.indptr[cell]; i < counts.indptr[cell + 1]; i++)
      if (counts.indices[i] === gene) return counts.values[i];
    return 0;
  });
}

test("genes that stand in another order than the counts are filled alike", async () => {
  const columns = Int32Array.from({ length: counts.genes - 5 }, (_, gene) => counts.genes - 1 - gene);
  const options = { calibrate: false, gate: false } as const;
  const plain = await (await prepareImputer(await work("human-pbmc"), options)).fill(0, 5);
  const source = sourceOf(given.genes, counts, { columns });
  const turned = await (await prepareImputer(await work("human-pbmc", source), options)).fill(0, 5);
  assert.equal(turned.genes, columns.length);
  for (let cell = 0; cell < 5; cell++) {
    const row = new Map<number, number>();
    for (let i = plain.indptr[cell]; i < plain.indptr[cell + 1]; i++) row.set(plain.indices[i], plain.values[i]);
    for (let i = turned.indptr[cell]; i < turned.indptr[cell + 1]; i++)
      assert.equal(turned.values[i], row.get(columns[turned.indices[i]]));
    assert.ok(turned.indptr[cell + 1] - turned.indptr[cell] >= row.size - 5);
  }
});

for (const name of ["human-pbmc-types", "human-pancreas-types", "mouse-oligodendrocyte-types"])
  test(`the golden values of ${name} hold`, async () => {
    const bundle = await model(name);
    const { network } = await workOf(bundle, sourceOf(given.genes, counts));
    const { fault, difference, cells } = await replay(bundle, network);
    assert.equal(fault, "");
    assert.ok(cells > 0 && difference < TOLERANCE / 5, `${difference}`);
    await network.close();
  });

test("all imputed genes in another order have the values of each", async () => {
  const imputer = await prepareImputer(await work(given.by_default.model));
  const imputed = [...imputer.reasons.keys()].filter((gene) => imputer.reasons[gene] === "imputed");
  const [inOrder, turned] = [await imputer.genes(imputed), await imputer.genes(imputed.toReversed())];
  for (const [i, { filled }] of turned.toReversed().entries())
    near(filled, [...inOrder[i].filled], `gene ${imputed[i]}`, 1e-2);
});
