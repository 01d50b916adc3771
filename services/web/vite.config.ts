import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

import { defineConfig, type Plugin } from "vite";

import { documentPages } from "./document-pages.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));
const outDir = join(folder, "dist");
/** Stands in the service worker for the list of files that make the shell. */
const shellFilesPlaceholder = "__SHELL_FILES__";

/** Tells the service worker which files to keep. Their names carry hashes, so the worker changes when any of them does. */
function shellFiles(): Plugin {
  return {
    name: "wattproof-shell-files",
    enforce: "post",
    generateBundle(_options, bundle) {
      // A driver's browser need not keep what is the operator's alone.
      const files = Object.keys(bundle).filter((name) => /^assets\/(?!operator-)/u.test(name));
      const list = JSON.stringify(files.sort().map((name) => `/${name}`));
      for (const output of Object.values(bundle)) {
        if (output.type === "chunk" && output.fileName === "service-worker.js") {
          output.code = output.code.replace(new RegExp(`["'\`]${shellFilesPlaceholder}["'\`]`, "u"), list);
        }
      }
    },
  };
}

/** Writes each file in compressed form beside itself, so that the server does not compress while it serves. */
function compressedCopies(): Plugin {
  return {
    name: "wattproof-compressed-copies",
    closeBundle() {
      for (const name of readdirSync(outDir, { recursive: true, encoding: "utf8" })) {
        if (!/\.(?:html|js|css|svg|webmanifest)$/u.test(name)) continue;
        const path = join(outDir, name);
        const content = readFileSync(path);
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
        writeFileSync(`${path}.br`, brotliCompressSync(content));
      }
    },
  };
}

export default defineConfig({
  root: join(folder, "page"),
  base: "/",
  logLevel: "warn",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2022",
    // The content security policy allows no data: scripts and styles, and small files compress well enough.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        page: join(folder, "page/index.html"),
        operator: join(folder, "page/operator/index.html"),
        "service-worker": join(folder, "worker/service-worker.ts"),
      },
      output: {
        entryFileNames: ({ name }) => (name === "service-worker" ? "[name].js" : "assets/[name]-[hash].js"),
      },
    },
  },
  plugins: [documentPages(), shellFiles(), compressedCopies()],
});
