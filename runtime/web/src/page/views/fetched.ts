/** What was fetched, and from where: the page hides nothing of it. */

import { button, el, fill } from "../dom.js";
import type { Fetched } from "../messages.js";
import type { Store } from "../state.js";
import { legible, size, some } from "../texts.js";

/** The foot of the page. */
export function fetchedView(store: Store, forget: () => Promise<boolean>): HTMLElement {
  const line = el("p", { id: "fetched" });
  const list = el("ul");
  const forgotten = el("span", { set: { role: "status" } });
  const clear = button("Remove them", () => {
    void forget().then((isGone) => {
      forgotten.textContent = isGone ? " Removed." : " There were none.";
    });
  });
  const view = el(
    "footer",
    {},
    el("h2", { text: "What this page fetched" }),
    line,
    el("details", {}, el("summary", { text: "Every file" }), list),
    el("p", {}, "Models that were used are kept by this browser, for use without a network. ", clear, forgotten),
  );
  store.watch(["fetched"], ({ fetched }) => {
    line.textContent = summary(fetched);
    fill(
      list,
      latest(fetched).map(({ url, bytes }) => el("li", { text: shown(url, bytes) })),
    );
  });
  return view;
}

/** Each address once. */
function latest(fetched: readonly Fetched[]): readonly Fetched[] {
  return [...new Map(fetched.map((one) => [one.url, one])).values()];
}

function summary(fetched: readonly Fetched[]): string {
  const places = new Map<string, { files: number; bytes: number }>();
  for (const { url, bytes } of latest(fetched)) {
    const host = new URL(url).origin === location.origin ? "" : new URL(url).host;
    const found = places.get(host) ?? { files: 0, bytes: 0 };
    places.set(host, { files: found.files + 1, bytes: found.bytes + bytes });
  }
  const told = [...places].map(([host, { files, bytes }]) => {
    const where = host === "" ? "this page's own server" : host;
    return `${some(files, "file")} from ${where}${bytes > 0 ? ` (${size(bytes)})` : ""}`;
  });
  return `${told.join("; ") || "Nothing yet"}. Nothing was sent anywhere: your data stay on this computer.`;
}

function shown(url: string, bytes: number): string {
  const { origin, pathname, host } = new URL(url);
  const path = origin === location.origin ? pathname : `${host}${pathname}`;
  return `${legible(path, 160)}${bytes > 0 ? `, ${size(bytes)}` : ""}`;
}
