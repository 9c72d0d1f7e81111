/** Names of genes as datasets write them: Ensembl ids, symbols, both in one, made unique. */

import { MOST_LOOKED_INTO, python } from "./python-text.js";

// ENS, an optional species code, a feature letter, eleven digits; a version after a dot.
const ID = String.raw`ENS[A-Z]{0,6}G\d{11}`;
const ENSEMBL = python(String.raw`(${ID})(?:\.\d+)?`, "whole");
// Id and symbol in one name, either first; and the genome before a name, as 10x writes it where it has two.
const ID_FIRST = python(String.raw`(${ID}(?:\.\d+)?)[_|:;,-]+(\S+)`, "whole");
const ID_LAST = python(String.raw`(\S+?)[_|:;,-]+(${ID}(?:\.\d+)?)`, "whole");
const GENOME = python(String.raw`(?:GRCh3[78]|hg19|hg38|GRCm3[89]|mm10|mm39)_+(\S+)`, "whole");
const UNIQUE = python(String.raw`(\S+)[-.](\d{1,2})`, "whole");
// The copy of a gene on the Y chromosome is another gene than its id without the suffix says.
const PAR_Y = "PAR_Y";

/** An Ensembl gene id without its version suffix; any other name as it is. */
export function stripVersion(name: string): string {
  if (!name.startsWith("ENS") || !name.includes(".")) return name;
  return ENSEMBL.exec(name)?.[1] ?? name;
}

/** Whether a name is an Ensembl gene id, with or without a version. */
export function isEnsemblId(name: string): boolean {
  return name.startsWith("ENS") && ENSEMBL.test(name);
}

/**
 * What a name consists of: itself, and the id and the symbol where it holds both.
 *
 * `ENSG00000167286.9_CD3D`, `CD3D|ENSG00000167286` and `GRCh38_CD3D` are such names.
 */
export function parts(name: string): string[] {
  if (name.length > MOST_LOOKED_INTO) return [name];
  const found: string[] = [];
  let rest = name;
  for (;;) {
    rest = stripVersion(rest);
    found.push(rest);
    if (!rest.includes("_") && !rest.includes("ENS")) return found;
    const behind = GENOME.exec(rest)?.[1];
    if (behind === undefined) break;
    rest = behind;
  }
  if (!rest.includes("ENS") || rest.includes(PAR_Y)) return found;
  const idFirst = ID_FIRST.exec(rest);
  if (idFirst !== null) return [...found, stripVersion(idFirst[1] ?? ""), idFirst[2] ?? ""];
  const idLast = ID_LAST.exec(rest);
  return idLast === null ? found : [...found, stripVersion(idLast[2] ?? ""), idLast[1] ?? ""];
}

/** A name with dots and underscores as dashes: R writes HLA-A as HLA.A, Seurat A_B as A-B. */
export function dashed(name: string): string {
  return name.replace(/[._]/g, "-");
}

/** A name without the suffix that made it unique (`CD3D-1`, `CD3D.1`), null where it has none. */
export function stem(name: string): string | null {
  return UNIQUE.exec(name)?.[1] ?? null;
}
