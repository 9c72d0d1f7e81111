/** The page without a network: its own files are kept by the browser, and the models that were used. */

import { modelsCache, pageLock } from "./kept.js";

/** A page that cannot be kept starts after so many milliseconds all the same. */
const PATIENCE = 4000;

/** Have the page kept; done once it is, or where a browser keeps nothing (an address without https, a private window). */
export async function keepForOffline(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  holdVersion();
  try {
    await navigator.serviceWorker.register(new URL("service-worker.js", document.baseURI), {
      updateViaCache: "none",
    });
    if (navigator.serviceWorker.controller) return;
    const taken = new Promise<void>((resolve) => {
      navigator.serviceWorker.addEventListener("controllerchange", () => resolve(), { once: true });
    });
    await Promise.race([taken, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
  } catch {
    // It works with a network, then.
  }
}

/** Remove the models that were kept; false where there were none. */
export async function forgetModels(): Promise<boolean> {
  return "caches" in window ? caches.delete(modelsCache(new URL("./", document.baseURI))) : false;
}

/** While this page is open its files are needed, whatever version is the newest: a worker may be started late. */
function holdVersion(): void {
  const script = document.querySelector<HTMLScriptElement>("script[type=module]");
  if (!script || !("locks" in navigator)) return;
  navigator.locks.request(pageLock(script.src), { mode: "shared" }, () => new Promise(() => {})).catch(() => {});
}
