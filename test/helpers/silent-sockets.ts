import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Sockets of somebody who holds on to a port. */
export interface SilentSockets {
  close(): void;
}

/** Opens so many sockets from one address of this machine, and sends the same over each. */
export async function openSilentSockets(
  url: string,
  options: { readonly count: number; readonly from: string; readonly text?: string },
): Promise<SilentSockets> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  for (let count = 0; count < options.count; count += 1) {
    const socket = connect({ host: hostname, port: Number(port), localAddress: options.from, allowHalfOpen: true });
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    // Whoever holds on does not close its side when the other has said its last word.
    socket.resume();
    await once(socket, "connect").catch(() => undefined);
    if (options.text !== undefined) socket.write(options.text);
  }
  return {
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Waits until something is so; looks for ten seconds at most. @returns whether it came to be */
export async function becomesTrue(isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  for (let looks = 0; looks < 500; looks += 1) {
    if (await isSo()) return true;
    await sleep(20);
  }
  return false;
}
