/** The HDF5 library, called so that its failures are errors with its own words. */

import { type H5Module, Module, ready } from "./module.js";

/** Of "#005: H5Fint.c line 2117 in H5F_open(): unable to read superblock" what was said. */
const SAID = /#\d+: \S.* line \d+ in \S+\(\): (.*)/g;

let depth = 0; // calls within calls

/** The library, once it is there. */
export async function library(): Promise<H5Module> {
  return await ready;
}

/**
 * Call the library.
 *
 * @throws Error with what it said first and last, in one line, as h5py has it
 */
export function calling<T>(call: (module: H5Module) => T): T {
  if (depth++ === 0) Module.activate_throwing_error_handler();
  try {
    return call(Module);
  } catch (error) {
    const said = [...String(error instanceof Error ? error.message : error).matchAll(SAID)].map(([, what]) =>
      what.trim(),
    );
    if (said.length === 0) throw error;
    const [first, last] = [said[0], said[said.length - 1]];
    const sentence = first[0].toUpperCase() + first.slice(1);
    throw new Error(said.length > 1 ? `${sentence} (${last})` : sentence, { cause: error });
  } finally {
    if (--depth === 0) Module.deactivate_throwing_error_handler();
  }
}
