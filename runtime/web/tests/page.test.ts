import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { nearest } from "../src/page/drawing/frame.js";
import { binned } from "../src/page/drawing/histogram.js";
import { looksOf, MOST_LABELS } from "../src/page/drawing/palette.js";
import { shades } from "../src/page/drawing/shades.js";
import { sorted } from "../src/page/dropped.js";
import { coded, type ModelSeen } from "../src/page/messages.js";
import { bestOf, isOfOtherSpecies, listed, withSeen } from "../src/page/offered.js";
import { POLICY } from "../src/page/policy.js";
import { Store } from "../src/page/state.js";
import { tally, UNASSIGNED } from "../src/page/tally.js";
import { legible, percent, size } from "../src/page/texts.js";
import { matches } from "../src/page/views/combobox.js";
import { columnsOf } from "../src/page/views/downloads.js";
import { planeOf } from "../src/page/work/plane.js";

test("the page and its service worker state the same policy", async () => {
  const page = await readFile("static/index.html", "utf8");
  assert.ok(page.includes(`content="${POLICY}"`));
  assert.ok(!/unsafe-(inline|eval)'(?<!wasm-unsafe-eval')/.test(POLICY));
  assert.ok(!/ style=| on[a-z]+=|<style|<script(?! type="module" src)/.test(page));
});

test("a list of models is taken with care", () => {
  const entry = {
    folder: "human-pbmc",
    name: "human-pbmc",
    species: "Homo sapiens",
    tissue: "blood",
    tasks: ["impute", "x"],
  };
  const bad = [null, 3, {}, { folder: "../secrets" }, { folder: "a/b" }, { folder: ".hidden" }];
  const found = listed([...bad, entry, { folder: "m", name: 7, tasks: "impute" }]);
  assert.deepEqual(
    found.map(({ key, name, tasks }) => [key, name, tasks]),
    [
      ["beside:human-pbmc", "human-pbmc", ["impute"]],
      ["beside:m", "m", []],
    ],
  );
  assert.deepEqual(listed({ models: [] }), []);
});

test("for each task the model of the highest coverage is taken", () => {
  const [one, other, third] = listed([{ folder: "one" }, { folder: "other" }, { folder: "third" }]);
  const seen = (coverage: number, tasks: ModelSeen["tasks"], refusal = ""): ModelSeen => ({
    ...{ name: "m", species: "Homo sapiens", tissue: "blood", licence: "", inputsFound: 1, inputsNeeded: 1 },
    ...{ tasks, coverage, refusal },
  });
  const models = [
    withSeen(one, seen(0.8, ["impute", "embed"])),
    withSeen(other, seen(0.9, ["impute"])),
    withSeen(third, seen(0.99, ["annotate"], "too few genes")),
  ];
  assert.deepEqual(bestOf(models), { annotate: null, embed: "beside:one", impute: "beside:other" });
  const dataset = { species: "Mus musculus" } as Parameters<typeof isOfOtherSpecies>[1];
  assert.deepEqual([isOfOtherSpecies(models[0], dataset), isOfOtherSpecies(one, dataset)], [true, false]);
});

test("a folder of a model is told from cells", () => {
  const file = (name: string) => new File(["x"], name);
  Object.defineProperty(File.prototype, "webkitRelativePath", { value: "", configurable: true });
  const model = sorted([file("human/manifest.json"), file("human/model.onnx"), file("human/.DS_Store")]);
  assert.deepEqual(
    [model.kind, model.name, model.files.map(({ name }) => name)],
    ["model", "human", ["manifest.json", "model.onnx"]],
  );
  const cells = sorted([file("run/matrix.mtx"), file("run/.hidden")]);
  assert.deepEqual([cells.kind, cells.files.map(({ name }) => name)], ["cells", ["run/matrix.mtx"]]);
});

test("a plane is that of the reference's strongest directions", () => {
  // Spread 3 along (1, 1, 0), 1 along (0, 0, 1): these are the two directions.
  const known = Float32Array.of(3, 3, 0, -3, -3, 0, 0, 0, 1, 0, 0, -1);
  const { cells, reference, axes } = planeOf(Float32Array.of(1, 1, 5, Number.NaN, 0, 0), 3, known);
  const near = (found: number, wanted: number) =>
    assert.ok(Math.abs(found - wanted) < 1e-6, `${found} for ${wanted}`);
  near(cells[0], Math.SQRT2);
  near(cells[1], 5);
  assert.ok(Number.isNaN(cells[2]));
  near(reference![0], 3 * Math.SQRT2);
  assert.deepEqual(axes, ["PC 1 (95% of variance of the reference)", "PC 2 (5%)"]);
});

test("a plane of two dimensions is itself", () => {
  const points = Float32Array.of(1, 2);
  assert.equal(planeOf(points, 2, null).cells, points);
  assert.deepEqual([...planeOf(Float32Array.of(4, 5), 1, null).cells], [4, 0, 5, 0]);
});

test("the most frequent labels have looks of their own, unassigned is a grey ring", () => {
  const labels = Array.from({ length: MOST_LABELS + 2 }, (_, label) => `type ${label}`);
  const looks = looksOf([...labels, UNASSIGNED], [...labels.map((_, label) => label), 1e6], UNASSIGNED, "light");
  const own = labels.slice(2).map((label) => JSON.stringify(looks.get(label)));
  assert.equal(new Set(own).size, MOST_LABELS);
  assert.deepEqual(looks.get("type 0"), looks.get("type 1"));
  assert.equal(looks.get(UNASSIGNED)?.shape, "ring");
});

test("shades draw the highest last", () => {
  const { which, order } = shades(Float32Array.of(9, 0, Number.NaN, 3), 9, "dark");
  assert.deepEqual([...order], [1, 2, 3, 0]);
  assert.deepEqual([which[0], which[1], which[2]], [31, 0, 0]);
});

test("the nearest cell is found, if one is near", () => {
  const frame = { x: (x: number) => x, y: (y: number) => y };
  const points = Float32Array.of(0, 0, 10, 0, Number.NaN, Number.NaN);
  assert.deepEqual([nearest(points, frame, 8, 1, 5), nearest(points, frame, 50, 50, 5)], [1, -1]);
});

test("zeros have a bin of their own", () => {
  const shares = binned(Float32Array.of(0, 0, 0.01, 10), 10);
  assert.deepEqual([shares[0], shares[1], shares[shares.length - 1]], [0.5, 0.25, 0.25]);
});

test("labels are counted with the mean of what is known", () => {
  const { cells, mean } = tally(coded(["a", "b", "a"]), Float32Array.of(1, Number.NaN, 3));
  assert.deepEqual([...cells, ...mean], [2, 1, 2, Number.NaN]);
});

test("genes are found by what is typed", () => {
  const names = ["XCD4", "CD44", "CD4", "NKG7"];
  assert.deepEqual(matches(names, " cd4"), [2, 1, 0]);
  assert.deepEqual(matches(names, ""), []);
  assert.deepEqual(columnsOf("cd4, NKG7;foo CD4", names), { columns: [2, 3], unknown: ["foo"] });
});

test("a stranger's names are short and plain", () => {
  assert.equal(legible("a\u0000b\u202ec\n d"), "a\ufffdb\ufffdc\ufffd d");
  assert.equal(legible("x".repeat(50), 10), `${"x".repeat(9)}…`);
  assert.deepEqual([percent(1), percent(0.123), size(2_500_000)], ["100%", "12.3%", "2.5 MB"]);
});

test("views are told of what they watch, and of nothing else", () => {
  const store = new Store();
  const heard: string[] = [];
  store.watch(["problem"], ({ problem }) => heard.push(problem));
  store.set({ problem: "a" });
  store.set({ said: "b" });
  store.set({ problem: "a" });
  assert.deepEqual(heard, ["", "a"]);
});
