/** What a bundle is once it was read and checked; the inside trusts it. */

/** What an output of the graph means. */
export type Meaning = "expected" | "expressed" | "class_probabilities" | "class_energy" | "embedding";

/** What a model can do with cells. */
export type Task = "impute" | "annotate" | "embed";

/** One file of a bundle, as the manifest names it. */
export interface FileRecord {
  readonly size: number;
  readonly sha256: string;
}

/** An input of the graph. */
export interface GraphInput {
  readonly name: string;
  readonly meaning: "counts" | "size_factors";
}

/** An output of the graph. */
export interface GraphOutput {
  readonly name: string;
  readonly meaning: Meaning;
  /** Names of the columns of an embedding; empty for others. */
  readonly dimensions: readonly string[];
}

/** How unknown cells are told; see docs/bundle.md, "Unknown cells". */
export interface Unknown {
  readonly threshold: number;
  readonly levels: readonly number[];
  readonly scores: readonly {
    readonly score: "energy" | "profile";
    /** One row, or one a leaf. */
    readonly quantiles: readonly (readonly number[])[];
  }[];
}

/** Figures of one judgement of a model, the trivial baselines among them. */
export interface Evaluation {
  readonly data: string;
  readonly protocol: string;
  readonly task: Task;
  readonly estimate: string | null;
  readonly cells: number;
  readonly entries: number;
  readonly scores: readonly {
    readonly method: string;
    readonly values: Readonly<Record<string, number>>;
  }[];
}

/** A study that trained a model, or was held out. */
export interface Study {
  readonly name: string;
  readonly role: "training" | "held-out";
  readonly cells: number;
  readonly genes: number;
  readonly source: string;
  readonly licence: string;
}

/** `manifest.json`; format 1 is turned into this, too. */
export interface Manifest {
  readonly formatVersion: 1 | 2;
  readonly name: string;
  readonly species: string;
  readonly tissue: string;
  readonly licence: string;
  readonly minCoverage: number;
  /** 1st, 50th and 99th percentile of the training cells' counts over the model's genes; null where not said. */
  readonly librarySizes: readonly [number, number, number] | null;
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly GraphOutput[];
  readonly imputation: { readonly estimates: readonly string[] } | null;
  readonly annotation: { readonly confidence: number; readonly unknown: Unknown | null } | null;
  readonly embedding: { readonly key: string } | null;
  readonly studies: readonly Study[];
  readonly evaluations: readonly Evaluation[];
  readonly provenance: Readonly<Record<string, string>>;
  readonly files: ReadonlyMap<string, FileRecord>;
}

/** `genes.tsv`, a column an array; one place a gene, in the order of the file. */
export interface GeneIndex {
  readonly length: number;
  /** Without version; "" for none. */
  readonly ensemblIds: readonly string[];
  /** "" for none. */
  readonly symbols: readonly string[];
  readonly aliases: readonly (readonly string[])[];
  /** 1 where the graph reads the gene. */
  readonly isInput: Uint8Array;
  /** 1 where it is filled. */
  readonly isTarget: Uint8Array;
  /** -1 for none. */
  readonly subnetwork: Int32Array;
  readonly predicts: readonly (readonly number[])[];
  /** NaN where a field is empty, in all of these. */
  readonly mean: Float64Array;
  readonly neutral: Float64Array;
  readonly worth: Float64Array;
  readonly inverseDispersion: Float64Array;
  readonly mse: Float64Array;
  readonly pearson: Float64Array;
  readonly baselineMse: Float64Array;
  readonly baselinePearson: Float64Array;
  /** Rows of the input genes, in the order of the graph's columns. */
  readonly inputs: Int32Array;
  /** Rows of the target genes, in the order of the columns of imputed counts. */
  readonly targets: Int32Array;
}

/** `classes.tsv`: the types, a tree or several. */
export interface Classes {
  readonly names: readonly string[];
  /** Row of the parent; -1 for a root. */
  readonly parents: Int32Array;
  readonly ontologyIds: readonly string[];
  /** NaN where empty. */
  readonly priors: Float64Array;
  readonly cells: Float64Array;
  readonly precision: Float64Array;
  readonly recall: Float64Array;
  readonly f1: Float64Array;
  /** Rows of the leaves, in the order of the columns of `class_probabilities`. */
  readonly leaves: Int32Array;
  /** Steps below a root, 0 for a root. */
  readonly levels: Int32Array;
}

/** `profiles.tsv`: input genes x leaves, row by row. */
export interface Profiles {
  readonly shares: Float32Array;
  readonly leaves: number;
}

/** `reference.tsv`: cells of the model's studies, with their coordinates. */
export interface Reference {
  readonly studies: readonly string[];
  /** "" for unknown. */
  readonly types: readonly string[];
  readonly dimensions: readonly string[];
  /** Cells x dimensions, row by row. */
  readonly coordinates: Float32Array;
}

/** `golden.json`. */
export interface Golden {
  readonly genes: readonly string[];
  readonly missing: readonly string[];
  readonly cells: readonly {
    readonly genes: readonly number[];
    readonly counts: readonly number[];
    readonly sizeFactor: number;
  }[];
  readonly outputs: readonly {
    readonly name: string;
    readonly columns: readonly number[];
    readonly values: readonly (readonly number[])[];
  }[];
}

/** A bundle: every file hashed, bounded and checked. */
export interface Bundle {
  readonly manifest: Manifest;
  /** SHA-256 of manifest.json, in hexadecimal digits. */
  readonly sha256: string;
  readonly genes: GeneIndex;
  /** model.onnx; checked, not opened. */
  readonly graph: Uint8Array;
  readonly classes: Classes | null;
  readonly profiles: Profiles | null;
  readonly reference: Reference | null;
  readonly golden: Golden | null;
  /** README.md, the model card: a stranger's text, never markup. */
  readonly card: string;
}

/** Where the files of a bundle come from: a folder beside the page, the Hub, files that were dropped. */
export interface BundleFiles {
  /** What to call it in a message. */
  readonly where: string;
  /**
   * Read a file, or null where there is none.
   *
   * @param most - refuse (BundleError) more bytes than these, before they are all read
   */
  read(name: string, most: number): Promise<Uint8Array | null>;
}
