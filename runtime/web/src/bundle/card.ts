/** The model card, `README.md`: a stranger's text. */

import { BundleError } from "../errors.js";
import { isPlain } from "../text/quoting.js";
import { CARD } from "./files.js";
import { decodeText } from "./table.js";

/**
 * The text of a card, which may be shown as text: lines and tabs, but nothing else that steers a terminal.
 *
 * @throws BundleError when it is another text, or none
 */
export function readCard(bytes: Uint8Array): string {
  const card = decodeText(bytes, CARD);
  if (!isPlain(card, { lines: true }))
    throw new BundleError(`${CARD} holds characters that steer a terminal. Get another model.`);
  return card;
}
