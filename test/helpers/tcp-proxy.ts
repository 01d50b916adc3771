import { connect, createServer, type Socket } from "node:net";

/** A line between two programs of this machine that tests cut. */
export interface TcpProxy {
  readonly port: number;
  /** Ends every connection, and each new one at once, as a port where nobody listens. */
  cut(): void;
  /** Keeps every connection and passes nothing on, as a network that loses every packet. */
  hang(): void;
  /** Passes everything on again, what was held back first. */
  mend(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** @param target The port that connections go to; asked for each of them. Where it rejects, the connection ends. */
export async function openTcpProxy(target: () => number | Promise<number>): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const waiting = new Set<Socket>();
  let state: "whole" | "cut" | "hanging" = "whole";

  function pipe({ near, far }: Pair): void {
    near.pipe(far);
    far.pipe(near);
  }

  async function begin(near: Socket): Promise<void> {
    const port = await target();
    const far = connect(port, "127.0.0.1");
    const pair = { near, far };
    pairs.add(pair);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      // What follows from an error follows from the end.
      socket.on("error", () => undefined);
      socket.once("close", () => {
        pairs.delete(pair);
        other.destroy();
      });
    }
    if (near.destroyed) far.destroy();
    else if (state === "whole") pipe(pair);
  }

  function admit(near: Socket): void {
    near.on("error", () => undefined);
    if (state === "cut") near.destroy();
    else if (state === "hanging") {
      waiting.add(near);
      near.once("close", () => waiting.delete(near));
    } else {
      begin(near).catch(() => {
        near.destroy();
      });
    }
  }

  const server = createServer({ noDelay: true }, admit);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy does not listen.");

  function endAll(): void {
    for (const { near, far } of pairs) {
      near.destroy();
      far.destroy();
    }
    for (const near of waiting) near.destroy();
  }

  return {
    port: address.port,
    cut() {
      state = "cut";
      endAll();
    },
    hang() {
      state = "hanging";
      for (const { near, far } of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        near.pause();
        far.pause();
      }
    },
    mend() {
      const wasHanging = state === "hanging";
      state = "whole";
      if (wasHanging) for (const pair of pairs) pipe(pair);
      for (const near of waiting) {
        waiting.delete(near);
        admit(near);
      }
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      endAll();
      await closed;
    },
  };
}
