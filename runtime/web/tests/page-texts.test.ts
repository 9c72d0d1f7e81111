/** How the page writes a stranger's names, and what it makes of the names that a person types. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { middles } from "../src/page/drawing/labels.js";
import { looksOf } from "../src/page/drawing/palette.js";
import { exampleGenes, legibleMessage, species } from "../src/page/texts.js";
import { labelled, NOT_LABELLED, PLAIN } from "../src/page/unlabelled.js";
import { columnsOf } from "../src/page/views/downloads.js";

test("a species is never the name of what every object has", () => {
  assert.deepEqual(["Homo sapiens", "Mus musculus", "unknown", ""].map(species), [
    "human",
    "mouse",
    "not stated",
    "not stated",
  ]);
  for (const name of ["constructor", "__proto__", "toString", "Danio rerio"]) assert.equal(species(name), name);
});

test("a message with a stranger's name is short, and nothing in it steers", () => {
  assert.equal(legibleMessage("a\u0007b\u202ec\ud800 \ue000"), "a\\u{7}b\\u{202e}c\\u{d800} \\u{e000}");
  assert.equal(legibleMessage("First.\n\tThen é, 細胞 and 🧬."), "First. Then é, 細胞 and 🧬.");
  const long = legibleMessage(`${"x".repeat(60_000)}.h5ad cannot be read: try another.`);
  assert.match(long, /^x+…x+/);
  assert.ok(long.length <= 2000 && long.endsWith("cannot be read: try another."), `${long.length}`);
  const words = legibleMessage(`${"word ".repeat(20_000)}Try another.`);
  assert.ok(words.length <= 2000 && words.endsWith("Try another."), `${words.length}`);
});

test("examples are genes of the dataset", () => {
  assert.equal(exampleGenes(["X1", "Nkg7", "Ms4a1", "Cd3d"]), "Nkg7, Ms4a1, Cd3d");
  assert.equal(
    exampleGenes(["", "AT1G01010", "AT1G01020", "AT1G01030", "CD3D"]),
    "AT1G01010, AT1G01020, AT1G01030",
  );
  assert.equal(exampleGenes([]), "");
});

test("genes are known by names with blanks, and those that are unknown are told apart", () => {
  const names = ["HLA A", "CD4", "NKG7"];
  assert.deepEqual(columnsOf("hla a, cd4 NKG7 foo", names), { columns: [0, 1, 2], unknown: ["foo"] });
});

test("cells without a label are called so, drawn plain, and no name is written over them", () => {
  const labels = labelled(["nan", "B cell", "<NA>", "", " ", "NA"]);
  assert.deepEqual(labels, [NOT_LABELLED, "B cell", NOT_LABELLED, NOT_LABELLED, NOT_LABELLED, "NA"]);
  const looks = looksOf([NOT_LABELLED, "B cell"], [9, 1], PLAIN, "light");
  assert.equal(looks.get(NOT_LABELLED)?.shape, "ring");
  assert.notEqual(looks.get("B cell")?.shape, "ring");
  const named = middles(Float32Array.of(0, 0, 1, 1), [0, 1], [NOT_LABELLED, "B cell"], PLAIN);
  assert.deepEqual(
    named.map(({ name }) => name),
    ["B cell"],
  );
});
