import { redactAddresses } from "../../../services/observability/redact-addresses.ts";
import { toCatalogueError } from "../../command-line/contract-refusal.ts";

/** What a check found, and what to do about it. */
export interface Finding {
  readonly check: string;
  /** `warning`: it works, and something needs a look. */
  readonly outcome: "ok" | "warning" | "fails";
  readonly detail: string;
  readonly advice: string | null;
}

export function ok(check: string, detail: string): Finding {
  return { check, outcome: "ok", detail, advice: null };
}

export function warning(check: string, detail: string, advice: string): Finding {
  return { check, outcome: "warning", detail, advice };
}

export function failing(check: string, detail: string, advice: string): Finding {
  return { check, outcome: "fails", detail, advice };
}

/** The findings of a check; one that cannot be made fails with its reason, and the others go on. */
export async function tryCheck(
  check: string,
  advice: string,
  look: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    const { code, detail } = toCatalogueError(error);
    return [failing(check, redactAddresses(`${code}: ${detail}`), advice)];
  }
}
