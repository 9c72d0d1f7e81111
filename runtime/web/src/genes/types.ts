/** Which column of a dataset is which gene of a model, and why a column is not imputed. */

import type { GeneIndex, Manifest } from "../bundle/types.js";

/** Of a bundle, what its genes are matched by. */
export interface ModelGenes {
  readonly genes: GeneIndex;
  readonly manifest: Pick<Manifest, "name" | "species" | "minCoverage">;
}

/** What the names tell of the species. */
export interface SpeciesSeen {
  /** "Homo sapiens", "Mus musculus" or another, several joined by "or" or, together, "and"; "unknown" where the names do not tell. */
  readonly species: string;
  /** Those that it can be, in order; empty where the names do not tell. */
  readonly possible: readonly string[];
  /** What told, with an example. */
  readonly why: string;
  /** Whether it has genes of each of them, in one table, and not of one of them. */
  readonly together: boolean;
}

/** Where else in a dataset the names of its genes may be, for a refusal. */
export interface Elsewhere {
  /** Labels of the columns of var. */
  readonly columns: readonly string[];
  /** Returns the names of the cells; called only where the genes are no match. */
  readonly cells: () => readonly string[];
}

/** What the columns of the counts are called. */
export interface ColumnNames {
  /** Sets of names, each with one for every column. */
  readonly spellings: readonly (readonly string[])[];
  /** Which columns are gene expression; null for all. */
  readonly expression: readonly boolean[] | null;
  /** What a person should know of the features and their names, a sentence each. */
  readonly notes: readonly string[];
  /** What a refusal points to. */
  readonly elsewhere?: Elsewhere;
}

/** Which column of a dataset is which gene of a model. */
export interface Alignment {
  /** For every column the row of its gene in the gene index, -1 for none. */
  readonly geneOfColumn: Int32Array;
  /** For every gene of the model a column that holds it, -1 for none. */
  readonly columnOfGene: Int32Array;
  /** For every column `imputed`, or why it is not. */
  readonly reasons: readonly string[];
  readonly inputsFound: number;
  readonly inputsNeeded: number;
  readonly targetsFound: number;
  readonly targetsKnown: number;
  /** Share of what the input genes tell the model that comes from those that the dataset has, 0 to 1. */
  readonly coverage: number;
  readonly species: SpeciesSeen;
}
