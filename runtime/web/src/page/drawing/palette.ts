/** Colours and shapes of cells: Okabe & Ito's palette, which colour-blind readers can tell apart. */

/** Whether the page is dark. */
export type Theme = "light" | "dark";

/** How the cells of a label look. */
export interface Look {
  readonly color: string;
  readonly shape: Shape;
}

export type Shape = "dot" | "triangle" | "square" | "ring";

// As in the pictures of cellfill's report; yellow and black replaced, the one cannot be seen on white, the other not on
// a dark page, where all are somewhat lighter.
const COLORS: Readonly<Record<Theme, readonly string[]>> = {
  light: ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C5A2B"],
  dark: ["#4C9FDB", "#F07A2B", "#22B98C", "#DE97BF", "#EDB02E", "#8FD0F7", "#BD8A5C"],
};
const SHAPES: readonly Shape[] = ["dot", "triangle", "square"];
const GREY: Readonly<Record<Theme, string>> = { light: "#6B737C", dark: "#98A1AB" };
/** More labels than these share one look. */
export const MOST_LABELS = COLORS.light.length * SHAPES.length;

/** From low to high counts: pale to deep on white, deep to bright on black. */
const RAMPS: Readonly<Record<Theme, readonly (readonly [number, number, number])[]>> = {
  light: [
    [221, 226, 231],
    [134, 182, 214],
    [0, 114, 178],
    [8, 48, 92],
  ],
  dark: [
    [82, 91, 101],
    [46, 110, 158],
    [110, 190, 225],
    [252, 240, 170],
  ],
};

/** The theme that the person's system asks for. */
export function theme(): Theme {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/**
 * Return the look of each label.
 *
 * @param numbers - how many cells each has: the most frequent have colours of their own
 * @param plain - labels that are none, such as "unassigned": a grey ring
 */
export function looksOf(
  labels: readonly string[],
  numbers: ArrayLike<number>,
  plain: readonly string[],
  palette: Theme,
): ReadonlyMap<string, Look> {
  const order = labels.map((_, place) => place).filter((place) => !plain.includes(labels[place]));
  order.sort((a, b) => numbers[b] - numbers[a] || (labels[a] < labels[b] ? -1 : 1));
  const looks = new Map<string, Look>();
  const colors = COLORS[palette];
  order.forEach((label, place) => {
    const own = place < MOST_LABELS;
    const shape = own ? SHAPES[Math.floor(place / colors.length)] : "dot";
    looks.set(labels[label], { color: own ? colors[place % colors.length] : GREY[palette], shape });
  });
  for (const label of plain) if (labels.includes(label)) looks.set(label, { color: GREY[palette], shape: "ring" });
  return looks;
}

/** The colour of a value between 0 and 1. */
export function rampColor(value: number, palette: Theme): string {
  const ramp = RAMPS[palette];
  const place = Math.min(Math.max(value, 0), 1) * (ramp.length - 1);
  const low = Math.min(Math.floor(place), ramp.length - 2);
  const mix = ramp[low].map((part, at) => Math.round(part + (ramp[low + 1][at] - part) * (place - low)));
  return `rgb(${mix.join(",")})`;
}

/** The whole ramp, as CSS has it. */
export function rampGradient(palette: Theme): string {
  return `linear-gradient(to right, ${RAMPS[palette].map((part) => `rgb(${part.join(",")})`).join(", ")})`;
}

/** The colour of known cells behind a person's own. */
export function faint(palette: Theme): string {
  return palette === "light" ? "#C9CED4" : "#4D565F";
}
