/** Words for what the columns of a matrix count, and labels of columns that say it. */

import { python } from "./python-text.js";

/** What a column counts, as Cell Ranger calls it where it is one of its own. */
export type Kind = string;

export const GENE: Kind = "Gene Expression";
export const ANTIBODY: Kind = "Antibody Capture";
export const PEAK: Kind = "Peaks";

// Cell Ranger's types, and what else they are called: in lower case, letters and digits alone.
const WORDS: Readonly<Record<Kind, string>> = {
  [GENE]: "gene genes gex rna rnas mrna scrna snrna transcript transcripts transcriptome expression geneexpr",
  [ANTIBODY]:
    "antibody antibodies ab abs adt adts hto htos prot protein proteins surfaceprotein surfaceproteins " +
    "abseq cite citeseq totalseq tag tags hashtag hashtags hashing isotype isotypecontrol antibodyderivedtag",
  [PEAK]: "peak atac scatac snatac chromatin chromatinaccessibility accessibility",
  "CRISPR Guide Capture": "crispr crisprguide guide guides guiderna grna grnas sgrna sgrnas gdo perturbation",
  "Multiplexing Capture": "multiplexing multiplex cmo cmos multiseq sampletag sampletags lmo",
  "Antigen Capture": "antigen antigens",
  VDJ: "vdjt vdjb tcr bcr",
  Custom: "custom",
};
const TYPES: ReadonlyMap<string, Kind> = new Map(
  Object.entries(WORDS).flatMap(([kind, words]) =>
    [...words.split(" "), lettersAndDigits(kind)].map((word) => [word, kind] as const),
  ),
);
// A column of this name says what the features are, whatever words it uses; concatenating adds _0 or -1 to it.
const TYPE_LABEL = python(String.raw`(features?types?|featurekinds?|modalit(y|ies))\d*`, "whole");
// Columns that say what a *gene* is a gene of: its product may be "protein" or "RNA".
const BIOTYPE_LABEL = /biotype|product|locus|class/;

/** The type that a word stands for; null for none. */
export function typeOf(word: string): Kind | null {
  return TYPES.get(lettersAndDigits(word)) ?? null;
}

/** Whether a column of this label says what the features are. */
export function labelIsOfTypes(label: string): boolean {
  return TYPE_LABEL.test(lettersAndDigits(label));
}

/** Whether a column of this label says what a gene is a gene of. */
export function labelIsOfBiotypes(label: string): boolean {
  return BIOTYPE_LABEL.test(lettersAndDigits(label));
}

function lettersAndDigits(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, "");
}
