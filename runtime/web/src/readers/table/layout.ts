/** How a text table is written, found out from its first lines. */

import { DataError } from "../../errors.js";
import { grouped } from "../../text/figures.js";
import { clip } from "../../text/quoting.js";
import type { StoredFile } from "../stored-file.js";
import { lines } from "../text/lines.js";
import { type Decimal, isNumber, MISSING } from "./number.js";
import { geneScore } from "./orientation.js";
import { split } from "./records.js";

export const KIND = "a table";

const SEPARATORS = "\t,; ";
const [SAMPLE_LINES, MOST_COMMENTS, MOST_COLUMNS] = [6, 10_000, 500_000];
/** Characters of the lines that are looked at, and of those of # before: names of that many columns take a tenth. */
const MOST_CHARACTERS = 64 << 20;
const WITH_COMMA = /^-?\p{Nd}+,\p{Nd}+$/u;
// 1,234 is a thousand and more in one country, and one and more in another; 0,234 and 1,2 are clear.
const EITHER = /^-?[1-9]\p{Nd}{0,2},\p{Nd}{3}$/u;
const GCT = "#1."; // the format of GenePattern: the line after the first has its shape
const SAVE_OTHERWISE = "save it as .h5ad or as a 10x folder.";

/** How a table is written. */
export interface Layout {
  /** Between fields. */
  readonly separator: string;
  /** Before the fraction of a number. */
  readonly decimal: Decimal;
  /** Lines before those of numbers. */
  readonly skipped: number;
  /** Names of the columns that hold numbers. */
  readonly columns: readonly string[];
  /** Names of the columns before them that hold text, the names of the rows first. */
  readonly labels: readonly string[];
  /** Whether lines have an empty field at their end that no column is. */
  readonly endsInSeparator: boolean;
}

/**
 * Find out how a table is written, from its first lines.
 *
 * Lines before it that begin with # are left out, unless the last of them names the columns.
 *
 * @throws DataError when it is no table of numbers below a line of names
 */
export async function findLayout(file: StoredFile): Promise<Layout> {
  const cannot = `${file.name} cannot be read as ${KIND}: `;
  const { comment, first, before } = await firstLines(file);
  if (first.length < 2) throw new DataError(`${cannot}it has no line of numbers below a line of names.`);
  const { separator, namesInComment } = findSeparator(comment, first);
  const sample = namesInComment ? [comment.slice(1), ...first.slice(0, SAMPLE_LINES - 1)] : first;
  if (sample.some((line) => hasManyColumns(line, separator)))
    throw new DataError(`${file.name} has more than ${grouped(MOST_COLUMNS)} columns: ${SAVE_OTHERWISE}`);
  let [header, ...body] = split(sample, separator);
  if (body.length === 0)
    throw new DataError(`${cannot}quotes in its first line do not end, so that it has no other.`);
  const endsInSeparator = doesEndInSeparator(header, body);
  if (endsInSeparator) {
    header = header[header.length - 1] ? header : header.slice(0, -1);
    body = body.map((line) => line.slice(0, -1));
  }
  const width = body[0].length;
  if (width < 2 || (header.length !== width && header.length !== width - 1))
    throw new DataError(
      `${cannot}its first line has ${header.length} fields, the next ${width}. One line of names and lines of numbers of ` +
        "the same length are needed.",
    );
  if (header.length < width && body.some((line) => line.length === header.length))
    throw new DataError(
      `${cannot}the row ${clip(body[0][0], 60)} has ${width} fields, the line of names and other rows have ` +
        `${header.length}. Take out the field that is too many.`,
    );
  const decimal = findDecimal(file.name, separator, body);
  let texts = textsBefore(body, decimal);
  if (header.length < width) {
    header = ["", ...header];
    texts = Math.max(texts, 1);
  } else if (texts === 0 && (!header[0].trim() || geneScore(header.slice(0, 1)) < geneScore(header.slice(1)))) {
    texts = 1; // numbers that name the rows
  }
  if (texts === width || header.slice(texts).every((name) => isNumber(name) && name.includes(".")))
    throw new DataError(
      `${cannot}it has not ${texts === width ? "a column of numbers" : "a line of names"}. The first line must name the ` +
        "columns, the first column the rows.",
    );
  return {
    separator,
    decimal,
    skipped: before + (namesInComment ? 0 : 1),
    columns: header.slice(texts),
    labels: header.slice(0, texts),
    endsInSeparator,
  };
}

/** The last line of # before a table, empty for none; the first lines of its own, and how many stand before these. */
async function firstLines(file: StoredFile): Promise<{ comment: string; first: string[]; before: number }> {
  const first: string[] = [];
  let [comment, before, read] = ["", 0, 0];
  let isShape = false;
  for await (const line of lines(file)) {
    const isBlank = line.trim() === "";
    if (isShape) {
      comment = line;
      before++;
      isShape = false;
    } else if (first.length || !(line.startsWith("#") || isBlank)) {
      read = first.length ? read + line.length : line.length;
      if (!isBlank) first.push(line);
      if (first.length === SAMPLE_LINES || (first.length >= 2 && read > MOST_CHARACTERS)) break;
    } else {
      read += line.length;
      if (++before > MOST_COMMENTS || read > MOST_CHARACTERS)
        throw new DataError(
          before > MOST_COMMENTS
            ? `${file.name} has more than ${grouped(MOST_COMMENTS)} lines of # before a table: is it one?`
            : `${file.name} has more than ${grouped(MOST_CHARACTERS)} characters in lines of # before a table: is it one?`,
        );
      if (!isBlank) comment = line;
      isShape = line.startsWith(GCT) && before === 1;
    }
  }
  return { comment, first, before };
}

/**
 * What is between fields, and whether the last line of # names the columns.
 *
 * What gives the first line as many fields as the others, or one more or less; of several what gives most.
 */
function findSeparator(comment: string, first: readonly string[]): { separator: string; namesInComment: boolean } {
  let best = { separator: "", judged: [-1, 0] };
  for (const separator of SEPARATORS) {
    const judged = judge(first, separator);
    if (
      !best.separator ||
      judged[0] > best.judged[0] ||
      (judged[0] === best.judged[0] && judged[1] > best.judged[1])
    )
      best = { separator, judged };
  }
  const { separator } = best;
  if (comment === "" || [comment, first[0]].some((line) => hasManyColumns(line, separator)))
    return { separator, namesInComment: false };
  const fields = split(first.slice(0, 1), separator)[0];
  if (!fields.slice(1).some((field) => field && isNumber(field))) return { separator, namesInComment: false };
  const named = split([comment.slice(1)], separator)[0] ?? [];
  return { separator, namesInComment: named.length > 1 && [0, 1].includes(fields.length - named.length) };
}

/** Whether lines have fields of one number, nearly, and of what number; those of too many are counted, not parted. */
function judge(first: readonly string[], separator: string): number[] {
  try {
    const [header, ...numbers] = first.some((line) => hasManyColumns(line, separator))
      ? first.map((line) => count(line, separator) + 1)
      : split(first, separator).map((fields) => fields.length);
    const least = numbers.length ? Math.min(...numbers) : 0;
    return [least > 1 && Math.abs(header - least) <= 1 ? 1 : 0, least];
  } catch {
    return [0, 0]; // a long line that it does not part is one field, longer than any
  }
}

function hasManyColumns(line: string, separator: string): boolean {
  return line.length >= MOST_COLUMNS && count(line, separator) >= MOST_COLUMNS;
}

/** How often a separator is in a line, no further than tells that there are too many. */
function count(line: string, separator: string): number {
  let found = 0;
  for (let at = line.indexOf(separator); at >= 0 && found < MOST_COLUMNS; at = line.indexOf(separator, at + 1))
    found++;
  return found;
}

/** Whether every line has an empty field at its end, and no name is for it. */
function doesEndInSeparator(header: readonly string[], body: readonly (readonly string[])[]): boolean {
  if (body[0].length < 3 || body.some((line) => line.length === 0 || line[line.length - 1] !== "")) return false;
  return header[header.length - 1] === "" || header.length === body[0].length - 1;
}

function findDecimal(name: string, separator: string, body: readonly (readonly string[])[]): Decimal {
  if (separator === ",") return ".";
  const found = body.flatMap((line) => line.filter((field) => WITH_COMMA.test(field)));
  if (found.length === 0) return ".";
  if (!found.every((field) => EITHER.test(field))) return ",";
  const example = clip(found[0], 60);
  throw new DataError(
    `${name} has numbers such as ${example}: ${example.replaceAll(",", "")} or ${example.replaceAll(",", ".")}? Save the ` +
      "table without separators of thousands.",
  );
}

/** How many columns before the numbers hold text. */
function textsBefore(body: readonly (readonly string[])[], decimal: Decimal): number {
  const width = body[0].length;
  let texts = 0;
  const fields = (column: number) => body.filter((line) => line.length > column).map((line) => line[column]);
  while (texts < width && isText(fields(texts), decimal)) texts++;
  return texts;
}

/** Whether fields of a column are text: NA may be a label that is not known, or a count. */
function isText(fields: readonly string[], decimal: Decimal): boolean {
  const known = fields.filter((field) => !MISSING.has(field));
  return known.length > 0 && !known.some((field) => isNumber(field, decimal));
}
