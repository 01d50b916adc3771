import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

import type { ClientAddresses } from "../../http/entrance/client-address.ts";
import type { HandshakeAdmission } from "./handshake-admission.ts";
import { findUpgradeFault } from "./upgrade-request.ts";

/** What ocpp-rpc does with a request to upgrade. */
type Upgrade = (request: IncomingMessage, socket: Socket, head: Buffer) => Promise<void>;

/** For the few bytes that say why a socket is ended. */
const farewellMs = 1_000;

/** Stands in front of ocpp-rpc: refuses what is no upgrade, counts connections, whoever they are of, and lets them in by turns. */
export function createUpgradeGuard(deps: {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly clients: Pick<ClientAddresses, "clientOf">;
  readonly admission: HandshakeAdmission;
  /** A station was told to come back later. */
  readonly onDeferred: () => void;
  readonly onRefused: () => void;
  /** An address has as many connections as it may, or there is no room for anybody's. */
  readonly onFull: (address: string) => void;
}): (upgrade: Upgrade, request: IncomingMessage, socket: Socket, head: Buffer) => void {
  const { connections, connectionsPerAddress, clients, admission, onDeferred, onRefused, onFull } = deps;
  const perAddress = new Map<string, number>();
  let open = 0;

  function count(key: string, change: 1 | -1): void {
    open += change;
    const now = (perAddress.get(key) ?? 0) + change;
    if (now === 0) perAddress.delete(key);
    else perAddress.set(key, now);
  }

  return (upgrade, request, socket, head) => {
    const { key, address } = clients.clientOf(request);
    if (key === "") {
      socket.destroy();
      return;
    }
    const fault = findUpgradeFault(request);
    if (fault !== null) {
      onRefused();
      refuseUpgrade(socket, fault.status, fault.reason, fault.headers);
      return;
    }
    if (open >= connections || (perAddress.get(key) ?? 0) >= connectionsPerAddress) {
      onRefused();
      onFull(address);
      refuseUpgrade(socket, "503 Service Unavailable", "There are too many connections.");
      return;
    }
    const turn = admission.ask(socket, () =>
      upgrade(request, socket, head).catch(() => {
        socket.destroy();
      }),
    );
    if (turn.kind === "later") {
      onDeferred();
      const headers = { "retry-after": String(turn.retryAfterSeconds) };
      refuseUpgrade(socket, "503 Service Unavailable", "Too many stations connect at once.", headers);
      return;
    }
    count(key, 1);
    socket.once("close", () => {
      count(key, -1);
    });
  };
}

/** Ends a request to upgrade with a status and the reason for it. */
export function refuseUpgrade(
  socket: Socket,
  status: string,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  // The other side may be gone while this is written; nothing follows from that.
  socket.on("error", () => undefined);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${status}\r\n${lines.join("")}connection: close\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`,
  );
  socket.destroySoon();
  setTimeout(() => socket.destroy(), farewellMs).unref();
}
