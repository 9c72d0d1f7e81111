/**
 * Keeps the page's own files, and gives out the models that were used (`jobs/keeping.ts` keeps those), so that both work
 * without a network. Keeps nothing else: data never pass here, for they are never fetched.
 *
 * An open page never gets files of two versions: all but `index.html` have a hash of their content in their names, and
 * that one is the server's wherever the server answers.
 */

import { isByContent, modelsCache, pageCaches, pageLock } from "./kept.js";
import { listOf } from "./listing.js";
import { POLICY } from "./policy.js";

declare const PAGE_FILES: readonly string[];
declare const PAGE_SCRIPT: string;
declare const PAGE_VERSION: string;
declare const self: ServiceWorkerGlobalScope;

const HOME = new URL("./", self.location.href);
const PAGES = pageCaches(HOME);
const PAGE = PAGES + PAGE_VERSION;
const MODELS = modelsCache(HOME);
const INDEX = new URL("index.html", HOME).href;
const BESIDE = new URL("models/", HOME).href;
const LIST = new URL("index.json", BESIDE).href;
const OWN = new Set(PAGE_FILES.map((name) => new URL(name, HOME).href));
/** A file of a commit of the Hub, which never changes. */
const COMMIT = /^https:\/\/huggingface\.co\/[^/]+\/[^/]+\/resolve\/[0-9a-f]{40}\//;
/** After so many milliseconds without the server's answer, what was kept is shown. */
const PATIENCE = 3000;

self.addEventListener("install", (event) => event.waitUntil(keepPage().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || request.headers.has("range")) return;
  const url = new URL(request.url);
  url.hash = "";
  url.search = url.origin === HOME.origin ? "" : url.search;
  if (url.href === HOME.href) url.pathname += "index.html";
  if (url.href.startsWith(BESIDE) || url.origin === "https://huggingface.co")
    event.respondWith(modelFile(url.href, request));
  else if (isByContent(url.href, HOME)) event.respondWith(ownFile(url.href, event));
  else if (OWN.has(url.href)) event.respondWith(newest(url.href, event));
});

/** Keep the page whole, or not at all. */
async function keepPage(): Promise<void> {
  const cache = await caches.open(PAGE);
  await Promise.all(
    [...OWN].map(async (url) => {
      const answer = await fetch(url, { cache: "no-cache" });
      if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
      // The server may have got another version meanwhile.
      if (url === INDEX && !(await answer.clone().text()).includes(PAGE_SCRIPT)) throw new Error("another version");
      await cache.put(url, guarded(answer));
    }),
  );
}

/** Serve the pages that are open already, and remove the older versions that none of them is of. */
async function takeOver(): Promise<void> {
  await self.clients.claim();
  const held = new Set((await self.navigator.locks?.query())?.held?.map((lock) => lock.name));
  for (const name of await versions()) {
    if (name === PAGE) continue;
    const files = await (await caches.open(name)).keys();
    if (!files.some(({ url }) => held.has(pageLock(url)))) await caches.delete(name);
  }
}

/** The caches of all versions of this page, this one first. */
async function versions(): Promise<string[]> {
  const names = await caches.keys();
  return [PAGE, ...names.filter((name) => name.startsWith(PAGES) && name !== PAGE)];
}

/**
 * The same answer with headers that the page's server may not send: what may be fetched (a worker obeys no `<meta>` of its
 * page) and who may frame it, and the isolation that threads need.
 */
function guarded(answer: Response): Response {
  if (!answer.ok) return answer;
  const headers = new Headers(answer.headers);
  headers.set("Content-Security-Policy", `${POLICY}; frame-ancestors 'none'`);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers });
}

/** A file that is the same in every version that has it. */
async function ownFile(url: string, event: FetchEvent): Promise<Response> {
  for (const name of await versions()) {
    const kept = await (await caches.open(name)).match(url);
    if (kept) return kept;
  }
  const answer = guarded(await fetch(event.request));
  if (answer.ok && OWN.has(url)) {
    const copy = answer.clone();
    event.waitUntil(caches.open(PAGE).then((cache) => cache.put(url, copy)));
  }
  return answer;
}

/** The server's, or where it does not answer soon the one that was kept. */
async function newest(url: string, event: FetchEvent): Promise<Response> {
  const kept = await (await caches.open(PAGE)).match(url);
  const asked = fetch(event.request, { cache: "no-cache" }).then(guarded);
  if (!kept) {
    // The browser, or somebody, removed it.
    if (url === INDEX) event.waitUntil(asked.then(keepPage).catch(() => {}));
    return asked;
  }
  const late = new Promise<null>((resolve) => setTimeout(resolve, PATIENCE, null));
  const answer = await Promise.race([asked.catch(() => null), late]);
  // To be sent on, as by a server that asks who one is, is an answer.
  return answer && (answer.ok || answer.type === "opaqueredirect") ? answer : kept;
}

/** What the network gives, untouched: its bounds are the reader's. Where there is none, the one that was kept. */
async function modelFile(url: string, request: Request): Promise<Response> {
  const kept = () => caches.open(MODELS).then((cache) => cache.match(url));
  if (COMMIT.test(url)) {
    const found = await kept();
    if (found) return found;
  }
  try {
    return await fetch(request);
  } catch (error) {
    const found = url === LIST ? await listOf(await caches.open(MODELS), BESIDE) : await kept();
    if (found) return found;
    throw error;
  }
}
