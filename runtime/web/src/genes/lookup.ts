/** Find the gene of a model that a name of a dataset stands for. */

import type { GeneIndex } from "../bundle/types.js";
import { dashed, isEnsemblId, parts, stem, stripVersion } from "./spelling.js";
import { restoredSymbols, withoutRPrefix } from "./spoiled.js";

/** By what a gene was found; the lower, the surer. */
export type Rank = 0 | 1 | 2 | 3;

/** A gene of the model that a name stands for. */
export interface Hit {
  readonly rank: Rank;
  readonly row: number;
}

const [ID, SYMBOL, ALIAS, LOOSE] = [0, 1, 2, 3] as const;
const SEVERAL = -1; // the row of a name that several genes have

/** The names of a model's genes. */
export class GeneLookup {
  /** Of every name that stands for one gene: an id outranks a symbol, a symbol an alias. */
  readonly #exact: ReadonlyMap<string, Hit>;
  /** The row of every symbol and alias with case, dots and underscores levelled, where that is one gene's. */
  readonly #loose: ReadonlyMap<string, number>;
  /** The row of every symbol in upper case, where that is one gene's. */
  readonly #symbols: ReadonlyMap<string, number>;
  /**
   * Whether a name in any case may be meant: in rodents' models. In others a name must be all upper or all lower: Cd3d is
   * not how anyone writes a human gene.
   */
  readonly #anyCase: boolean;

  constructor(genes: GeneIndex) {
    this.#exact = exactNames(genes);
    const loose = levelled(this.#exact, ALIAS);
    for (const [name, row] of levelled(this.#exact, SYMBOL)) loose.set(name, row);
    this.#loose = loose;
    const upper = new Map<string, number>();
    let [symbols, writtenAsTitle] = [0, 0];
    for (const [row, symbol] of genes.symbols.entries()) {
      if (!symbol) continue;
      const capitals = symbol.toUpperCase();
      upper.set(capitals, upper.has(capitals) ? SEVERAL : row);
      symbols++;
      if (symbol.slice(1) !== symbol.slice(1).toUpperCase()) writtenAsTitle++;
    }
    this.#symbols = upper;
    this.#anyCase = writtenAsTitle > symbols / 2;
  }

  /** Whether a name stands for a gene as it is. */
  isGene(name: string): boolean {
    return this.#exact.has(stripVersion(name));
  }

  /**
   * The gene that a column of a dataset is, null for none of the model.
   *
   * @param spellings - the column's names, one from each set of names
   * @param others - all names of each set; a suffix is taken for one that made a name unique only where the name without
   * it is there, too
   */
  column(spellings: readonly string[], others: readonly ReadonlySet<string>[]): Hit | null {
    let found = this.#exactly(spellings.map(stripVersion));
    if (found.length > 0) return best(found);
    const inside = spellings.flatMap(parts);
    found = this.#exactly(inside);
    if (found.length === 0) found = this.#loosely(inside);
    if (found.length === 0) found = this.#spoiled(inside);
    if (found.length > 0 || spellings.some(isEnsemblId)) return best(found);
    const plain = spellings.map((name, place) => {
      const without = stem(name);
      return without !== null && others[place]?.has(without) ? without : "";
    });
    return best(this.#exactly(plain));
  }

  #exactly(names: readonly string[]): Hit[] {
    return names.flatMap((name) => this.#exact.get(name) ?? []);
  }

  #loosely(names: readonly string[]): Hit[] {
    const found: Hit[] = [];
    for (const name of names) {
      const upper = name.toUpperCase();
      if (!this.#anyCase && name !== upper && name !== name.toLowerCase()) continue;
      const row = this.#loose.get(dashed(name).toUpperCase()) ?? SEVERAL;
      if (row >= 0) found.push({ rank: LOOSE, row });
    }
    return found;
  }

  /** The genes of names that R or a spreadsheet changed: by symbols alone, as nothing else is sure. */
  #spoiled(names: readonly string[]): Hit[] {
    const plain = names.flatMap((name) => withoutRPrefix(name) ?? []);
    const found = plain.length > 0 ? this.#loosely(plain) : [];
    for (const name of names) {
      const rows = new Set<number>();
      for (const symbol of restoredSymbols(name)) {
        const row = this.#symbols.get(symbol) ?? SEVERAL;
        if (row >= 0) rows.add(row);
      }
      if (rows.size === 1) for (const row of rows) found.push({ rank: LOOSE, row });
    }
    return found;
  }
}

const collected = new WeakMap<GeneIndex, GeneLookup>();

/** The names of a model's genes, collected once; an alias that two genes share stands for neither. */
export function geneLookup(genes: GeneIndex): GeneLookup {
  const known = collected.get(genes);
  if (known !== undefined) return known;
  const found = new GeneLookup(genes);
  collected.set(genes, found);
  return found;
}

/** The first of the surest. */
function best(hits: readonly Hit[]): Hit | null {
  return hits.reduce<Hit | null>((one, other) => (one === null || other.rank < one.rank ? other : one), null);
}

function exactNames(genes: GeneIndex): Map<string, Hit> {
  const carrier = new Map<string, number>();
  for (const [row, aliases] of genes.aliases.entries())
    for (const alias of aliases) carrier.set(alias, (carrier.get(alias) ?? row) === row ? row : SEVERAL);
  const exact = new Map<string, Hit>();
  for (const [alias, row] of carrier) if (row !== SEVERAL) exact.set(alias, { rank: ALIAS, row });
  for (const [row, symbol] of genes.symbols.entries()) if (symbol) exact.set(symbol, { rank: SYMBOL, row });
  for (const [row, id] of genes.ensemblIds.entries()) if (id) exact.set(id, { rank: ID, row });
  return exact;
}

/** The rows of names in capitals, dots and underscores as dashes; of those that become one, several. */
function levelled(exact: ReadonlyMap<string, Hit>, rank: Rank): Map<string, number> {
  const found = new Map<string, number>();
  for (const [name, hit] of exact) {
    if (hit.rank !== rank || isEnsemblId(name)) continue;
    const level = dashed(name).toUpperCase();
    found.set(level, (found.get(level) ?? hit.row) === hit.row ? hit.row : SEVERAL);
  }
  return found;
}
