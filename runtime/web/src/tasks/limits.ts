/** Where a model's verdict on cells changes; docs/types.md has what these limits were set on. */

/** Of fewer cells nothing can be said. */
export const LEAST_CELLS = 20;
/**
 * Shares of cells that get no name. Those unlike any type are at most .15 of known cells of studies that trained nothing,
 * and nearly all of cell lines and other tissues.
 */
export const LIMITS = 0.2;
export const UNFIT = 0.6;
/**
 * With fewer of the genes that it reads, that alone may be why, however much these few tell: the 2,000 most variable genes
 * of a study of blood hold 45% of the genes and 64% of their worth, and 44% of the cells look unlike any type.
 */
export const MOST_GENES = 0.75;
/** Correlation of the genes' levels with those of training cells: of the same tissue. */
export const GOOD_LIKENESS = 0.88;
