/** Where the files of a bundle come from: a folder beside the page, the Hub, files that were dropped. */

import { BundleError, BundleIntegrityError, BundleNotFoundError, HubError, UsageError } from "../errors.js";
import { quoted } from "../text/quoting.js";
import { TooLongError } from "./checked-file.js";
import { MANIFEST } from "./files.js";
import { readStream } from "./stream.js";
import type { BundleFiles } from "./types.js";

const HUB = "https://huggingface.co";
const DEFAULT_REVISION = "main";

// https://huggingface.co/docs/huggingface_hub/package_reference/utilities#huggingface_hub.utils.validate_repo_id
const REPO = /^[A-Za-z0-9](?:[\w.-]{0,94}[A-Za-z0-9_])?\/[A-Za-z0-9](?:[\w.-]{0,94}[A-Za-z0-9_])?$/;
const REVISION = /^[A-Za-z0-9][\w.+/-]{0,199}$/;
const COMMIT = /^[0-9a-f]{40}$/;

/** Where on the Hub a model is. */
export interface HubOptions {
  /** A tag, a branch or a commit. */
  readonly revision?: string;
  /** Address of the Hub, without a path. */
  readonly endpoint?: string;
}

/** The files of a bundle of the web. */
export interface WebFiles extends BundleFiles {
  /** Where a file is; of the Hub, in the commit that the manifest came from. */
  address(name: string): string;
  /** The commit of the Hub that the manifest came from; "" for none, or before it was read. */
  commit(): string;
}

/** Who is asked, and how. */
interface Asked {
  readonly name?: string;
  readonly credentials: RequestCredentials;
  readonly Failure: typeof HubError | typeof BundleNotFoundError;
}

// The page itself may lie behind a log-in, as on a notebook server: its own server knows who asks.
const SERVER: Asked = { credentials: "same-origin", Failure: BundleNotFoundError };
const THE_HUB: Asked = { name: "The Hub", credentials: "omit", Failure: HubError };

/**
 * The files of a folder of a server of files.
 *
 * @param url - of the folder, absolute or as seen from the page
 * @throws UsageError when that is no address of the web
 */
export function folderFiles(url: string): WebFiles {
  const folder = webAddress(url.endsWith("/") ? url : `${url}/`);
  const where = folder.href.replace(/\/$/, "");
  return {
    where,
    address: (name) => new URL(name, folder).href,
    commit: () => "",
    async read(name, most) {
      const response = await ask(new URL(name, folder), `${where}/${name}`, SERVER);
      if (response.status === 404 || response.status === 410) return discarded(response);
      if (!response.ok) {
        await response.body?.cancel();
        throw new BundleIntegrityError(
          `${where}/${name} cannot be read: the server answers ${response.status}. Try again, or choose another model.`,
        );
      }
      return readStream(response, name, most);
    },
  };
}

/**
 * The files of a model of the Hub; no cookie and no token is sent, and not where the page is.
 *
 * A branch may move while a model is read: the other files are those of the commit that the manifest came from, where
 * the Hub says which.
 *
 * @param repo - `organisation/name`
 * @throws UsageError when that is no repository's name, or the revision or the address cannot be one
 */
export function hubFiles(repo: string, { revision = DEFAULT_REVISION, endpoint = HUB }: HubOptions = {}): WebFiles {
  if (!isRepo(repo))
    throw new UsageError(`${quoted(repo.slice(0, 80))} is no model of the Hub: give organisation/name.`);
  if (!isRevision(revision))
    throw new UsageError(
      `${quoted(revision.slice(0, 80))} cannot be a revision: after @ give a tag, a branch or a commit.`,
    );
  const hub = webAddress(endpoint);
  const where = `${repo}@${revision}`;
  let commit = COMMIT.test(revision) ? revision : "";
  const address = (name: string): URL => {
    const from = name === MANIFEST ? revision : commit || revision;
    const path = [...repo.split("/"), "resolve", from, name].map(encodeURIComponent).join("/");
    return new URL(`/${path}`, hub);
  };
  return {
    where,
    address: (name) => address(name).href,
    commit: () => commit,
    async read(name, most) {
      const response = await ask(address(name), `${name} of ${where}`, THE_HUB);
      const code = response.headers.get("X-Error-Code");
      if (response.status === 404 && code !== "RepoNotFound" && code !== "RevisionNotFound")
        return discarded(response);
      if (!response.ok) {
        await response.body?.cancel();
        throw refused(response, name, where);
      }
      const from = response.headers.get("X-Repo-Commit") ?? "";
      if (name === MANIFEST && COMMIT.test(from)) commit = from;
      return readStream(response, name, most);
    },
  };
}

/**
 * The files of a model that a person dropped or chose: those beside the one `manifest.json` among them.
 *
 * @param files - of one folder, or a folder with others around it
 * @throws BundleError when there are several models among them
 */
export function droppedFiles(files: readonly File[]): BundleFiles {
  const heads = files.filter((file) => placeOf(file).name === MANIFEST);
  const folders = [...new Set(heads.map((file) => placeOf(file).folder))];
  if (heads.length > 1) {
    const named = folders.length > 1 ? ` (${folders.slice(0, 5).map(quoted).join(", ")})` : "";
    throw new BundleError(`There are ${heads.length} models among these files${named}: choose the folder of one.`);
  }
  const [folder = ""] = folders;
  return {
    where: folder || "the files that you chose",
    async read(name, most) {
      const found = files.find((file) => placeOf(file).name === name && placeOf(file).folder === folder);
      if (!found) return null;
      if (found.size > most) throw new TooLongError(name, most, found.size);
      try {
        return new Uint8Array(await found.arrayBuffer());
      } catch (error) {
        // Browsers read a file when it is asked for: it may be gone by then, or another.
        throw new BundleIntegrityError(
          `${name} cannot be read: it was moved or changed since it was chosen. Choose the model again.`,
          { cause: error },
        );
      }
    },
  };
}

/**
 * The files of a model of the Hub, by the name that a person gives it.
 *
 * @param name - `organisation/name`, or `organisation/name@revision`
 * @throws UsageError as `hubFiles`
 */
export function namedHubFiles(name: string): WebFiles {
  const at = name.indexOf("@");
  return at < 0 ? hubFiles(name) : hubFiles(name.slice(0, at), { revision: name.slice(at + 1) });
}

/** Whether a text is a repository's name, `organisation/name`. */
export function isRepo(text: string): boolean {
  return REPO.test(text) && !text.includes("--") && !text.includes("..");
}

/** Whether a text can name a tag, a branch or a commit. */
export function isRevision(text: string): boolean {
  return REVISION.test(text) && text.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** A file's name and its folder; a file that was dropped may have the folder in its name. */
function placeOf(file: File): { readonly name: string; readonly folder: string } {
  const path = file.webkitRelativePath || file.name;
  const end = path.lastIndexOf("/");
  return { name: path.slice(end + 1), folder: path.slice(0, Math.max(end, 0)) };
}

function webAddress(text: string): URL {
  const url = parsed(text);
  if (url === null) throw new UsageError(`${quoted(text.slice(0, 80))} is no address of the web.`);
  if ((url.protocol !== "https:" && url.protocol !== "http:") || url.username || url.password)
    throw new UsageError(
      `${quoted(text.slice(0, 80))} is no address of the web: it must begin with https:// or http://.`,
    );
  url.search = "";
  url.hash = "";
  return url;
}

function parsed(text: string): URL | null {
  try {
    return new URL(text, globalThis.location?.href);
  } catch {
    return null;
  }
}

/** Ask a server; where it does not answer, the error of its kind. */
async function ask(url: URL, what: string, from: Asked): Promise<Response> {
  try {
    return await fetch(url, { credentials: from.credentials, referrerPolicy: "no-referrer" });
  } catch (error) {
    throw new from.Failure(
      `${from.name ?? url.host} cannot be reached for ${what}. Check the connection, and try again.`,
      { cause: error },
    );
  }
}

async function discarded(response: Response): Promise<null> {
  await response.body?.cancel();
  return null;
}

function refused({ status, headers }: Response, name: string, where: string): HubError | BundleNotFoundError {
  const what = `${name} of ${where}`;
  if (headers.get("X-Error-Code") === "RevisionNotFound")
    return new BundleNotFoundError(`The Hub has no ${where}: the repository has no such tag, branch or commit.`);
  if (status === 401 || status === 403 || status === 404)
    return new BundleNotFoundError(
      `The Hub has no ${where}, or it is private or gated, and a page has no token. Check the name, or download the ` +
        "model and choose its folder.",
    );
  if (status === 408 || status === 429 || status >= 500) {
    const wait = status === 429 ? "it asks to wait" : "it is in trouble";
    return new HubError(`The Hub cannot be asked for ${what}: ${wait} (status ${status}). Try again later.`);
  }
  return new HubError(`The Hub refused ${what} (status ${status}).`);
}
