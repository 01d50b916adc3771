import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A post as it arrived. */
export interface ReceivedPost {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What takes posts on this machine. */
export interface WebhookServer {
  readonly url: string;
  readonly posts: readonly ReceivedPost[];
  /** What it answers; `null`: nothing at all. */
  status: number | null;
  close(): Promise<void>;
}

/** @param port 0: any that is free. */
export async function startWebhookServer(port = 0): Promise<WebhookServer> {
  const posts: ReceivedPost[] = [];
  const state: { status: number | null } = { status: 204 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      posts.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
      if (state.status !== null) response.writeHead(state.status).end();
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  // It listens on TCP, so its address is one of TCP.
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}/alerts`,
    posts,
    get status() {
      return state.status;
    },
    set status(value: number | null) {
      state.status = value;
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
