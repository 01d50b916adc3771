import type { IncomingMessage } from "node:http";

/** Why a request to upgrade is none: the status line's end, what is wrong, and headers beside it. */
export interface UpgradeFault {
  readonly status: "400 Bad Request" | "404 Not Found" | "426 Upgrade Required";
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const pathGrammar = /^\/ocpp\/([^/?#]+)(?:\?|$)/;
const keyGrammar = /^[+/0-9A-Za-z]{22}==$/;
const tokenGrammar = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const version = "13";
/** There are seven registered names of OCPP. */
const mostProtocols = 32;
/** What stands in a request once, and means something else to everybody who reads it twice. */
const onceOnly = ["authorization", "host", "sec-websocket-key", "sec-websocket-version", "upgrade"];

/**
 * What is wrong with a request to upgrade, before ocpp-rpc sees it: that answers 500 to some of it, and ends the process
 * for an address that cannot be decoded. `null`: nothing.
 */
export function findUpgradeFault(request: IncomingMessage): UpgradeFault | null {
  const { headers, headersDistinct } = request;
  const targetFault = findTargetFault(request.url ?? "");
  if (targetFault !== null) return targetFault;
  if (request.method !== "GET") return bad("The method of an upgrade is GET.");
  if (request.httpVersion !== "1.1") return bad("An upgrade takes HTTP/1.1.");
  const doubled = onceOnly.find((name) => (headersDistinct[name]?.length ?? 0) > 1);
  if (doubled !== undefined) return bad(`There is more than one ${doubled}.`);
  if (headers.host === undefined) return bad("There is no host.");
  if (headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0") {
    return bad("An upgrade has no body.");
  }
  if (headers.upgrade?.toLowerCase() !== "websocket") return needed("The only upgrade is to websocket.");
  if (!keyGrammar.test(headers["sec-websocket-key"] ?? "")) return bad("sec-websocket-key: 16 bytes in base64.");
  const asked = headers["sec-websocket-version"];
  if (asked === undefined) return bad("There is no sec-websocket-version.");
  if (asked !== version) return needed(`The only version is ${version}.`);
  return findProtocolFault(headers["sec-websocket-protocol"]);
}

function findTargetFault(url: string): UpgradeFault | null {
  const encoded = pathGrammar.exec(url)?.[1];
  try {
    // ocpp-rpc reads the address in just these two steps.
    decodeURIComponent(new URL(`http://localhost${url}`).pathname.split("/").pop() ?? "");
  } catch {
    return bad("The address cannot be decoded.");
  }
  return encoded === undefined ? { status: "404 Not Found", reason: "Stations connect to /ocpp/<stationId>." } : null;
}

/** None at all is no fault: OCPP-J wants such a handshake completed, and then closed. */
function findProtocolFault(header: string | undefined): UpgradeFault | null {
  if (header === undefined) return null;
  const protocols = header.split(",").map((part) => part.trim());
  if (protocols.length > mostProtocols) return bad(`sec-websocket-protocol: at most ${mostProtocols}.`);
  if (protocols.some((protocol) => !tokenGrammar.test(protocol)))
    return bad("sec-websocket-protocol: no list of names.");
  if (new Set(protocols).size !== protocols.length) return bad("sec-websocket-protocol: a name stands there twice.");
  return null;
}

function bad(reason: string): UpgradeFault {
  return { status: "400 Bad Request", reason };
}

function needed(reason: string): UpgradeFault {
  return {
    status: "426 Upgrade Required",
    reason,
    headers: { upgrade: "websocket", "sec-websocket-version": version },
  };
}
