/**
 * Every object of an HDF5 file, met once, group by group, before any of it is read: none may lie in another file.
 *
 * HDF5 would follow a link to another file, and what is saved here would carry it on to who opens it elsewhere.
 */

import { DataError } from "../../errors.js";
import { grouped } from "../../text/figures.js";
import { elsewhere } from "./elsewhere.js";
import { calling } from "./library.js";
import type { H5Module } from "./module.js";
import type { ObjectHeaders } from "./object-headers.js";

const MOST_DEPTH = 50; // groups within groups
const MOST_SHARED = 8; // groups with a second name; with many, a file of a few bytes has paths without end
const MOST_LINKS = 100_000; // some 10 s to look at; the largest datasets have some thousands
const SAME_FILE = ".";
const ADVICE = "Write it again where it was made, without that.";

/**
 * Refuse an opened file of which parts lie elsewhere; nothing of it is read.
 *
 * Objects that no link names are not met: HDF5 gives them no path here, and so nothing reads them.
 *
 * @param id - of the opened file
 * @param headers - of its objects, which alone say that an array's values lie in another file
 * @param name - as messages name the file
 * @throws DataError when a link, raw storage or a virtual array leads to another file, or groups are nested deeper than
 * any data
 */
export function checkHdf5(id: bigint, headers: ObjectHeaders, name: string): void {
  calling((module) => new Walk(module, id, headers, name).below("/", 0));
}

class Walk {
  readonly #met = new Set<bigint>();
  #shared = 0;
  #links = 0;

  constructor(
    private readonly module: H5Module,
    private readonly id: bigint,
    private readonly headers: ObjectHeaders,
    private readonly file: string,
  ) {
    this.#met.add(this.#place("/"));
  }

  /** Look at what a group holds itself; links first: some must not even be opened. */
  below(group: string, depth: number): void {
    const { module, id } = this;
    if (depth > MOST_DEPTH) throw this.#refusal(`groups are nested more than ${MOST_DEPTH} deep`);
    const names = module.get_names(id, group, false);
    this.#links += names.length;
    if (this.#links > MOST_LINKS) throw this.#refusal(`groups hold more than ${grouped(MOST_LINKS)} elements`);
    const paths = names.map((name) => `${group === "/" ? "" : group}/${name}`);
    for (const path of paths.filter((path) => this.#isHeld(path))) {
      const isNew = this.#isNew(path);
      const type = module.get_type(id, path);
      if (type === module.H5G_GROUP && isNew) this.below(path, depth + 1);
      else if (type === module.H5G_GROUP) this.#share();
      else if (type === module.H5G_DATASET && isNew) this.#check(path);
    }
  }

  /** Whether a link is to what the group holds, not to a path, which is met there. */
  #isHeld(path: string): boolean {
    const { module, id } = this;
    if (module.get_external_link(id, path).filename !== undefined)
      throw elsewhere(this.file, path, "a link into another file");
    return module.get_symbolic_link(id, path) === null;
  }

  #check(path: string): void {
    const about = this.module.get_dataset_metadata(this.id, path);
    if (about.virtual_sources?.some((source) => source.file_name !== SAME_FILE))
      throw elsewhere(this.file, path, "made of parts of other files");
    // Neither chunks nor virtual: in one piece, which may be one of another file.
    if (about.chunks === null && this.headers.haveExternal(this.#place(path)))
      throw elsewhere(this.file, path, "stored in another file");
  }

  /** Where an object lies in the file: this is what a reference to it consists of. */
  #place(path: string): bigint {
    const bytes = Uint8Array.from(this.module.create_object_reference(this.id, path));
    return new DataView(bytes.buffer).getBigUint64(0, true);
  }

  #isNew(path: string): boolean {
    const before = this.#met.size;
    return this.#met.add(this.#place(path)).size > before;
  }

  #share(): void {
    if (++this.#shared > MOST_SHARED) throw this.#refusal(`more than ${MOST_SHARED} groups have a second name`);
  }

  #refusal(what: string): DataError {
    return new DataError(`${this.file} is not read: its ${what}, which no data need. ${ADVICE}`);
  }
}
