/**
 * Build the page and the library, its cellfill.js, into cellfill_web/page; with --tests the tests into build/tests.
 *
 * That folder holds everything that the page needs and asks nothing of anybody else: it can be served by any server of
 * files, from any path.
 */

import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
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
  const script = await nameByContent(out);
  await serviceWorker(browser, out, script);
  await licences(out);
}

/** Write down whose work the page holds beside ours, and by which licence. */
async function licences(out) {
  const parts = [];
  for (const name of Object.keys(JSON.parse(await readFile(join(HERE, "package.json"), "utf8")).dependencies)) {
    const folder = join(HERE, "node_modules", name);
    const about = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? await readFile(join(folder, file), "utf8") : `Licence: ${about.license}`;
    const author = typeof about.author === "string" ? about.author : about.author?.name;
    parts.push(`${name} ${about.version}${author ? `, ${author}` : ""}\n\n${text.trim()}\n`);
  }
  await writeFile(join(out, "licences.txt"), parts.join(`\n${"-".repeat(80)}\n\n`));
}

/**
 * Name the page's files by their content, all but index.html and what others ask for by name: then a page never gets
 * files of two versions. Returns the name of its script.
 */
async function nameByContent(out) {
  const ort = await hashOf(ORT_FILES.map((name) => join(out, "ort", name)));
  await rename(join(out, "ort"), join(out, `ort-${ort}`));
  await put(out, "worker.js", "ort/", `ort-${ort}/`);
  await put(out, "app.js", "worker.js", await renamed(out, "worker.js"));
  const script = await renamed(out, "app.js");
  await put(out, "index.html", "app.js", script);
  for (const name of await readdir(out))
    if (name.endsWith(".css")) await put(out, "index.html", name, await renamed(out, name));
  return script;
}

/** Write another name where a file has one, in quotes, once. */
async function put(out, file, name, other) {
  const parts = (await readFile(join(out, file), "utf8")).split(`"${name}"`);
  if (parts.length !== 2) throw new Error(`${file} names ${name} ${parts.length - 1} times, not once`);
  await writeFile(join(out, file), parts.join(`"${other}"`));
}

async function renamed(out, name) {
  const [stem, end] = name.split(".");
  const other = `${stem}-${await hashOf([join(out, name)])}.${end}`;
  await rename(join(out, name), join(out, other));
  return other;
}

/** A hash in the form in which esbuild puts it into the names of what is shared. */
async function hashOf(paths) {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(await readFile(path));
  return hash.digest("hex").slice(0, 8).toUpperCase();
}

/** Bundle the service worker, which is told what the page consists of. */
async function serviceWorker(browser, out, script) {
  const files = [];
  let bytes = 0;
  for (const entry of await readdir(out, { recursive: true })) {
    const about = await stat(join(out, entry));
    if (!about.isFile()) continue;
    files.push(entry.replaceAll("\\", "/"));
    bytes += about.size;
  }
  const hash = createHash("sha256");
  for (const name of files.sort()) hash.update(name).update(await readFile(join(out, name)));
  const define = {
    PAGE_FILES: JSON.stringify(files),
    PAGE_SCRIPT: JSON.stringify(script),
    PAGE_VERSION: JSON.stringify(hash.digest("hex").slice(0, 16)),
  };
  await build({ ...browser, entryPoints: { "service-worker": "src/page/service-worker.ts" }, define });
  await writeFile(join(out, "size.json"), `${JSON.stringify({ files: files.length + 1, bytes })}\n`);
  console.log(`${PAGE}: ${files.length + 1} files, ${(bytes / 1e6).toFixed(1)} MB`);
}

await (process.argv.includes("--tests") ? tests() : page());
