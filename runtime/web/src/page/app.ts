/** The page: puts its parts together and starts. */

import { Actions } from "./actions.js";
import { el, show } from "./dom.js";
import { forgetModels, keepForOffline } from "./offline.js";
import { Store } from "./state.js";
import { downloadsView } from "./views/downloads.js";
import { dropView } from "./views/drop.js";
import { fetchedView } from "./views/fetched.js";
import { foundView } from "./views/found.js";
import { geneView } from "./views/gene.js";
import { mapView } from "./views/map.js";
import { planView } from "./views/plan.js";
import { problemView, progressView, spokenView } from "./views/progress.js";
import { typesView } from "./views/types.js";
import { verdictsView } from "./views/verdicts.js";

const store = new Store();
const actions = new Actions(store, new URL("worker.js", document.baseURI));

/** The results, with a heading that the keyboard goes to when they are there. */
function resultsView(): HTMLElement {
  const heading = el("h2", { id: "results", class: "results", text: "Results", set: { tabindex: -1 } });
  store.watch(["named", "placed", "imputed"], ({ named, placed, imputed }) => {
    show(heading, (named ?? placed ?? imputed) !== null);
  });
  return heading;
}

function start(): void {
  const cells = dropView(store, actions);
  cells.append(foundView(store, actions));
  const heading = resultsView();
  const goToResults = () => heading.focus();
  const main = document.querySelector("main");
  main?.replaceChildren(
    problemView(store),
    cells,
    planView(store, actions, goToResults),
    heading,
    verdictsView(store),
    typesView(store),
    mapView(store, actions),
    geneView(store, actions),
    downloadsView(store, actions),
  );
  main?.after(fetchedView(store, forgetModels));
  document.body.append(spokenView(store), progressView(store));
}

/** Hear of everything that the page itself fetches. */
function watchFetches(): void {
  new PerformanceObserver((list) => {
    const entries = list.getEntriesByType("resource") as PerformanceResourceTiming[];
    actions.fetched(entries.map((entry) => ({ url: entry.name, bytes: entry.decodedBodySize })));
  }).observe({ type: "resource", buffered: true });
}

start();
watchFetches();
void keepForOffline().then(() => actions.list());
