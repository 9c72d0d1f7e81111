/** Groups and arrays of an HDF5 file, and what they say of themselves. */

import { filled, integers, kindOf, numbers, texts } from "./decode.js";
import { elsewhere } from "./elsewhere.js";
import { calling, library } from "./library.js";
import { bytesOf, type Mounted, mount } from "./mount.js";
import { ObjectHeaders } from "./object-headers.js";
import { StoredArray } from "./stored-array.js";
import { checkHdf5 } from "./walk.js";

/** A group or an array. */
export type Element = Group | StoredArray;
/** What an attribute holds. */
export type AttributeValue = readonly string[] | readonly number[] | { readonly reference: Uint8Array };

const MOST_ATTRIBUTE = 64 << 20; // bytes; lists of columns are the longest
const REFERENCE_BYTES = 8;

/** An HDF5 file that was opened for reading. */
export interface Hdf5 {
  readonly root: Group;
  close(): void;
}

/**
 * Open a file that keeps to itself: nothing of it lies in another file.
 *
 * @param name - as messages name it
 * @throws DataError when parts of it lie in other files
 * @throws Error with the library's words
 */
export async function openHdf5(file: Blob, name: string): Promise<Hdf5> {
  const module = await library();
  const mounted: Mounted = await mount(file);
  try {
    const id = calling(() => module.open(mounted.path, module.H5F_ACC_RDONLY, false, -1, -1));
    if (id < 0n) throw new Error("Unable to synchronously open file");
    let isOpen = true;
    const close = (): void => {
      if (isOpen) calling(() => module.close_file(id));
      if (isOpen) mounted.release();
      isOpen = false;
    };
    try {
      bytesOf(module, mounted.path, (read) => checkHdf5(id, new ObjectHeaders(read, file.size), name));
    } catch (error) {
      calling(() => module.close_file(id));
      throw error;
    }
    return { root: new Group(id, "/", name), close };
  } catch (error) {
    mounted.release();
    throw error;
  }
}

/** Attributes of a group or an array, by name; null where there is none of that name. */
export function attribute(element: Element, name: string): AttributeValue | null {
  const { id, path } = element;
  return calling((module) => {
    if (!module.get_attribute_names(id, path).includes(name)) return null;
    const about = module.get_attribute_metadata(id, path, name);
    if (about.shape === null) return [];
    const bytes = about.size * about.total_size;
    if (!(bytes <= MOST_ATTRIBUTE)) throw new Error(`the attribute ${name} of ${path} is larger than any`);
    return filled<AttributeValue>(
      bytes,
      (_, place) => module.get_attribute_data(id, path, name, place),
      (_, content) => {
        const kind = kindOf(about);
        if (kind === "text") return texts(module, content, about);
        if (kind === "reference" && content.length === REFERENCE_BYTES) return { reference: content };
        if (kind === "integer") return [...integers(content, about)];
        return kind === "other" || kind === "records" ? [] : [...numbers(content, about)];
      },
      (_, place) => about.vlen && module.reclaim_vlen_memory(id, path, name, place),
    );
  });
}

/** A group. */
export class Group {
  constructor(
    readonly id: bigint,
    readonly path: string,
    readonly file: string,
  ) {}

  /** Names of what it holds. */
  names(): string[] {
    return calling((module) => module.get_names(this.id, this.path, false));
  }

  /** Whether it holds something of that name. */
  has(name: string): boolean {
    return this.names().includes(name);
  }

  /**
   * What it holds by a name.
   *
   * @throws DataError where it lies in another file
   * @throws Error where there is nothing, or a link that leads nowhere
   */
  get(name: string): Element {
    const path = `${this.path === "/" ? "" : this.path}/${name}`;
    const found = this.has(name) ? this.#open(path) : null;
    if (found === null) throw new Error(`"Unable to synchronously open object (object '${name}' doesn't exist)"`);
    return found;
  }

  /** A group that it holds. */
  group(name: string): Group {
    const found = this.get(name);
    if (!(found instanceof Group)) throw new Error(`${found.path} is an array, not a group`);
    return found;
  }

  /** An array that it holds. */
  array(name: string): StoredArray {
    const found = this.get(name);
    if (found instanceof Group) throw new Error(`${found.path} is a group, not an array`);
    return found;
  }

  /** What a reference leads to, null where it leads nowhere. */
  referred(reference: Uint8Array): Element | null {
    const path = calling((module) =>
      // The package declares it for no one.
      (
        module as unknown as { get_referenced_name(id: bigint, data: Uint8Array, object: boolean): string | null }
      ).get_referenced_name(this.id, reference, true),
    );
    return path ? this.#open(path) : null;
  }

  #open(path: string): Element | null {
    return calling((module) => {
      // The link is looked at before what it leads to is.
      if (module.get_external_link(this.id, path).filename !== undefined)
        throw elsewhere(this.file, path, "a link into another file");
      const type = module.get_type(this.id, path);
      if (type === module.H5G_GROUP) return new Group(this.id, path, this.file);
      return type === module.H5G_DATASET ? new StoredArray(this.id, path, this.file) : null;
    });
  }
}
