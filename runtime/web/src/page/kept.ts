/** What things are called that this browser keeps: those of a page apart from those of others on the same server. */

/** Whether a file's name holds a hash of its content: whatever version of the page asks for it, it is the right one. */
const BY_CONTENT = /-[0-9A-Z]{8}[./]/;

/** Begin of the names of the caches of all versions of a page; the version follows. A path has no blank. */
export function pageCaches(home: URL): string {
  return `cellfill-page ${home.pathname} `;
}

/** Name of the cache of a page's models. */
export function modelsCache(home: URL): string {
  return `cellfill-models ${home.pathname}`;
}

/** Name of the lock that an open page holds, by the address of its script: its version is still needed. */
export function pageLock(script: string): string {
  return `cellfill-page ${script}`;
}

/** Whether an address can only ever mean one content. */
export function isByContent(url: string, home: URL): boolean {
  return url.startsWith(home.href) && BY_CONTENT.test(url.slice(home.href.length));
}
