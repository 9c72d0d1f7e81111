/** What goes on, how far it is, and a button to stop it; and what goes wrong. */

import { button, el, show } from "../dom.js";
import type { Store } from "../state.js";
import { count, legibleMessage } from "../texts.js";

/** A bar at the foot of the window, while something goes on. */
export function progressView(store: Store): HTMLElement {
  const text = el("p", { id: "stage" });
  const bar = el("progress", { set: { "aria-labelledby": "stage" } });
  const cancel = button("Cancel", () => (store.now.running ?? store.now.looking)?.stop(), "quiet-button");
  const view = el(
    "div",
    { class: "progress", set: { role: "region", "aria-label": "Progress" } },
    text,
    bar,
    cancel,
  );
  store.watch(["running", "looking"], ({ running, looking }) => {
    const going = running ?? (looking ? { ...looking, done: 0, total: 0 } : null);
    show(view, going !== null);
    document.body.classList.toggle("busy", going !== null);
    if (!going) return;
    const { stage, done, total, stopping } = going;
    const far = total > 0 ? `: ${count(done)} of ${count(total)} cells` : " …";
    text.textContent = stopping ? "Stopping …" : `${stage}${far}`;
    cancel.disabled = stopping;
    if (total > 0) {
      bar.max = total;
      bar.value = done;
    } else bar.removeAttribute("value");
  });
  return view;
}

/** What went wrong; read out at once. */
export function problemView(store: Store): HTMLElement {
  const text = el("p");
  const close = button("Close", () => store.set({ problem: "" }), "quiet-button");
  const box = el(
    "div",
    { class: "problem", set: { hidden: true } },
    el("h2", { text: "That did not work" }),
    text,
    close,
  );
  const view = el("div", { set: { role: "alert" } }, box);
  store.watch(["problem"], ({ problem }) => {
    show(box, problem !== "");
    text.textContent = legibleMessage(problem);
  });
  return view;
}

/** Sentences for those who do not see the page: each stage once, not every block. */
export function spokenView(store: Store): HTMLElement {
  const view = el("p", { class: "unseen", set: { role: "status", "aria-live": "polite" } });
  let stage = "";
  let quarter = 0;
  store.watch(["running"], ({ running }) => {
    if (!running) {
      stage = "";
      return;
    }
    const now = running.total > 0 ? Math.floor((4 * running.done) / running.total) : 0;
    if (running.stage === stage && now === quarter) return;
    [stage, quarter] = [running.stage, now];
    view.textContent = now > 0 && now < 4 ? `${stage}: ${now * 25}%` : stage;
  });
  store.watch(["said"], ({ said }) => {
    if (said) view.textContent = legibleMessage(said);
  });
  return view;
}
