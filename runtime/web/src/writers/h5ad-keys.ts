/** Names of a stranger's as keys of HDF5. */

/** A name that HDF5 takes as one key: a slash would make a group. */
export function keyText(name: string): string {
  const text = plainText(name).replaceAll("/", "_");
  return text === "" || text === "." ? "_" : text;
}

/** A text without the characters that end one in C. */
export function plainText(text: string): string {
  return text.replaceAll("\0", "");
}
