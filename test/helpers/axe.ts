import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { Page } from "playwright-core";
import { z } from "zod";

const source = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const resultSchema = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
});
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe-core finds wrong with the page as it is now; each with the elements that it is about. */
export async function accessibilityViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(source);
  const result = resultSchema.parse(
    await page.evaluate(`axe.run(document, { runOnly: { type: "tag", values: ${JSON.stringify(tags)} } })`),
  );
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
}
