import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A file of the built page, with its compressed copies. */
export interface PageFile {
  readonly mediaType: string;
  readonly plain: Buffer;
  readonly gzip: Buffer | null;
  readonly brotli: Buffer | null;
  /** The name carries the content's hash, so the content never changes. */
  readonly isImmutable: boolean;
}

/** Where `npm run build:web` puts the page. */
export const builtPageFolder = fileURLToPath(new URL("../../web/dist/", import.meta.url));

const mediaTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};

/** All files of the built page by their path; none if it was not built. Less than a megabyte, so it is kept in memory. */
export function readPageFiles(folder: string = builtPageFolder): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  if (!existsSync(folder)) return files;
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const mediaType = mediaTypes[extname(name)];
    if (mediaType === undefined) continue;
    const path = join(folder, name);
    files.set(`/${name.replaceAll("\\", "/")}`.replace(/\/index\.html$/, "/"), {
      mediaType,
      plain: readFileSync(path),
      gzip: readCopy(`${path}.gz`),
      brotli: readCopy(`${path}.br`),
      isImmutable: name.startsWith("assets"),
    });
  }
  return files;
}

function readCopy(path: string): Buffer | null {
  return existsSync(path) ? readFileSync(path) : null;
}
