/**
 * Strict, bounded decoding of JSON into records.
 *
 * A manifest is data from a stranger: every key must be known, every value of its declared kind, every number finite
 * and within a bound, every text plain, every text and list within a bound. The kinds are the only statement of the
 * schema.
 */

import { BundleError } from "../errors.js";
import {
  byCharacters,
  clip,
  commas,
  isPlain,
  isPrintable,
  lengthOf,
  quoted,
  quotedAscii,
  shown,
} from "../text/quoting.js";
import { type Json, parseJson } from "./json.js";
import { decodeUtf8 } from "./utf8.js";

export const MAX_TEXT = 20_000;
export const MAX_ITEMS = 20_000;
const MAX_NUMBER = 2n ** 53n; // the whole numbers that every reader of JSON keeps
const MOST_SHOWN = 60;
const VAST = 10n ** 60n;

/** What a value must be; `where` names it in messages. Throws BundleError. */
export type Kind<T> = (raw: Json, where: string) => T;

/** What a kind decodes into. */
export type Decoded<K> = K extends Kind<infer T> ? T : never;

/**
 * Decode UTF-8 JSON.
 *
 * @param file - its name, for messages
 * @throws BundleError when the text is not JSON or does not have exactly the declared form
 */
export function decode<T>(kind: Kind<T>, bytes: Uint8Array, file: string): T {
  let raw: Json;
  try {
    raw = parseJson(decodeUtf8(bytes));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const why = clip(error.message, 200);
    throw new BundleError(`${file} is not valid JSON (${why}). The bundle is damaged: get it again.`, {
      cause: error,
    });
  }
  return kind(raw, file);
}

/** A plain text. */
export const text: Kind<string> = (raw, where) => {
  if (typeof raw !== "string") throw new BundleError(`${where} is ${show(raw)}, not str.`);
  checkText(raw, where);
  return raw;
};

/** A whole number. */
export const whole: Kind<number> = (raw, where) => {
  if (typeof raw !== "bigint") throw new BundleError(`${where} is ${show(raw)}, not int.`);
  if (raw > MAX_NUMBER || raw < -MAX_NUMBER)
    throw new BundleError(`${where} is ${show(raw)}, over the bound of ${commas(MAX_NUMBER)}.`);
  return Number(raw);
};

/** A finite number. */
export const number: Kind<number> = (raw, where) => {
  if (typeof raw !== "number" && typeof raw !== "bigint")
    throw new BundleError(`${where} is ${show(raw)}, not a number.`);
  const value = Number(raw);
  if (!Number.isFinite(value)) throw new BundleError(`${where} is ${show(raw)}, not a finite number.`);
  return value;
};

/** One of some texts or whole numbers. */
export function oneOf<const T extends string | number>(...known: readonly T[]): Kind<T> {
  return (raw, where) => {
    const found = known.find((value) => (typeof value === "number" ? raw === BigInt(value) : raw === value));
    if (found !== undefined) return found;
    const allowed = known.map((value) => (typeof value === "number" ? String(value) : quoted(value))).join(", ");
    throw new BundleError(`${where} is ${show(raw)}; this version of cellfill knows ${allowed}.`);
  };
}

/** A value or null. */
export function optional<T>(kind: Kind<T>): Kind<T | null> {
  return (raw, where) => (raw === null ? null : kind(raw, where));
}

/** A list. */
export function list<T>(kind: Kind<T>): Kind<readonly T[]> {
  return (raw, where) => {
    if (!Array.isArray(raw)) throw new BundleError(`${where} is ${show(raw)}, not list.`);
    bound(raw.length, MAX_ITEMS, where);
    return raw.map((item, i) => kind(item, `${where}[${i}]`));
  };
}

/** An object of any keys. */
export function table<T>(kind: Kind<T>): Kind<ReadonlyMap<string, T>> {
  return (raw, where) => {
    const found = object(raw, where);
    bound(found.size, MAX_ITEMS, where);
    for (const key of found.keys()) checkText(key, `a key of ${where}`);
    const named = (key: string) => `${where}.${quotedAscii(key).slice(1, -1).slice(0, 60)}`;
    return new Map([...found].map(([key, item]) => [key, kind(item, named(key))]));
  };
}

/**
 * An object of just these keys.
 *
 * @param check - refuses what the kinds cannot say
 */
export function record<K extends Readonly<Record<string, Kind<unknown>>>>(
  kinds: K,
  check?: (record: { readonly [N in keyof K]: Decoded<K[N]> }) => void,
): Kind<{ readonly [N in keyof K]: Decoded<K[N]> }> {
  const names = Object.keys(kinds);
  return (raw, where) => {
    const found = object(raw, where);
    refuseKeys(
      "unknown",
      where,
      [...found.keys()].filter((key) => !Object.hasOwn(kinds, key)),
    );
    refuseKeys(
      "missing",
      where,
      names.filter((name) => !found.has(name)),
    );
    const pairs = names.map((name) => [name, kinds[name](found.get(name) ?? null, `${where}.${name}`)]);
    // Its keys and their kinds are those of `kinds`: it was just made so.
    const result = Object.fromEntries(pairs) as { readonly [N in keyof K]: Decoded<K[N]> };
    check?.(result);
    return result;
  };
}

function object(raw: Json, where: string): Map<string, Json> {
  if (!(raw instanceof Map)) throw new BundleError(`${where} is ${show(raw)}, not dict.`);
  return raw;
}

function refuseKeys(what: string, where: string, odd: string[]): void {
  if (!odd.length) return;
  const first = odd.sort(byCharacters).slice(0, 5);
  const names = first.map((key) => clip(isPrintable(key) ? key : quotedAscii(key), MOST_SHOWN));
  throw new BundleError(`${where} has ${what} keys: ${names.join(", ")}.`);
}

function checkText(value: string, where: string): void {
  bound(lengthOf(value), MAX_TEXT, where);
  if (!isPlain(value))
    throw new BundleError(`${where} is ${show(value)}: it holds characters that steer, turn or hide text.`);
}

function bound(size: number, limit: number, where: string): void {
  if (size > limit) throw new BundleError(`${where} has ${size} items, over the bound of ${limit}.`);
}

/** A value as Python shows it, of at most 60 characters. */
function show(raw: Json): string {
  if (typeof raw === "bigint" && (raw > VAST || raw < -VAST)) return "a number of more than 60 digits";
  const shownRaw = typeof raw === "string" ? quotedAscii(raw) : pythonic(raw);
  return lengthOf(shownRaw) <= MOST_SHOWN ? shownRaw : `${clip(shownRaw, MOST_SHOWN - 3)}...`;
}

function pythonic(raw: Json): string {
  if (raw === null) return "None";
  if (typeof raw === "string") return quoted(raw);
  if (typeof raw === "boolean") return raw ? "True" : "False";
  if (typeof raw === "bigint") return String(raw);
  if (typeof raw === "number") return shown(raw);
  if (Array.isArray(raw)) return `[${raw.map(pythonic).join(", ")}]`;
  return `{${[...raw].map(([key, value]) => `${quoted(key)}: ${pythonic(value)}`).join(", ")}}`;
}
