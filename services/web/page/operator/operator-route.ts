/** Where the operator is on the page. */
export type OperatorRoute =
  | { readonly kind: (typeof operatorPages)[number] }
  | { readonly kind: "session"; readonly sessionId: string }
  | { readonly kind: "charger"; readonly stationId: string };

/** The pages that the navigation leads to, in its order. */
export const operatorPages = [
  "today",
  "sessions",
  "chargers",
  "sites",
  "money",
  "evidence",
  "people",
  "replicas",
] as const;

const stationIdGrammar = /^[A-Za-z0-9_.:*-]{1,48}$/u;

/** The route that the part of the address behind `#` names; whatever is none leads to today. */
export function parseOperatorRoute(hash: string): OperatorRoute {
  const [, kind = "", subject] = hash.replace(/^#/u, "").split("/");
  const page = operatorPages.find((one) => one === kind);
  if (page !== undefined && subject === undefined) return { kind: page };
  if (kind === "session" && /^0x[0-9a-fA-F]{64}$/u.test(subject ?? "")) {
    return { kind, sessionId: (subject ?? "").toLowerCase() };
  }
  if (kind === "charger") {
    const stationId = decoded(subject ?? "");
    if (stationIdGrammar.test(stationId)) return { kind, stationId };
  }
  return { kind: "today" };
}

/** The address of a route, to be put into a link. */
export function hrefOfOperator(route: OperatorRoute): string {
  switch (route.kind) {
    case "session":
      return `#/session/${route.sessionId}`;
    case "charger":
      return `#/charger/${encodeURIComponent(route.stationId)}`;
    default:
      return `#/${route.kind}`;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // What cannot be decoded is no id.
    return "";
  }
}
