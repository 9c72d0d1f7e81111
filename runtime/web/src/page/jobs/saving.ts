/** The files that a person saves: made here, in memory, and handed to the page. */

import { DataError, mayGoOn, TaskError } from "../../errors.js";
import type { Csr } from "../../readers/types.js";
import type { Imputer } from "../../tasks/types.js";
import { cellTable } from "../../writers/cell-table.js";
import { type GeneCounts, geneTable } from "../../writers/gene-table.js";
import { H5ad, MOST_BYTES } from "../../writers/h5ad.js";
import { cellMatrices, type NamedCells, type PlacedCells, typeColumns } from "../../writers/results.js";
import { recordOfCounts as keyOfCounts, stemOfCounts, stemOfPlaces, stemOfTypes } from "../../writers/stems.js";
import { takenNames } from "../../writers/taken.js";
import { TenxZip } from "../../writers/tenx-zip.js";
import type { ModelPlace, Plan, Saved } from "../messages.js";
import type { Models } from "./models.js";
import type { Opened } from "./opened.js";
import { type Origin, recordOfCounts, recordOfPlaces, recordOfTypes } from "./records.js";
import { type Results, runOptions, type Watching } from "./results.js";
import { turn } from "./turns.js";

const BLOCK = 256;
/** Bytes of a value and its place in a file, compressed; 5.3 were measured. */
const ENTRY_BYTES = 6;

/** What files are made of. */
export interface Saving {
  readonly opened: Opened;
  readonly models: Models;
  readonly results: Results;
  readonly plan: Plan;
  readonly watching: Watching;
}

/** The table of cells: types, probabilities, coordinates. */
export async function saveCells(saving: Saving): Promise<Saved> {
  const named = await namedCells(saving);
  const placed = await placedCells(saving);
  if (!named && !placed) throw new TaskError("There is nothing to save yet: name or place the cells first.");
  const blob = cellTable(saving.opened.dataset.cellNames(), named, placed);
  return { name: `${nameOf(saving)}-cells.csv`, blob };
}

/** Observed and filled counts of some genes. */
export async function saveGenes(saving: Saving, columns: readonly number[]): Promise<Saved> {
  const { imputer } = await imputation(saving);
  const counts = await imputer.genes(columns, runOptions("Imputing", saving.watching));
  const names = saving.opened.geneNames;
  const genes: GeneCounts[] = columns.map((column, place) => ({ name: names[column], ...counts[place] }));
  const blob = geneTable(saving.opened.dataset.cellNames(), genes);
  return { name: `${nameOf(saving)}-genes.csv`, blob };
}

/** All imputed counts, a 10x folder in a zip file. */
export async function saveCounts(saving: Saving): Promise<Saved> {
  const { imputer, record } = await imputation(saving);
  const { dataset } = saving.opened;
  const folder = `${nameOf(saving)}-imputed`;
  const contents = { folder, cells: dataset.cellNames(), genes: dataset.var, reasons: imputer.reasons, record };
  const zip = new TenxZip(contents);
  await eachFilled(saving, imputer, (block) => zip.add(block));
  return { name: `${folder}.zip`, blob: zip.end() };
}

/** The dataset and all results. */
export async function saveEverything(saving: Saving): Promise<Saved> {
  const { opened, plan, watching } = saving;
  const named = await namedCells(saving);
  const placed = await placedCells(saving);
  const counts = plan.impute ? await imputation(saving) : null;
  watching.onProgress("Copying your data", 0, 0);
  const mayGo = () => mayGoOn(watching.signal);
  const file = await H5ad.begin(opened.dataset, { mayGoOn: mayGo });
  try {
    addCells(file, named, placed);
    if (counts) {
      const key = stemOfCounts(file.taken("layers", "var", "uns"));
      const layer = file.beginLayer(key);
      let [entries, cells] = [0, 0];
      await eachFilled(saving, counts.imputer, (block) => {
        entries += block.indptr[block.cells];
        cells += block.cells;
        // As large as the blocks so far say.
        const bytes = (opened.dataset.own?.size ?? 0) + (entries * ENTRY_BYTES * opened.dataset.cells) / cells;
        if (bytes > MOST_BYTES) throw tooLarge(bytes);
        layer.add(block);
      });
      layer.finish();
      file.addColumns("var", new Map([[`${key}_reason`, counts.imputer.reasons]]));
      file.addRecord(keyOfCounts(key), counts.record);
    }
    return { name: `${nameOf(saving)}-cellfill.h5ad`, blob: await file.end() };
  } catch (error) {
    file.discard();
    throw error;
  }
}

function addCells(file: H5ad, named: NamedCells | null, placed: PlacedCells | null): void {
  if (named) {
    file.addColumns("obs", typeColumns(named));
    file.addRecord(`cellfill_${named.stem}`, named.record);
  }
  for (const matrix of cellMatrices(named, placed)) file.addCellMatrix(matrix.name, matrix);
  if (placed) file.addRecord(`cellfill_${placed.stem}`, placed.record);
}

async function eachFilled(
  { opened, watching }: Saving,
  imputer: Imputer,
  apply: (block: Csr) => void,
): Promise<void> {
  const { cells } = opened.dataset;
  for (let from = 0; from < cells; from += BLOCK) {
    await turn();
    mayGoOn(watching.signal);
    const to = Math.min(from + BLOCK, cells);
    apply(await imputer.fill(from, to));
    watching.onProgress("Imputing", to, cells);
  }
}

async function namedCells({ results, plan, watching, ...rest }: Saving): Promise<NamedCells | null> {
  if (!plan.annotate) return null;
  const annotated = await results.named(plan.annotate, watching);
  const stem = stemOfTypes(await takenNames(rest.opened.dataset));
  return { annotated, stem, record: recordOfTypes(await origin(rest, plan.annotate), annotated) };
}

async function placedCells({ results, plan, watching, ...rest }: Saving): Promise<PlacedCells | null> {
  if (!plan.embed) return null;
  const embedded = await results.placed(plan.embed, watching);
  const stem = stemOfPlaces(embedded.key, await takenNames(rest.opened.dataset));
  return { embedded, stem, record: recordOfPlaces(await origin(rest, plan.embed), embedded) };
}

async function imputation({ results, plan, watching, ...rest }: Saving) {
  if (!plan.impute) throw new TaskError("There are no imputed counts to save yet: impute first.");
  const imputer = await results.imputer(plan.impute, watching);
  return { imputer, record: recordOfCounts(await origin(rest, plan.impute), imputer) };
}

async function origin({ opened, models }: Pick<Saving, "opened" | "models">, place: ModelPlace): Promise<Origin> {
  return { bundle: await models.bundle(place), source: opened.source, cells: opened.dataset.cells };
}

/** Name of the dataset without its ending, as a part of a file's name. */
function nameOf({ opened }: Saving): string {
  const bare = opened.dataset.name.replace(/\.(h5ad|h5|mtx|csv|tsv|txt)(\.gz)?$/i, "");
  return bare.replace(/[^\p{L}\p{N}._-]+/gu, "_").slice(0, 80) || "cells";
}

function tooLarge(bytes: number): DataError {
  return new DataError(
    `The file would hold about ${(bytes / 1e9).toFixed(1)} GB, more than a page can hold. Download chosen genes, or cut ` +
      "the dataset into parts; cellfill for Python writes files of any size.",
  );
}
