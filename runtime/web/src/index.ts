/**
 * The library: what the page is made of, for programs of their own.
 *
 * A program opens cells and a model, and asks for what the model can do:
 *
 * ```ts
 * const dataset = await openDataset([file]);
 * const source = await findCounts(dataset);
 * const bundle = await readBundle(folderFiles("https://example.org/models/human-pbmc-types/"));
 * const network = await openNetwork(bundle, { wasmPaths });
 * const { types } = await annotate({ bundle, network, source });
 * ```
 */

export { readBundle } from "./bundle/read.js";
export { droppedFiles, folderFiles, hubFiles } from "./bundle/sources.js";
export type * from "./bundle/types.js";
export { findCounts } from "./counts/find.js";
export type { Source } from "./counts/types.js";
export * from "./errors.js";
export { alignColumns } from "./genes/align.js";
export type * from "./genes/types.js";
export { verify } from "./network/golden.js";
export { openNetwork } from "./network/session.js";
export type { InputCells, Network } from "./network/types.js";
export { openDataset } from "./readers/open.js";
export type * from "./readers/types.js";
export { annotate } from "./tasks/annotate.js";
export { embed } from "./tasks/embed.js";
export { prepareImputer } from "./tasks/impute.js";
export type * from "./tasks/types.js";
