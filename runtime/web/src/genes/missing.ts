/** What stands for no value among what is said of genes. */

/** What is missing, as pandas, Python and R write it. */
const MISSING: readonly string[] = ["nan", "NaN", "<NA>", "None", "NA"];

/**
 * The values of a column of genes; empty where there is none.
 *
 * What is missing may have become text before: as such it stands for several genes. Of one gene it is a name.
 */
export function withoutMissing(texts: readonly string[]): readonly string[] {
  const met = new Map(MISSING.map((text) => [text, 0]));
  for (const text of texts) {
    const times = met.get(text);
    if (times !== undefined) met.set(text, times + 1);
  }
  const spelled = new Set(MISSING.filter((text) => (met.get(text) ?? 0) > 1));
  return spelled.size > 0 ? texts.map((text) => (spelled.has(text) ? "" : text)) : texts;
}
