import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Marked } from "marked";
import type { Plugin } from "vite";

/**
 * Documents that the operator's page leads to, as pages beside it: what an alert asks for can be read where it was seen, also
 * without a way out of the building. They are written when the pages are built.
 */
const documents = ["runbook", "configuration", "errors", "receipts", "ocpp-energy"] as const;
const folder = fileURLToPath(new URL("../../docs/", import.meta.url));

/** The files that the pages are made of, for what has to know whether they are still what was built. */
export const documentFiles: readonly string[] = documents.map((name) => join("docs", `${name}.md`));

/** Writes `operator/<name>.html` for each of the documents. */
export function documentPages(): Plugin {
  return {
    name: "wattproof-document-pages",
    generateBundle(_options, bundle) {
      const styles = Object.keys(bundle).filter((name) => /^assets\/(?:operator|page)-.*\.css$/u.test(name));
      for (const name of documents) {
        const source = pageOf(readFileSync(join(folder, `${name}.md`), "utf8"), styles);
        this.emitFile({ type: "asset", fileName: `operator/${name}.html`, source });
      }
    },
  };
}

/** A document as a page of the look of the operator's. @param styles Paths of the built styles. */
export function pageOf(markdown: string, styles: readonly string[]): string {
  const title = /^# (.*)$/mu.exec(markdown)?.[1] ?? "";
  const links = styles.map((style) => `    <link rel="stylesheet" href="/${style}" />`).join("\n");
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="robots" content="noindex" />
    <title>${title}</title>
    <link rel="icon" type="image/svg+xml" href="/icon.svg" />
${links}
  </head>
  <body class="operator runbook">
    <header><a href="/operator/">Wattproof: operator</a></header>
    <main class="card">
${contentOf(markdown)}
    </main>
  </body>
</html>
`;
}

function contentOf(markdown: string): string {
  const writer = new Marked({ gfm: true });
  writer.use({
    renderer: {
      heading({ tokens, depth, text }) {
        return `<h${depth} id="${anchorOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const said = this.parser.parseInline(tokens);
        const target = addressOf(href);
        return target === null ? said : `<a href="${target}">${said}</a>`;
      },
      table({ header, rows }) {
        const cells = (row: typeof header, tag: "td" | "th"): string =>
          row.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join("");
        const body = rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("\n");
        return `<div class="scroll" role="group" tabindex="0" aria-label="${header.map(({ text }) => text.replaceAll(/[^\w -]/gu, "")).join(", ")}"><table><thead><tr>${cells(header, "th")}</tr></thead><tbody>${body}</tbody></table></div>\n`;
      },
    },
  });
  return writer.parse(markdown, { async: false });
}

/** Where a link leads on the pages; `null` for documents that are none of them. */
function addressOf(href: string): string | null {
  if (/^(?:https:\/\/|#)/u.test(href)) return href;
  const [, name = "", anchor = ""] = /^([a-z-]+)\.md(#.*)?$/u.exec(href) ?? [];
  return documents.some((one) => one === name) ? `/operator/${name}.html${anchor}` : null;
}

/** As the places that show Markdown make it of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/gu, "-");
}
