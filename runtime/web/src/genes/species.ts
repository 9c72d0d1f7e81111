/** Tell the species of a dataset by the names of its genes, as far as they tell it. */

import { MOST_LOOKED_INTO, python, stripped } from "./python-text.js";
import type { SpeciesSeen } from "./types.js";

const [HUMAN, MOUSE, RAT] = ["Homo sapiens", "Mus musculus", "Rattus norvegicus"] as const;
// https://www.ensembl.org/info/genome/stable_ids/prefixes.html, and the model organisms' own databases.
const IDS: readonly (readonly [RegExp, string])[] = (
  [
    [String.raw`ENSG\d{11}`, HUMAN],
    [String.raw`ENSMUSG\d{11}`, MOUSE],
    [String.raw`ENSRNOG\d{11}`, RAT],
    [String.raw`ENSDARG\d{11}`, "Danio rerio"],
    [String.raw`ENSMMUG\d{11}`, "Macaca mulatta"],
    [String.raw`ENSMFAG\d{11}`, "Macaca fascicularis"],
    [String.raw`ENSPTRG\d{11}`, "Pan troglodytes"],
    [String.raw`ENSSSCG\d{11}`, "Sus scrofa"],
    [String.raw`ENSBTAG\d{11}`, "Bos taurus"],
    [String.raw`ENSCAFG\d{11}`, "Canis lupus familiaris"],
    [String.raw`ENSGALG\d{11}`, "Gallus gallus"],
    [String.raw`ENSXETG\d{11}`, "Xenopus tropicalis"],
    [String.raw`WBGene\d{8}`, "Caenorhabditis elegans"],
    [String.raw`FBgn\d{7}`, "Drosophila melanogaster"],
    [String.raw`Y[A-P][LR]\d{3}[WC](?:-[A-Z])?`, "Saccharomyces cerevisiae"],
    [String.raw`AT[1-5MC]G\d{5}`, "Arabidopsis thaliana"],
  ] as const
).map(([pattern, species]) => [python(pattern, "start"), species]);
// What Cell Ranger puts before the names of a reference of two genomes.
const GENOMES: readonly (readonly [string, RegExp])[] = [
  [HUMAN, /^(?:GRCh3[78]|hg19|hg38)_/],
  [MOUSE, /^(?:GRCm3[89]|mm10|mm39)_/],
];
const KNOWN: ReadonlySet<string> = new Set(IDS.map(([, species]) => species));
const COMMON_NAMES: ReadonlyMap<string, string> = new Map([
  ["human", HUMAN],
  ["mouse", MOUSE],
  ["rat", RAT],
  ["zebrafish", "Danio rerio"],
]);
// Names that only one species has, in whatever case: clones, gene families and symbols of its own.
const MOUSE_ONLY = python(
  String.raw`[0-9A-Z]\d{6}[A-Z]\d{2}RIK|GM\d{4,5}|H2-[A-Z]\w{0,3}|LY6[ACDFGI]\d?|TRP53\w*|LYZ[12]|HBB-B\w|HBA-A\d` +
    String.raw`|RP2[34]-\d+\w+(?:\.\d+)?`,
  "whole",
  "i",
);
const HUMAN_ONLY = python(
  String.raw`HLA-\w+|LINC\d{5}|RP(?:[1-9]|1[0-3])-\d+[A-Z]\d+\.\d+|A[CLPF]\d{6}\.\d+|CT[ABCD]-\d+\w+\.\d+` +
    String.raw`|C(?:\d+|X)ORF\d+`,
  "whole",
  "i",
);
// Rodent symbols are written Cd3d; human ones CD3D, some with lower letters inside (C1orf112).
const TITLE = python(String.raw`[A-Z](?=[a-z0-9-]*[a-z])(?!\d+orf)[a-z0-9-]+`, "whole");
const LETTERS = /[A-Za-z]/;
// Names that somebody made up are no symbols of a species: Gene000, Feature_1; nor is one stem and a counter.
const MADE_UP = python(
  String.raw`(genes?|features?|transcripts?|locus|loci|probe|target|marker|var|column)[-_. ]?\w?\d+`,
  "whole",
  "i",
);
const COUNTER = python(String.raw`\d+`, "anywhere", "g");
const [COUNTED, LEAST_COUNTED] = [0.8, 10];
// A style or a kind of id is a dataset's when half of its names have it; both of two are where a tenth has each.
const [MOST, BOTH] = [0.5, 0.1];
const LOOKED_AT = 5000;
const [LEAST_NAMES, LEAST_SHARE, MARGIN] = [3, 0.003, 3];

/**
 * Tell the species of a dataset: by the kind of its ids, by the case of its symbols, and by names that only mouse or only
 * man has, where these are clear. Two species in one table are told by their genomes' names before those of genes, by
 * ids, and by symbols of both in the case of each.
 *
 * @param names - sets of names, each with one for every gene
 */
export function seeSpecies(names: readonly (readonly string[])[]): SpeciesSeen {
  for (const whole of names) {
    const step = 1 + Math.floor(whole.length / LOOKED_AT);
    const column = step === 1 ? whole : whole.filter((_, place) => place % step === 0);
    const found = byGenomes(column) ?? byIds(column) ?? bySymbols(column);
    if (found !== null) return found;
  }
  return seen([], "the names do not tell");
}

/**
 * Whether a dataset can be of a model's species, by the name of it; an unknown one contradicts none. A dataset of two
 * species together is of neither.
 */
export function sameSpecies(model: string, dataset: SpeciesSeen): boolean {
  const plain = stripped(model).toLowerCase();
  const name = COMMON_NAMES.get(plain) ?? plain.slice(0, 1).toUpperCase() + plain.slice(1);
  const { possible, together } = dataset;
  return possible.length === 0 || !KNOWN.has(name) || (possible.includes(name) && !together);
}

function seen(possible: readonly string[], why: string): SpeciesSeen {
  const sorted = [...possible].sort();
  return { species: sorted.join(" or ") || "unknown", possible: sorted, why, together: false };
}

function seenTogether(possible: readonly string[], why: string): SpeciesSeen {
  const sorted = [...possible].sort();
  return { species: sorted.join(" and "), possible: sorted, why, together: true };
}

/** The species of two genomes whose names stand before those of the genes; one alone tells nothing. */
function byGenomes(column: readonly string[]): SpeciesSeen | null {
  const found = GENOMES.map(([, pattern]) => column.filter((name) => pattern.test(name)));
  if (found.some((names) => names.length < Math.max(LEAST_NAMES, BOTH * column.length))) return null;
  const why = `names such as ${found.map((names) => names[0]).join(" and ")}`;
  return seenTogether(
    GENOMES.map(([species]) => species),
    why,
  );
}

function byIds(column: readonly string[]): SpeciesSeen | null {
  const found = new Map<string, { number: number; example: string }>();
  let total = 0;
  for (const name of column) {
    const species = IDS.find(([pattern]) => pattern.test(name))?.[1];
    if (species === undefined) continue;
    const known = found.get(species) ?? { number: 0, example: name };
    known.number++;
    found.set(species, known);
    total++;
  }
  const [best] = [...found].sort(([, a], [, b]) => b.number - a.number);
  if (best === undefined || total < MOST * column.length) return null;
  if (best[1].number < 0.9 * total)
    return seenTogether([...found.keys()], `ids of ${[...found.keys()].join(", ")}`);
  return seen([best[0]], `ids such as ${best[1].example}`);
}

function bySymbols(column: readonly string[]): SpeciesSeen | null {
  const symbols = column.filter((name) => LETTERS.test(name) && !MADE_UP.test(name));
  if (symbols.length < LEAST_NAMES) return null;
  const short = symbols.filter((name) => name.length <= MOST_LOOKED_INTO);
  const mouse = short.filter((name) => MOUSE_ONLY.test(name));
  const human = short.filter((name) => HUMAN_ONLY.test(name));
  const least = Math.max(LEAST_NAMES, LEAST_SHARE * symbols.length);
  const title = symbols.filter((name) => TITLE.test(name));
  if (Math.min(mouse.length, human.length) >= least && title.length >= BOTH * symbols.length) {
    const told = new Set([...mouse, ...human]); // clones are written in capitals in either species
    const capital = symbols.filter((name) => name === name.toUpperCase() && !told.has(name));
    if (capital.length >= BOTH * symbols.length)
      return seenTogether([HUMAN, MOUSE], `human genes such as ${human[0]}, mouse genes such as ${mouse[0]}`);
  }
  if (mouse.length >= least && mouse.length > MARGIN * human.length)
    return seen([MOUSE], `mouse genes such as ${mouse[0]}`);
  if (human.length >= least && human.length > MARGIN * mouse.length)
    return seen([HUMAN], `human genes such as ${human[0]}`);
  if (title.length > MOST * symbols.length && !isCounted(title))
    return seen([MOUSE, RAT], `symbols written as rodents' are, ${title[0]}`);
  return null;
}

/** Whether nearly all names are one stem and a counter. */
function isCounted(names: readonly string[]): boolean {
  if (names.length < LEAST_COUNTED) return false;
  const stems = new Map<string, number>();
  let most = 0;
  for (const name of names) {
    const stem = name.replace(COUNTER, "");
    const number = (stems.get(stem) ?? 0) + 1;
    stems.set(stem, number);
    most = Math.max(most, number);
  }
  return most > COUNTED * names.length;
}
