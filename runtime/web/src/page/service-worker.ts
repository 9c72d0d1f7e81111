/**
 * Keeps the page's own files, and the models that were used, so that both work without a network. Keeps nothing else:
 * data never pass here, for they are never fetched.
 */

import { POLICY } from "./policy.js";

declare const PAGE_FILES: readonly string[];
declare const PAGE_VERSION: string;
declare const self: ServiceWorkerGlobalScope;

const PAGE = `cellfill-page-${PAGE_VERSION}`;
const MODELS = "cellfill-models";
const HOME = new URL("./", self.location.href);
const OWN = new Set(PAGE_FILES.map((name) => new URL(name, HOME).href));
/** A file of a commit of the Hub, which never changes. */
const COMMIT = /^https:\/\/huggingface\.co\/.*\/(resolve|raw)\/[0-9a-f]{40}\//;

self.addEventListener("install", (event) => event.waitUntil(keepPage()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || request.headers.has("range")) return;
  const url = new URL(request.url);
  url.hash = "";
  url.search = url.origin === HOME.origin ? "" : url.search;
  if (url.href === HOME.href) url.pathname += "index.html";
  if (OWN.has(url.href)) event.respondWith(ownFile(url.href, request));
  else if (isModel(url)) event.respondWith(modelFile(url.href, request));
});

/** Keep the page whole, or not at all. */
async function keepPage(): Promise<void> {
  const cache = await caches.open(PAGE);
  await Promise.all(
    [...OWN].map(async (url) => {
      const answer = await fetch(url, { cache: "no-cache" });
      if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
      await cache.put(url, guarded(answer));
    }),
  );
}

/** Remove older versions, and serve the pages that are open already. */
async function takeOver(): Promise<void> {
  for (const name of await caches.keys())
    if (name.startsWith("cellfill-page-") && name !== PAGE) await caches.delete(name);
  await self.clients.claim();
}

/**
 * The same answer with headers that the page's server may not send: what may be fetched (a worker obeys no `<meta>` of its
 * page), and the isolation that threads need.
 */
function guarded(answer: Response): Response {
  const headers = new Headers(answer.headers);
  headers.set("Content-Security-Policy", POLICY);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers });
}

async function ownFile(url: string, request: Request): Promise<Response> {
  const cache = await caches.open(PAGE);
  return (await cache.match(url)) ?? fetch(request);
}

function isModel(url: URL): boolean {
  const isBeside = url.href.startsWith(new URL("models/", HOME).href);
  return isBeside || url.origin === "https://huggingface.co";
}

/** The newest, or where there is no network the one that was kept. */
async function modelFile(url: string, request: Request): Promise<Response> {
  const cache = await caches.open(MODELS);
  if (COMMIT.test(url)) {
    const kept = await cache.match(url);
    if (kept) return kept;
  }
  try {
    const answer = await fetch(request);
    if (answer.status === 200) await cache.put(url, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(url);
    if (kept) return kept;
    throw error;
  }
}
