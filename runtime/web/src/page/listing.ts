/** The list of the models beside the page, where its server cannot be asked: those that were kept. */

/**
 * Make the list of the models that are kept.
 *
 * @param cache - of models, whole and checked
 * @param beside - address of the folder of the models beside the page
 */
export async function listOf(cache: Cache, beside: string): Promise<Response> {
  const found: unknown[] = [];
  for (const { url } of await cache.keys()) {
    const [folder, file] = url.startsWith(beside) ? url.slice(beside.length).split("/") : [];
    if (file !== "manifest.json") continue;
    const manifest: unknown = await (await cache.match(url))?.json();
    if (typeof manifest !== "object" || manifest === null) continue;
    const { name, species, tissue } = manifest as Readonly<Record<string, unknown>>;
    found.push({ folder: decodeURIComponent(folder), name, species, tissue });
  }
  return new Response(JSON.stringify(found), { headers: { "Content-Type": "application/json" } });
}
