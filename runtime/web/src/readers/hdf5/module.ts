/** The one place that names the package which holds the HDF5 library. */

export { Module, ready } from "h5wasm";
export type H5Module = Awaited<typeof import("h5wasm").ready>;
export type { Metadata } from "h5wasm";
