import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Actions, isLeftOut } from "../src/page/actions.js";
import { nearest } from "../src/page/drawing/frame.js";
import { binned } from "../src/page/drawing/histogram.js";
import { looksOf, MOST_LABELS } from "../src/page/drawing/palette.js";
import { shades } from "../src/page/drawing/shades.js";
import { sorted } from "../src/page/dropped.js";
import { planeOf } from "../src/page/jobs/plane.js";
import { isByContent, modelsCache, pageCaches } from "../src/page/kept.js";
import { listOf } from "../src/page/listing.js";
import {
  type Asked,
  type Call,
  coded,
  type DatasetSeen,
  type ModelSeen,
  type ToWorker,
} from "../src/page/messages.js";
import { bestOf, isOfOtherSpecies, listed, withSeen } from "../src/page/offered.js";
import { POLICY } from "../src/page/policy.js";
import { Store } from "../src/page/state.js";
import { tally } from "../src/page/tally.js";
import { legible, percent, size } from "../src/page/texts.js";
import { matches } from "../src/page/views/combobox.js";
import { columnsOf } from "../src/page/views/downloads.js";
import { UNASSIGNED } from "../src/tasks/annotation/columns.js";

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
});

test("a model whose list says another species is not read", () => {
  const isOther = (listedAs: string, species: string): boolean => {
    const [model] = listed([{ folder: "m", species: listedAs }]);
    return isOfOtherSpecies(model, { species } as Parameters<typeof isOfOtherSpecies>[1]);
  };
  const worm = "Caenorhabditis elegans";
  for (const [model, cells] of [
    ["Homo sapiens", "Mus musculus"],
    ["human", worm],
    [worm, "Homo sapiens"],
    ["Homo sapiens", "Mus musculus or Rattus norvegicus"],
  ])
    assert.ok(isOther(model, cells), `${model}, ${cells}`);
  for (const [model, cells] of [
    ["Homo sapiens", "Homo sapiens"],
    ["Homo sapiens", "unknown"],
    ["", worm],
    ["Bos imaginarius", worm],
    ["Mus musculus", "Mus musculus or Rattus norvegicus"],
  ])
    assert.ok(!isOther(model, cells), `${model}, ${cells}`);
});

test("what a page keeps is apart from what others of its server keep", () => {
  const [one, inner, other] = ["a/", "a/b/", "b/"].map((path) => new URL(path, "https://example.org/"));
  const names = [one, inner, other].map((home) => `${pageCaches(home)}0123`);
  assert.deepEqual(
    names.map((name) => name.startsWith(pageCaches(one))),
    [true, false, false],
  );
  assert.equal(new Set([one, inner, other].map(modelsCache)).size, 3);
});

test("files that are named by their content are told from others", () => {
  const home = new URL("https://example.org/a-B1234567/");
  const isNamed = (name: string) => isByContent(new URL(name, home).href, home);
  for (const name of ["app-0493F75B.js", "ort-B762AB0F/x.wasm", "shared-UXRLLNGI.js.LEGAL.txt"])
    assert.ok(isNamed(name), name);
  for (const name of ["index.html", "cellfill.js", "icon.svg", "../app-0493F75B.js"])
    assert.ok(!isNamed(name), name);
});

test("without a network the models are listed that were kept", async () => {
  const beside = "https://example.org/models/";
  const kept = new Map([
    [`${beside}one/manifest.json`, '{"name": "One", "species": "Homo sapiens", "tissue": "blood", "files": {}}'],
    [`${beside}one/genes.tsv`, "x"],
    ["https://huggingface.co/a/b/resolve/main/manifest.json", '{"name": "Hub"}'],
  ]);
  const cache = {
    keys: async () => [...kept.keys()].map((url) => ({ url })),
    match: async (url: string) => new Response(kept.get(url)),
  } as unknown as Cache;
  const found = listed(await (await listOf(cache, beside)).json());
  assert.deepEqual(
    found.map(({ key, name, species, tissue }) => [key, name, species, tissue]),
    [["beside:one", "One", "Homo sapiens", "blood"]],
  );
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
  const looks = looksOf([...labels, UNASSIGNED], [...labels.map((_, label) => label), 1e6], [UNASSIGNED], "light");
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

test("where one view fails the others are told, and so is the person", () => {
  const store = new Store();
  const heard: string[] = [];
  store.watch(["said"], ({ said }) => {
    if (said) throw new Error("no such element");
  });
  store.watch(["said"], ({ said }) => heard.push(said));
  store.set({ said: "a" });
  assert.deepEqual(heard, ["", "a"]);
  assert.match(store.now.problem, /Reload the page.*no such element/);
});

type Told = Exclude<ToWorker, { call: "stop" }>;

/** In the place of a worker: a test answers what it was asked. */
class StandIn extends EventTarget {
  static made: StandIn[] = [];
  static isLoadable = true;
  readonly asked: Told[] = [];
  readonly stopped: number[] = [];

  constructor() {
    super();
    StandIn.made.push(this);
    if (!StandIn.isLoadable) setTimeout(() => this.dispatchEvent(new Event("error", { cancelable: true })));
  }

  postMessage(message: ToWorker): void {
    if (message.call === "stop") this.stopped.push(message.id);
    else this.asked.push(message);
  }

  terminate(): void {}

  calls(): readonly Call[] {
    return this.asked.map(({ call }) => call);
  }

  /** Answer what was asked last. */
  async answer<K extends Call>(call: K, give: Asked[K]["give"]): Promise<void> {
    const asked = this.asked[this.asked.length - 1];
    assert.equal(asked.call, call);
    this.dispatchEvent(new MessageEvent("message", { data: { say: "done", id: asked.id, give } }));
    await soon();
  }
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A page with a dataset open, and one model that does everything. */
async function opened(offered = listed([{ folder: "one" }])) {
  StandIn.made = [];
  StandIn.isLoadable = true;
  Object.defineProperty(globalThis, "Worker", { value: StandIn, configurable: true });
  const store = new Store();
  const actions = new Actions(store, new URL("file:///worker.js"));
  store.set({ offered });
  void actions.take([new File(["x"], "cells.h5ad")]);
  const worker = StandIn.made[0];
  const dataset = {
    name: "cells",
    cells: 2,
    genes: 2,
    species: "Homo sapiens",
    refusal: "",
    matrices: ["X", "raw"],
  };
  await worker.answer("open", { ...dataset, geneNames: ["A", "B"], obs: [] } as unknown as DatasetSeen);
  return { store, actions, worker };
}

const SEEN: ModelSeen = {
  ...{ name: "one", species: "Homo sapiens", tissue: "blood", licence: "", refusal: "" },
  ...{ tasks: ["annotate", "embed", "impute"], coverage: 1, inputsFound: 2, inputsNeeded: 2 },
};

test("a cancel that comes when a task is done ends the run", async () => {
  const { store, actions, worker } = await opened();
  await worker.answer("model", SEEN);
  const run = actions.run();
  store.now.running?.stop();
  await worker.answer("annotate", {} as Asked["annotate"]["give"]);
  assert.equal(await run, false);
  assert.deepEqual(worker.calls(), ["open", "model", "annotate"]);
  assert.deepEqual([worker.stopped.length, store.now.named, store.now.running], [1, null, null]);
});

test("what a run works with stands until it is over", async () => {
  const { store, actions, worker } = await opened();
  await worker.answer("model", SEEN);
  const run = actions.run();
  const { dataset, offered, layer } = store.now;
  await actions.takeLayer("raw");
  assert.match(store.now.problem, /Something is going on/);
  await actions.offer({ kind: "hub", repository: "a/b" });
  await actions.take([new File(["x"], "others.h5ad")]);
  assert.deepEqual([store.now.dataset, store.now.offered, store.now.layer], [dataset, offered, layer]);
  actions.choose("impute", null);
  await worker.answer("annotate", {} as Asked["annotate"]["give"]);
  await worker.answer("embed", {} as Asked["embed"]["give"]);
  await worker.answer("impute", {} as Asked["impute"]["give"]);
  assert.equal(await run, true);
});

test("a worker that cannot be loaded is tried once for everything that a person does", async () => {
  const { store, actions, worker } = await opened();
  await worker.answer("model", SEEN);
  StandIn.isLoadable = false;
  worker.dispatchEvent(new Event("error"));
  await soon();
  assert.equal(StandIn.made.length, 1);
  for (const tries of [2, 3]) {
    assert.equal(await actions.run(), false);
    await soon();
    assert.equal(StandIn.made.length, tries);
    assert.match(store.now.problem, /could not be loaded.*reload it/);
  }
  // One that comes is given the dataset again before anything else.
  StandIn.isLoadable = true;
  void actions.run();
  assert.deepEqual(StandIn.made[3].calls(), ["open", "annotate"]);
});

test("the look at the models can be stopped, and is not taken up again by itself", async () => {
  const { store, actions, worker } = await opened(listed([{ folder: "one" }, { folder: "other" }]));
  store.now.looking?.stop();
  await worker.answer("model", SEEN);
  assert.deepEqual(worker.calls(), ["open", "model"]);
  assert.equal(store.now.looking, null);
  assert.equal(store.now.chosen.annotate, "beside:one");
  assert.deepEqual(store.now.offered.map(isLeftOut), [false, true]);
  void actions.lookAtOthers();
  await worker.answer("model", { ...SEEN, name: "other" });
  assert.deepEqual(store.now.offered.map(isLeftOut), [false, false]);
  assert.equal(store.now.looking, null);
});

test("where the worker is lost while models are looked at, no other is started", async () => {
  const { store, worker } = await opened(listed([{ folder: "one" }, { folder: "other" }]));
  worker.dispatchEvent(new Event("error"));
  await soon();
  assert.equal(StandIn.made.length, 1);
  assert.match(store.now.problem, /has stopped.*memory/);
  assert.equal(store.now.looking, null);
});
