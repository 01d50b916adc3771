/** Where the driver is on the page. */
export type Route =
  | { readonly kind: "start" }
  | { readonly kind: "evse"; readonly evse: number }
  | { readonly kind: "session"; readonly sessionId: string }
  | { readonly kind: "history" }
  | { readonly kind: "account" }
  | { readonly kind: "data" }
  | { readonly kind: "receipt" }
  | { readonly kind: "sites" }
  | { readonly kind: "settings" }
  /** Every component in every state; nothing leads there. */
  | { readonly kind: "components" }
  | { readonly kind: "unknown" };

/** Routes that are their own word. */
const words = ["history", "account", "data", "receipt", "sites", "settings", "components"] as const;
const greatestEvse = 2 ** 32 - 1;

/** The route that the part of the address behind `#` names. Whatever is no route is `unknown`; nothing is guessed. */
export function parseRoute(hash: string): Route {
  const path = hash.replace(/^#/u, "").replace(/\/$/u, "");
  if (path === "") return { kind: "start" };
  const kind = words.find((word) => path === `/${word}`);
  if (kind !== undefined) return { kind };
  const evse = Number(/^\/evse\/([1-9][0-9]{0,9})$/u.exec(path)?.[1] ?? "0");
  if (evse > 0 && evse <= greatestEvse) return { kind: "evse", evse };
  const sessionId = /^\/session\/(0x[0-9a-fA-F]{64})$/u.exec(path)?.[1];
  if (sessionId !== undefined) return { kind: "session", sessionId: sessionId.toLowerCase() };
  return { kind: "unknown" };
}

/** The address of a route, to be put into a link. */
export function hrefOf(route: Exclude<Route, { kind: "unknown" }>): string {
  switch (route.kind) {
    case "start":
      return "#/";
    case "evse":
      return `#/evse/${route.evse}`;
    case "session":
      return `#/session/${route.sessionId}`;
    default:
      return `#/${route.kind}`;
  }
}

/**
 * The route that a scanned code means: an address of this page, whatever host it names, or the number or printed id alone.
 * @returns `null` for a code that is none of ours
 */
export function routeOfCode(code: string): Extract<Route, { kind: "evse" }> | null {
  const hash = /#(\/evse\/[0-9]+)\/?$/u.exec(code.trim())?.[1] ?? `/evse/${code.trim()}`;
  const route = parseRoute(`#${hash}`);
  return route.kind === "evse" ? route : null;
}
