/**
 * Build the page and the library, its cellfill.js, into cellfill_web/page; with --tests the tests into build/tests.
 *
 * That folder holds everything that the page needs and asks nothing of anybody else: it can be served by any server of
 * files, from any path.
 */

import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const PAGE = "cellfill_web/page";
const ORT = join(HERE, "node_modules/onnxruntime-web/dist");
// ONNX Runtime starts its threads from a file of its own.
const ORT_FILES = ["ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"];
const COMMON = {
  bundle: true,
  format: "esm",
  target: "es2022",
  absWorkingDir: HERE,
  logLevel: "warning",
  keepNames: true,
  charset: "utf8",
};

/** Bundle the tests for Node. */
async function tests() {
  const found = (await readdir(join(HERE, "tests"))).filter((name) => name.endsWith(".test.ts"));
  await rm(join(HERE, "build/tests"), { recursive: true, force: true });
  await build({
    ...COMMON,
    entryPoints: found.map((name) => `tests/${name}`),
    outdir: "build/tests",
    outExtension: { ".js": ".mjs" },
    platform: "node",
    packages: "external",
    sourcemap: "inline",
    alias: { h5wasm: "h5wasm/node", "onnxruntime-web/wasm": "onnxruntime-web" },
  });
}

/** Bundle the page, its workers and the library. */
async function page() {
  const out = join(HERE, PAGE);
  await rm(out, { recursive: true, force: true });
  await mkdir(join(out, "ort"), { recursive: true });
  const entries = { app: "src/page/app.ts", worker: "src/page/worker.ts", cellfill: "src/index.ts" };
  const browser = { ...COMMON, outdir: PAGE, platform: "browser", minify: true, legalComments: "linked" };
  // What worker and library share is there once.
  await build({
    ...browser,
    entryPoints: entries,
    splitting: true,
    chunkNames: "shared-[hash]",
    external: ["node:*"],
  });
  for (const name of ORT_FILES) await copyFile(join(ORT, name), join(out, "ort", name));
  for (const name of await readdir(join(HERE, "static")))
    await copyFile(join(HERE, "static", name), join(out, name));
  await serviceWorker(browser, out);
}

/** Bundle the service worker, which is told what the page consists of. */
async function serviceWorker(browser, out) {
  const files = [];
  let bytes = 0;
  for (const entry of await readdir(out, { recursive: true })) {
    const about = await stat(join(out, entry));
    if (!about.isFile()) continue;
    files.push(entry.replaceAll("\\", "/"));
    bytes += about.size;
  }
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  for (const name of files.sort()) hash.update(name).update(await readFile(join(out, name)));
  const define = {
    PAGE_FILES: JSON.stringify(files),
    PAGE_VERSION: JSON.stringify(hash.digest("hex").slice(0, 16)),
  };
  await build({ ...browser, entryPoints: { "service-worker": "src/page/service-worker.ts" }, define });
  await writeFile(join(out, "size.json"), `${JSON.stringify({ files: files.length + 1, bytes })}\n`);
  console.log(`${PAGE}: ${files.length + 1} files, ${(bytes / 1e6).toFixed(1)} MB`);
}

await (process.argv.includes("--tests") ? tests() : page());
