/** Bundles that are right and hostile ones: the same facts and the same refusals as Python's. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readBundle } from "../src/bundle/read.js";
import { CellfillError } from "../src/errors.js";
import { type Case, type Cases, filesOf, inMemory, readCases } from "./bundle-cases.js";
import { factsOf } from "./bundle-facts.js";

const TOLERANCE = 1e-12; // of sums that are added in another order

const cases: Cases = await readCases();

describe("bundles of the shared cases", () => {
  for (const found of cases.cases) it(found.name, () => check(found));
});

async function check(found: Case): Promise<void> {
  const reading = readBundle(inMemory(await filesOf(cases, found)));
  if (found.facts) {
    assertAlike(factsOf(await reading), found.facts, "facts");
    return;
  }
  const error = await reading.then(
    () => assert.fail("it was read"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof CellfillError, String(error));
  const says = found.name.endsWith("no manifest") ? found.says?.replace("Pass", "Choose") : found.says;
  assert.equal(found.begins ? error.message.slice(0, found.begins.length) : error.message, found.begins ?? says);
  assert.equal(error.name, found.error);
}

/** Compare what JSON can hold; numbers nearly. */
function assertAlike(found: unknown, wanted: unknown, where: string): void {
  if (typeof found === "number" && typeof wanted === "number") {
    assert.ok(Math.abs(found - wanted) <= TOLERANCE * Math.abs(wanted), `${where}: ${found}, not ${wanted}`);
  } else if (typeof wanted === "object" && wanted !== null && typeof found === "object" && found !== null) {
    assert.deepEqual(Object.keys(found).sort(), Object.keys(wanted).sort(), where);
    for (const [key, value] of Object.entries(wanted))
      assertAlike((found as Record<string, unknown>)[key], value, `${where}.${key}`);
  } else assert.equal(found, wanted, where);
}
