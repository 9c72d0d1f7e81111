/** Numbers in a sentence, as Python writes them. */

/** A number in decimals, rounded half to even where it stands exactly between two: Python's `.3f`. */
export function fixed(value: number, decimals: number): string {
  const halves = value * 2 ** (decimals + 1);
  if (!Number.isInteger(halves) || halves % 2 === 0 || !Number.isFinite(value)) return value.toFixed(decimals);
  const scale = 10 ** decimals;
  const below = Math.floor(value * scale);
  return ((below % 2 === 0 ? below : below + 1) / scale).toFixed(decimals);
}

/** A share in percent: Python's `.1%`. */
export function percent(share: number, decimals = 1): string {
  return `${fixed(share * 100, decimals)}%`;
}
