/** The gene index, `genes.tsv`: which genes a model reads and fills, and how well it fills them. */

import { BundleError } from "../errors.js";
import { clip, commas, isPrintable, lengthOf, quoted, quotedAscii } from "../text/quoting.js";
import { checkGenes } from "./gene-checks.js";
import { MAX_DIGITS, tooManyDigits } from "./json.js";
import { countLines, decodeText, toNumber } from "./table.js";
import type { GeneIndex } from "./types.js";

const MAX_GENES = 200_000;
const MAX_LINE = 20_000;
const MAX_NUMBER = 1e9; // counts, shares and errors of real genes are far below it
const MAX_NAME = 100;
const MAX_INT32 = 2 ** 31 - 1;
const COLUMNS = [
  "ensembl_id",
  "symbol",
  "aliases",
  "role",
  "subnetwork",
  "predicts",
  "mean",
  "neutral",
  "worth",
  "inverse_dispersion",
  "mse",
  "pearson",
  "baseline_mse",
  "baseline_pearson",
];
const TEXTS = 6; // columns before the numbers
const ROLES: ReadonlyMap<string, readonly [boolean, boolean]> = new Map([
  ["input", [true, false]],
  ["target", [false, true]],
  ["both", [true, true]],
]);
// In a table of these characters alone more is taken for a number than in any other; it is Python's quick way.
const NOT_PLAIN = /[^\x21-\x5e\x60-\x7e\t\n]/;
const NO_NAME = /[ |]/; // nor what does not show itself
const INFINITE = /^[+-]?inf(?:inity)?$/i;

/**
 * Parse and check the bytes of a `genes.tsv`.
 *
 * @throws BundleError when the table does not have exactly the declared form, or makes no sense
 */
export function parseGenes(bytes: Uint8Array): GeneIndex {
  const count = countLines(bytes) - 1;
  if (count > MAX_GENES) throw new BundleError(`genes.tsv has ${count} genes, over the bound of ${MAX_GENES}.`);
  const text = decodeText(bytes, "genes.tsv");
  const lines = text.split("\n");
  if (lines[0] !== COLUMNS.join("\t"))
    throw new BundleError(`genes.tsv must begin with the columns ${COLUMNS.join(", ")}.`);
  if (lines[lines.length - 1] !== "")
    throw new BundleError("genes.tsv does not end in a newline: it was cut short.");
  const plain = !NOT_PLAIN.test(text.slice(lines[0].length + 1));
  const table = new GeneTable(lines.length - 2);
  for (let row = 0; row < lines.length - 2; row++) table.parse(lines[row + 1], row, plain);
  const genes = table.index();
  checkGenes(genes);
  return genes;
}

/** What rows are parsed into, a column an array. */
class GeneTable {
  private readonly ensemblIds: string[] = [];
  private readonly symbols: string[] = [];
  private readonly aliases: string[][] = [];
  private readonly predicts: number[][] = [];
  private readonly isInput: Uint8Array;
  private readonly isTarget: Uint8Array;
  private readonly subnetwork: Int32Array;
  private readonly numbers: readonly Float64Array[];

  constructor(private readonly length: number) {
    this.isInput = new Uint8Array(length);
    this.isTarget = new Uint8Array(length);
    this.subnetwork = new Int32Array(length).fill(-1);
    this.numbers = COLUMNS.slice(TEXTS).map(() => new Float64Array(length));
  }

  /** Parse a line; refuse it with its place in the file. */
  parse(line: string, row: number, plain: boolean): void {
    const where = `genes.tsv, line ${row + 2}`;
    if (line.length > MAX_LINE && lengthOf(line) > MAX_LINE)
      throw new BundleError(
        `${where}: ${commas(lengthOf(line))} characters, over the bound of ${commas(MAX_LINE)}.`,
      );
    const fields = line.split("\t");
    if (fields.length !== COLUMNS.length)
      throw new BundleError(`${where}: ${fields.length} fields, ${COLUMNS.length} expected.`);
    const [ensemblId, symbol, others, role, subnetwork, predicts] = fields;
    const aliases = others ? others.split("|") : [];
    if (ensemblId) checkName(ensemblId, where);
    if (symbol) checkName(symbol, where);
    for (const alias of aliases) checkName(alias, where);
    const roles = ROLES.get(role);
    if (!roles)
      throw new BundleError(`${where}: role ${quotedAscii(clip(role, 40))} is none of input, target, both.`);
    const numbers = fields.slice(TEXTS);
    if (!plain && (/[^0-9|]/.test(subnetwork + predicts) || /[^0-9+\-.e]/.test(numbers.join(""))))
      throw new BundleError(`${where}: a field of numbers holds something else.`);
    this.ensemblIds.push(ensemblId);
    this.symbols.push(symbol);
    this.aliases.push(aliases);
    this.isInput[row] = Number(roles[0]);
    this.isTarget[row] = Number(roles[1]);
    if (roles[1] && subnetwork) this.subnetwork[row] = whole(subnetwork, where);
    this.predicts.push(predicts ? predicts.split("|").map((number) => whole(number, where)) : []);
    numbers.forEach((field, column) => {
      this.numbers[column][row] = field ? decimal(field, where) : Number.NaN;
    });
  }

  index(): GeneIndex {
    const [mean, neutral, worth, inverseDispersion, mse, pearson, baselineMse, baselinePearson] = this.numbers;
    return {
      length: this.length,
      ensemblIds: this.ensemblIds,
      symbols: this.symbols,
      aliases: this.aliases,
      isInput: this.isInput,
      isTarget: this.isTarget,
      subnetwork: this.subnetwork,
      predicts: this.predicts,
      mean,
      neutral,
      worth,
      inverseDispersion,
      mse,
      pearson,
      baselineMse,
      baselinePearson,
      inputs: rowsOf(this.isInput),
      targets: rowsOf(this.isTarget),
    };
  }
}

function rowsOf(flags: Uint8Array): Int32Array {
  const rows = new Int32Array(flags.reduce((sum, flag) => sum + flag, 0));
  let place = 0;
  flags.forEach((flag, row) => {
    if (flag) rows[place++] = row;
  });
  return rows;
}

function checkName(name: string, where: string): void {
  const long = name.length > MAX_NAME && lengthOf(name) > MAX_NAME;
  if (!name || long || NO_NAME.test(name) || !isPrintable(name))
    throw new BundleError(`${where}: ${quotedAscii(clip(name, 40))} is not a gene name.`);
}

/** The number of a sub-network, as Python's `int` reads it; one beyond all sub-networks is as good as any other. */
function whole(field: string, where: string): number {
  const fault = (why: string) => new BundleError(`${where}: ${clip(why, 100)}.`);
  if (!/^[+-]?[0-9]+$/.test(field)) throw fault(`invalid literal for int() with base 10: ${quoted(field)}`);
  const digits = field.replace(/^[+-]/, "").length;
  if (digits > MAX_DIGITS) throw fault(tooManyDigits(digits));
  return Math.max(-MAX_INT32, Math.min(MAX_INT32, Number(field)));
}

function decimal(field: string, where: string): number {
  const value = INFINITE.test(field) ? Number.POSITIVE_INFINITY : toNumber(field);
  if (Math.abs(value) <= MAX_NUMBER) return value;
  const isNumber = !Number.isNaN(value) || /^[+-]?nan$/i.test(field);
  const why = isNumber
    ? `${quoted(clip(field, 40))} is over the bound of 1e+09`
    : `could not convert string to float: ${quoted(field)}`;
  throw new BundleError(`${where}: ${clip(why, 100)}.`);
}
