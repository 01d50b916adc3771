import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** What ocpp-rpc does with a request to upgrade. */
type Upgrade = (request: IncomingMessage, socket: Socket, head: Buffer) => Promise<void>;

const pathGrammar = /^\/ocpp\/([^/?#]+)(?:\?|$)/;

/**
 * Stands in front of ocpp-rpc, whose handling of an upgrade rejects where nobody waits for it when the path cannot be
 * decoded, which ends the process. Also counts connections, whoever they are of.
 */
export function createUpgradeGuard(limits: {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly onRefused: () => void;
}): (upgrade: Upgrade, request: IncomingMessage, socket: Socket, head: Buffer) => void {
  const { connections, connectionsPerAddress, onRefused } = limits;
  const perAddress = new Map<string, number>();
  let open = 0;

  function count(address: string, change: 1 | -1): void {
    open += change;
    const now = (perAddress.get(address) ?? 0) + change;
    if (now === 0) perAddress.delete(address);
    else perAddress.set(address, now);
  }

  return (upgrade, request, socket, head) => {
    const refuse = (status: string): void => {
      onRefused();
      refuseUpgrade(socket, status);
    };
    const address = socket.remoteAddress;
    if (address === undefined) {
      socket.destroy();
      return;
    }
    const target = readTarget(request.url ?? "");
    if (target === "undecodable") {
      refuse("400 Bad Request");
      return;
    }
    if (target === "elsewhere") {
      refuse("404 Not Found");
      return;
    }
    if (open >= connections || (perAddress.get(address) ?? 0) >= connectionsPerAddress) {
      refuse("503 Service Unavailable");
      return;
    }
    count(address, 1);
    socket.once("close", () => {
      count(address, -1);
    });
    upgrade(request, socket, head).catch(() => {
      socket.destroy();
    });
  };
}

function readTarget(url: string): "station" | "elsewhere" | "undecodable" {
  const encoded = pathGrammar.exec(url)?.[1];
  try {
    // ocpp-rpc reads the address in just these two steps.
    decodeURIComponent(new URL(`http://localhost${url}`).pathname.split("/").pop() ?? "");
  } catch {
    return "undecodable";
  }
  return encoded === undefined ? "elsewhere" : "station";
}

/** Ends a request to upgrade with a status. */
export function refuseUpgrade(socket: Socket, status: string): void {
  // The other side may be gone while this is written; nothing follows from that.
  socket.on("error", () => undefined);
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  socket.destroySoon();
}
