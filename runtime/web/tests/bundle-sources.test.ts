/** Where bundles come from: a server of files, the Hub, files that were chosen; each bounded, and each said by its name. */

import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { readBundle, readHead } from "../src/bundle/read.js";
import { droppedFiles, folderFiles, hubFiles, isRepo, isRevision, namedHubFiles } from "../src/bundle/sources.js";
import {
  BundleError,
  BundleIntegrityError,
  BundleNotFoundError,
  CellfillError,
  HubError,
  UsageError,
} from "../src/errors.js";
import { KeepableFiles } from "../src/page/jobs/keeping.js";
import { filesOf, inMemory, readCases } from "./bundle-cases.js";

const COMMIT = "c".repeat(40);
const cases = await readCases();
const sound = await filesOf(cases, { name: "", base: "small-1" });

type Answer = (path: string, response: ServerResponse, request: IncomingMessage) => void;

let server: Server;
let address = "";
let answer: Answer;

before(async () => {
  server = createServer((request, response) => answer(request.url ?? "", response, request));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

/** Answers with the files of a bundle, whatever folder is asked for. */
const serve: Answer = (path, response) => {
  const data = sound.get(path.slice(path.lastIndexOf("/") + 1));
  response.statusCode = data ? 200 : 404;
  response.end(data);
};

/** Answers with bytes without end, and tells when nobody reads them any more. */
function endless(onGone: () => void, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_path, response) => {
    response.writeHead(200, headers);
    const piece = Buffer.alloc(1 << 16, "x");
    const more = (): void => {
      while (!response.destroyed && response.write(piece));
    };
    response.on("drain", more).on("close", onGone);
    more();
  };
}

describe("a folder of a server", () => {
  it("is read, with a slash at its end or without", async () => {
    answer = serve;
    for (const end of ["", "/", "?x=1"]) {
      const bundle = await readBundle(folderFiles(`${address}/models/small${end}`));
      assert.equal(bundle.manifest.name, "small");
    }
  });

  it("that has no manifest holds no model", async () => {
    answer = (_path, response) => response.writeHead(404).end("nothing");
    const says = `No model at ${address}/x: it has no manifest.json. Choose a bundle's folder.`;
    await refuses(readBundle(folderFiles(`${address}/x`)), BundleNotFoundError, says);
  });

  it("is not read beyond its bounds, stated or not", async () => {
    for (const [headers, says] of [
      [{}, "has more bytes, over the bound of 1,048,576: not a model"],
      [{ "Content-Length": "5000000000" }, "has 5,000,000,000 bytes, over the bound of 1,048,576: not a model"],
    ] as const) {
      const gone = new Promise<void>((resolve) => {
        answer = endless(resolve, headers);
      });
      await refuses(readBundle(folderFiles(`${address}/x`)), BundleIntegrityError, says);
      await gone;
    }
  });

  it("with a longer file than the manifest names is refused before that is read", async () => {
    const gone = new Promise<void>((resolve) => {
      const long = endless(resolve);
      answer = (path, response, request) => (path.endsWith("genes.tsv") ? long : serve)(path, response, request);
    });
    await refuses(
      readBundle(folderFiles(`${address}/x`)),
      BundleIntegrityError,
      "is not the file that the manifest names",
    );
    await gone;
  });

  it("of a server in trouble, or that breaks off, is said to be so", async () => {
    answer = (_path, response) => response.writeHead(503).end();
    await refuses(readBundle(folderFiles(`${address}/x`)), BundleIntegrityError, "the server answers 503");
    answer = (_path, response) => {
      response.writeHead(200, { "Content-Length": "1000" });
      response.write("{", () => response.destroy());
    };
    await refuses(readBundle(folderFiles(`${address}/x`)), BundleIntegrityError, "the connection broke off");
    await refuses(readBundle(folderFiles("http://127.0.0.1:9/x")), BundleNotFoundError, "cannot be reached");
  });

  it("must have an address of the web", () => {
    for (const url of ["file:///etc", "javascript:1", "ftp://x/y", "http://me:secret@x/", "models/x", ""])
      assert.throws(() => folderFiles(url), UsageError, url);
  });
});

describe("the head of a model", () => {
  const asked: string[] = [];
  const serveAndNote: Answer = (path, response, request) => {
    asked.push(path.slice(path.lastIndexOf("/") + 1));
    serve(path, response, request);
  };

  it("is its manifest and its genes, and the rest is read when it is asked for", async () => {
    answer = serveAndNote;
    const files = folderFiles(`${address}/x`);
    const head = await readHead(files);
    assert.deepEqual(asked, ["manifest.json", "genes.tsv"]);
    const bundle = await readBundle(files, head);
    assert.equal(new Set(asked).size, asked.length);
    assert.deepEqual(new Set(asked), new Set(["manifest.json", ...bundle.manifest.files.keys()]));
    assert.deepEqual(bundle, await readBundle(folderFiles(`${address}/x`)));
  });

  it("is checked", async () => {
    answer = (path, response, request) =>
      path.endsWith("genes.tsv") ? response.end(`${sound.get("genes.tsv")}\n`) : serve(path, response, request);
    await refuses(
      readHead(folderFiles(`${address}/x`)),
      BundleIntegrityError,
      "is not the file that the manifest names",
    );
  });

  it("holds for the files that are read later", async () => {
    answer = serve;
    const files = folderFiles(`${address}/x`);
    const head = await readHead(files);
    answer = (_path, response) => response.end("another");
    await refuses(readBundle(files, head), BundleIntegrityError, "is not the file that the manifest names");
  });
});

describe("models that are kept in the browser", () => {
  const caches = { open: async () => cache };
  let kept = new Map<string, Response>();
  let room = 1e9;
  const cache = {
    match: async (url: string) => kept.get(url)?.clone(),
    delete: async (url: string) => kept.delete(url),
    put: async (url: string, response: Response) => {
      room -= (await response.clone().arrayBuffer()).byteLength;
      if (room < 0) throw new DOMException("no room", "QuotaExceededError");
      kept.set(url, response);
    },
  };
  const keepable = () => new KeepableFiles(folderFiles(`${address}/x`), "models");
  before(() => Object.assign(globalThis, { caches }));

  it("are kept whole once they were checked and used, as they came", async () => {
    answer = serve;
    const files = keepable();
    const bundle = await readBundle(files, await readHead(files));
    assert.equal(kept.size, 0);
    await files.keep(bundle);
    for (const [name, data] of sound) {
      const found = await kept.get(`${address}/x/${name}`)?.arrayBuffer();
      assert.deepEqual(Buffer.from(found ?? new ArrayBuffer(0)), Buffer.from(data), name);
    }
    assert.equal(kept.size, sound.size);
  });

  it("are kept not at all where there is no room, and nothing is said", async () => {
    kept = new Map();
    answer = serve;
    const whole = [...sound.values()].reduce((sum, data) => sum + data.length, 0);
    room = whole - 1;
    const files = keepable();
    await files.keep(await readBundle(files));
    assert.equal(kept.size, 0);
  });
});

describe("a model of the Hub", () => {
  it("may have its revision in its name", () => {
    assert.equal(namedHubFiles("ash/small").where, "ash/small@main");
    assert.equal(namedHubFiles("ash/small@v1.0").where, "ash/small@v1.0");
    for (const name of ["ash/small@", "ash/small@v1@v2", "@v1", "ash@v1/small"])
      assert.throws(() => namedHubFiles(name), UsageError, name);
  });

  it("has its files where they were read from", async () => {
    answer = (path, response, request) => {
      response.setHeader("X-Repo-Commit", COMMIT);
      serve(path, response, request);
    };
    const files = hubFiles("ash/small", { endpoint: address });
    assert.equal(files.commit(), "");
    await readHead(files);
    assert.equal(files.commit(), COMMIT);
    assert.equal(files.address("manifest.json"), `${address}/ash/small/resolve/main/manifest.json`);
    assert.equal(files.address("model.onnx"), `${address}/ash/small/resolve/${COMMIT}/model.onnx`);
  });

  it("is read from the commit of its manifest, and nothing says who asks", async () => {
    const asked: string[] = [];
    answer = (path, response, request) => {
      asked.push(path);
      for (const header of ["cookie", "authorization", "referer"]) assert.equal(request.headers[header], undefined);
      response.setHeader("X-Repo-Commit", COMMIT);
      serve(path, response, request);
    };
    const files = hubFiles("ash/small", { endpoint: address, revision: "v1/x" });
    assert.equal((await readBundle(files)).manifest.name, "small");
    assert.equal(asked[0], "/ash/small/resolve/v1%2Fx/manifest.json");
    assert.deepEqual(new Set(asked.slice(1).map((path) => path.split("/")[4])), new Set([COMMIT]));
  });

  it("that says no commit, or an odd one, is read from where it was asked for", async () => {
    const asked: string[] = [];
    answer = (path, response, request) => {
      asked.push(path);
      response.setHeader("X-Repo-Commit", "../../evil");
      serve(path, response, request);
    };
    await readBundle(hubFiles("ash/small", { endpoint: address }));
    assert.deepEqual(new Set(asked.map((path) => path.split("/")[4])), new Set(["main"]));
  });

  it("that is not there, private, or in trouble is said to be so", async () => {
    const says = [
      [401, "RepoNotFound", BundleNotFoundError, "The Hub has no a/b@main, or it is private or gated"],
      [404, "RepoNotFound", BundleNotFoundError, "The Hub has no a/b@main, or it is private or gated"],
      [404, "RevisionNotFound", BundleNotFoundError, "no such tag, branch or commit"],
      [404, "EntryNotFound", BundleNotFoundError, "No model at a/b@main: it has no manifest.json"],
      [429, "", HubError, "it asks to wait (status 429)"],
      [502, "", HubError, "it is in trouble (status 502)"],
      [418, "", HubError, "The Hub refused manifest.json of a/b@main (status 418)"],
    ] as const;
    for (const [status, code, kind, message] of says) {
      answer = (_path, response) => response.writeHead(status, code ? { "X-Error-Code": code } : {}).end();
      await refuses(readBundle(hubFiles("a/b", { endpoint: address })), kind, message);
    }
    await refuses(
      readBundle(hubFiles("a/b", { endpoint: "http://127.0.0.1:9" })),
      HubError,
      "The Hub cannot be reached",
    );
  });

  it("has a name that becomes no other path", () => {
    for (const repo of ["", "a", "a/b/c", "../b", "a/..", "a/b..c", "a/-b", "a/b--c", "a/b\n", "a/\u0431", "a/b?x"])
      assert.equal(isRepo(repo), false, repo);
    for (const repo of ["a/b", "cellfill/human-pbmc.v2", "A_1/b_2"]) assert.equal(isRepo(repo), true, repo);
    for (const revision of ["", "../x", "a//b", "a/../b", "-x", "a b", "x\n"])
      assert.equal(isRevision(revision), false);
    for (const revision of ["main", "v1.0", "refs/pr/1", COMMIT]) assert.equal(isRevision(revision), true);
    assert.throws(() => hubFiles("a/b/c"), UsageError);
    assert.throws(() => hubFiles("a/b", { revision: "../x" }), UsageError);
    assert.throws(() => hubFiles("a/b", { endpoint: "file:///etc" }), UsageError);
  });
});

describe("files that were chosen", () => {
  const chosen = (folder: string): File[] =>
    [...sound].map(([name, data]) => new File([new Uint8Array(data)], folder + name));

  it("are read, in a folder or not, beside others", async () => {
    for (const folder of ["", "small/", "models/small/"]) {
      const files = [new File(["x"], "other/genes.tsv"), ...chosen(folder), new File(["x"], "notes.txt")];
      assert.equal((await readBundle(droppedFiles(files))).manifest.name, "small");
    }
  });

  it("of no model, or of two, are refused", async () => {
    await refuses(readBundle(droppedFiles([])), BundleNotFoundError, "No model at the files that you chose");
    assert.throws(() => droppedFiles([...chosen("a/"), ...chosen("b/")]), BundleError);
  });

  it("are bounded before they are read", async () => {
    const vast = Object.assign(new File([], "manifest.json"), {
      arrayBuffer: () => assert.fail("it was read"),
    });
    Object.defineProperty(vast, "size", { value: 2 ** 40 });
    await refuses(
      readBundle(droppedFiles([vast])),
      BundleIntegrityError,
      "1,099,511,627,776 bytes, over the bound",
    );
  });

  it("that were moved since are said to be so", async () => {
    const gone = Object.assign(new File(["{}"], "manifest.json"), {
      arrayBuffer: () => Promise.reject(new Error()),
    });
    await refuses(readBundle(droppedFiles([gone])), BundleIntegrityError, "moved or changed since it was chosen");
  });
});

describe("a page that is not secure", () => {
  it("is told why no model can be checked", async () => {
    const real = Object.getOwnPropertyDescriptor(globalThis, "crypto");
    Object.defineProperty(globalThis, "crypto", { value: {}, configurable: true });
    try {
      await refuses(readBundle(inMemory(sound)), CellfillError, "browsers give SHA-256 to secure pages only");
    } finally {
      if (real) Object.defineProperty(globalThis, "crypto", real);
    }
  });
});

async function refuses(reading: Promise<unknown>, kind: typeof CellfillError, says: string): Promise<void> {
  await assert.rejects(reading, (error: unknown) => {
    assert.ok(error instanceof kind, String(error));
    assert.equal(error.name, kind.name);
    assert.ok(error.message.includes(says), error.message);
    return true;
  });
}
