/** One gene: its counts before and after imputing, on the map and by type. */

import type { Actions } from "../actions.js";
import { card, el, fill, show } from "../dom.js";
import { scaleLegend } from "../drawing/legend.js";
import { theme } from "../drawing/palette.js";
import { redrawn } from "../drawing/redrawn.js";
import { scatter } from "../drawing/scatter.js";
import { shades } from "../drawing/shades.js";
import type { GeneSeen } from "../messages.js";
import type { State, Store } from "../state.js";
import { exampleGenes, legible } from "../texts.js";
import { byType } from "./by-type.js";
import { combobox } from "./combobox.js";

const IMPUTED = "imputed";

/** The card in which a person looks at genes. */
export function geneView(store: Store, actions: Actions): HTMLElement {
  const search = combobox("gene-name", {
    label: "Gene",
    names: () => store.now.dataset?.geneNames ?? [],
    remark: (place) => remark(store.now, place),
    onChoose: (place) => void actions.showGene(place),
  });
  const box = search.querySelector("input");
  const heading = el("h3", { set: { tabindex: -1 } });
  const why = el("p");
  const before = picture("as observed");
  const after = picture("as imputed");
  const scale = el("div");
  const maps = el("div", { class: "pair" }, before.figure, after.figure);
  const table = el("div", {
    class: "scroll",
    set: { tabindex: 0, role: "region", "aria-label": "Counts by type" },
  });
  const shown = el("div", {}, heading, why, maps, scale, table);
  const view = card("genes", "Look at a gene", search, shown);

  const draw = () => {
    const { placed, gene } = store.now;
    if (!placed || !gene) return;
    const most = strongest(gene);
    const palette = theme();
    for (const [map, counts] of [
      [before, gene.observed],
      [after, gene.filled],
    ] as const) {
      if (!counts) continue;
      const { points } = placed.found;
      scatter(map.canvas, {
        points,
        reference: null,
        ...shades(counts.map(Math.log1p), Math.log1p(most), palette),
        theme: palette,
      });
    }
    fill(scale, scaleLegend("0 counts", `${Number(most.toPrecision(2))}, on a logarithmic scale`, palette));
  };
  store.watch(["dataset"], ({ dataset }) => {
    if (dataset && box) box.placeholder = `${exampleGenes(dataset.geneNames)}, …`;
  });
  store.watch(["gene", "placed", "named", "imputed", "dataset"], (state) => {
    const { dataset, gene, placed } = state;
    show(view, dataset !== null && (state.named ?? placed ?? state.imputed) !== null);
    show(shown, gene !== null);
    if (!gene || !dataset) return;
    const name = legible(dataset.geneNames[gene.column]);
    heading.textContent = name;
    why.textContent = told(state, gene);
    show(maps, placed !== null);
    show(scale, placed !== null);
    show(after.figure, gene.filled !== null);
    before.canvas.setAttribute(
      "aria-label",
      `Map of observed counts of ${name}; the table below has them by type.`,
    );
    after.canvas.setAttribute("aria-label", `Map of imputed counts of ${name}; the table below has them by type.`);
    fill(table, byType(gene, state.named?.found.types ?? null));
    draw();
  });
  for (const { canvas } of [before, after]) redrawn(canvas, draw);
  return view;
}

function picture(caption: string) {
  const canvas = el("canvas", { class: "map", set: { role: "img", "aria-label": caption } });
  return { canvas, figure: el("figure", {}, el("figcaption", { text: caption }), canvas) };
}

/** The count with the strongest colour: what one cell in a hundred has at least, so that one cell alone does not rule. */
function strongest({ observed, filled }: GeneSeen): number {
  const all = Float32Array.from(filled ?? observed).sort();
  return Math.max(all[Math.floor(all.length * 0.99)] ?? 0, 1);
}

function remark({ imputed }: State, place: number): string {
  if (!imputed) return "";
  const { categories, codes } = imputed.found.reasons;
  return categories[codes[place]] === IMPUTED ? "" : "not imputed";
}

function told({ imputed }: State, { column, filled }: GeneSeen): string {
  if (!imputed || !filled) return "Observed counts. Run a model that imputes to see them filled.";
  const { categories, codes } = imputed.found.reasons;
  const reason = categories[codes[column]];
  if (reason !== IMPUTED) return `This gene is not imputed: ${reason}.`;
  return "Zeros are filled with what the genes of the same cell say; every observed count stays as it is.";
}
