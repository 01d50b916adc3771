import { createServer, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import ocppRpc from "ocpp-rpc";
import type serverClient from "ocpp-rpc/lib/server-client.js";

import { weighLiveBytes } from "./live-memory.ts";
import { answers, serverOrders, serverSettings } from "./protocol.ts";

/**
 * The yard-stick: the least that anybody could do. The framing library checks what comes by its own schemas, and one row
 * of 200 bytes is written for each message, all those of a turn of the event loop in one commit, before they are answered.
 */
const rowBytes = 200;
const settings = serverSettings.parse(JSON.parse(process.argv[2] ?? ""));
const database = new DatabaseSync(join(settings.folder, "yardstick.sqlite"));
database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (content BLOB NOT NULL) STRICT");
const begin = database.prepare("BEGIN");
const insert = database.prepare("INSERT INTO rows (content) VALUES (?)");
const commit = database.prepare("COMMIT");
const row = new Uint8Array(rowBytes).fill(7);
let waiting: (() => void)[] = [];

function write(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) > 1) {
      return;
    }
    setImmediate(() => {
      const batch = waiting;
      waiting = [];
      begin.run();
      for (let index = 0; index < batch.length; index += 1) {
        insert.run(row);
      }
      commit.run();
      for (const done of batch) {
        done();
      }
    });
  });
}

const rpc = new ocppRpc.RPCServer({
  protocols: [settings.protocol],
  strictMode: true,
  wssOptions: { perMessageDeflate: false },
});
rpc.on("client", (client: serverClient.default) => {
  client.handle(async ({ method }) => {
    if (method === "StartTransaction") {
      return { transactionId: 1, idTagInfo: { status: "Accepted" } };
    }
    await write();

    return {};
  });
});
const server = createServer();
server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
  void rpc.handleUpgrade(request, socket, head);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  process.send?.(answers.parse({ kind: "listening", url: `ws://127.0.0.1:${port}` }));
});

process.on("message", (message) => {
  const { kind } = serverOrders.parse(message);
  if (kind === "weigh") {
    process.send?.(answers.parse({ kind: "weighed", liveBytes: weighLiveBytes() }));
    return;
  }
  if (kind === "read-all") {
    process.send?.(answers.parse({ kind: "read", unread: 0 }));
    return;
  }
  const count = Number(database.prepare("SELECT count(*) AS count FROM rows").get()?.["count"]);
  const starts = settings.protocol === "ocpp1.6" ? 0 : settings.stations;
  process.send?.(answers.parse({ kind: "counted", stored: count - starts }));
  server.close();
  process.disconnect();
});
