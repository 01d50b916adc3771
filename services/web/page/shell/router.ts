/** Where the driver is on the page. */
export type Route =
  | { readonly kind: "start" }
  | { readonly kind: "evse"; readonly evse: number }
  | { readonly kind: "session"; readonly sessionId: string }
  | { readonly kind: "history" }
  | { readonly kind: "account" }
  | { readonly kind: "receipt" }
  | { readonly kind: "unknown" };

const greatestEvse = 2 ** 32 - 1;

/** The route that the part of the address behind `#` names. Whatever is no route is `unknown`; nothing is guessed. */
export function parseRoute(hash: string): Route {
  const path = hash.replace(/^#/u, "").replace(/\/$/u, "");
  if (path === "") return { kind: "start" };
  if (path === "/history") return { kind: "history" };
  if (path === "/account") return { kind: "account" };
  if (path === "/receipt") return { kind: "receipt" };
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
    case "history":
    case "account":
    case "receipt":
      return `#/${route.kind}`;
  }
}
