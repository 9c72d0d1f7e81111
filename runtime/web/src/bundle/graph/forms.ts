/**
 * What a message of an ONNX graph may hold; what is not known is refused.
 *
 * Only what an exporter of cellfill writes is read. A field that it does not write is refused rather than skipped, and
 * so is one that occurs twice where it may occur once: what ONNX Runtime would make of it is then no question. The
 * numbers of the fields are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */

import { BundleError } from "../../errors.js";
import { clip, commas, isPrintable, quoted } from "../../text/quoting.js";
import { decodeLoosely } from "../utf8.js";
import { BYTES, contentOf, type Field, fieldsOf, integerOf, integersOf, VARINT } from "./wire.js";

/** A graph of ours has 17 nodes and 10 constants for any number of sub-networks, of at most three axes. */
export const MAX_NODES = 1_000;
export const MAX_CONSTANTS = 1_000;
export const MAX_AXES = 8;
const MAX_TEXT = 1_000;
const MAX_LIST = 10 * MAX_AXES; // bytes of a packed list of that many whole numbers
const MAX_FIELDS = 4 * (MAX_NODES + MAX_CONSTANTS);

const OUTSIDE = "weights in another file";
const INSIDE = "a graph inside a graph (control flow)";
const NOTES = "custom metadata";
const OTHER_NUMBERS = "numbers that are not stored as raw data";

/** What a message may hold: fields that occur once, fields that may repeat, and fields that say why not. */
interface Form {
  readonly what: string;
  readonly once: ReadonlyMap<number, number | "text">;
  readonly many: ReadonlyMap<number, readonly number[]>;
  readonly refused: ReadonlyMap<number, string>;
}

type Once = Readonly<Record<number, number | "text">>;
type Refused = readonly (readonly [readonly number[], string])[];

function form(what: string, once: Once, many: Readonly<Record<number, readonly number[]>>, refused: Refused): Form {
  return {
    what,
    once: byNumber(once),
    many: byNumber(many),
    refused: new Map(refused.flatMap(([numbers, why]) => numbers.map((number) => [number, why] as const))),
  };
}

function byNumber<T>(table: Readonly<Record<number, T>>): Map<number, T> {
  return new Map(Object.entries(table).map(([number, value]) => [Number(number), value]));
}

export const MODEL = form(
  "the model",
  { 1: VARINT, 2: "text", 3: "text", 4: "text", 5: VARINT, 6: "text", 7: BYTES },
  { 8: [BYTES] },
  [
    [[14], NOTES],
    [[20], "training information"],
    [[25], "functions of its own"],
    [[26], "devices to run on"],
  ],
);
export const OPSET = form("an operator set", { 1: "text", 2: VARINT }, {}, []);
export const GRAPH = form(
  "the graph",
  { 2: "text", 10: "text" },
  { 1: [BYTES], 5: [BYTES], 11: [BYTES], 12: [BYTES] },
  [
    [[13], "types of inner values"],
    [[14], "quantization annotations"],
    [[15], "sparse weights"],
    [[16], NOTES],
  ],
);
export const NODE = form(
  "a node",
  { 3: "text", 4: "text", 6: "text", 7: "text" },
  { 1: [BYTES], 2: [BYTES], 5: [BYTES] },
  [
    [[8], "an overloaded operator"],
    [[9], NOTES],
    [[10], "devices to run on"],
  ],
);
export const ATTRIBUTE = form(
  "an attribute",
  { 1: "text", 3: VARINT, 13: "text", 20: VARINT },
  { 8: [VARINT, BYTES] },
  [
    [[2, 4, 7, 9, 14, 15], "an attribute that is not whole numbers"],
    [[5, 10], "weights in an attribute"],
    [[6, 11], INSIDE],
    [[22, 23], "sparse weights"],
    [[21], "functions of its own"],
  ],
);
export const TENSOR = form("a constant", { 2: VARINT, 8: "text", 9: BYTES, 12: "text" }, { 1: [VARINT, BYTES] }, [
  [[4, 5, 6, 7, 10, 11], OTHER_NUMBERS],
  [[3], "weights in segments"],
  [[13, 14], OUTSIDE],
  [[16], NOTES],
]);
export const VALUE = form("an input or output", { 1: "text", 2: BYTES, 3: "text" }, {}, [[[4], NOTES]]);
export const TYPE = form("a type", { 1: BYTES, 6: "text" }, {}, [
  [[4, 5, 7, 8, 9], "an input or output that is no array"],
]);
export const ARRAY = form("a type", { 1: VARINT, 2: BYTES }, {}, []);
export const SHAPE = form("a shape", {}, { 1: [BYTES] }, []);
export const AXIS = form("an axis", { 1: VARINT, 2: "text", 3: "text" }, {}, []);

/** The fields of a message, of a form that was checked. */
export class Message {
  private readonly found = new Map<number, Field[]>();

  /**
   * @throws BundleError when the message holds what its form does not know
   */
  constructor(
    private readonly bytes: Uint8Array,
    form: Form,
  ) {
    let count = 0;
    for (const field of fieldsOf(bytes)) {
      if (count++ >= MAX_FIELDS) throw new BundleError(`${form.what} has over ${commas(MAX_FIELDS)} parts`);
      this.take(field, form);
    }
  }

  private take(field: Field, form: Form): void {
    const { number, kind } = field;
    const why = form.refused.get(number);
    if (why !== undefined) throw new BundleError(`it holds ${why}`);
    const once = form.once.get(number);
    const kinds = form.many.get(number) ?? [once === "text" ? BYTES : once];
    if (!kinds.includes(kind))
      throw new BundleError(`${form.what} holds a field (${number}) that this cellfill does not know`);
    const others = this.found.get(number);
    if (once !== undefined && others) throw new BundleError(`${form.what} holds the field ${number} twice`);
    // ONNX Runtime reads out the name of an axis, say, and fails where it is no text.
    if (once === "text") decodeName(contentOf(field));
    if (others) others.push(field);
    else this.found.set(number, [field]);
  }

  has(number: number): boolean {
    return this.found.has(number);
  }

  count(number: number): number {
    return this.found.get(number)?.length ?? 0;
  }

  /** The messages in a field that may repeat. */
  contents(number: number): Uint8Array[] {
    return (this.found.get(number) ?? []).map(contentOf);
  }

  /** A whole number, 0 where it is absent. */
  integer(number: number): bigint {
    const [field] = this.found.get(number) ?? [];
    return field ? integerOf(field) : 0n;
  }

  /** A text, empty where it is absent. */
  text(number: number): string {
    const [field] = this.found.get(number) ?? [];
    return field ? decodeName(contentOf(field)) : "";
  }

  texts(number: number): string[] {
    return this.contents(number).map(decodeName);
  }

  /** The name of a set of operators; empty for the standard one. */
  domain(number: number): string {
    const name = this.text(number);
    return name === "ai.onnx" ? "" : name;
  }

  /** A list of whole numbers, of no more than an array may have axes. */
  integers(number: number): bigint[] {
    const items = this.found.get(number) ?? [];
    const size = items.reduce((sum, item) => sum + (item.kind === VARINT ? 1 : item.value.length), 0);
    const values = size > MAX_LIST ? [] : integersOf(this.bytes, number);
    if (size > MAX_LIST || values.length > MAX_AXES)
      throw new BundleError(`a constant or attribute has more than ${MAX_AXES} axes`);
    return values;
  }
}

function decodeName(content: Uint8Array): string {
  if (content.length > MAX_TEXT) throw new BundleError(`it holds a name of ${commas(content.length)} bytes`);
  const text = decodeLoosely(content);
  if (!isPrintable(text) || text.includes("\ufffd"))
    throw new BundleError(`it holds a name that is no printable text: ${quoted(clip(text, 40))}`);
  return text;
}
