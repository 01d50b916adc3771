import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";

import { createSimulatedStation, StationGaveUpError } from "../../../scripts/simulator/station.ts";

const accepted = {
  outcome: "accepted",
  recordIdentity: "record",
  sessionId: `0x${"11".repeat(32)}`,
  sessionState: "completed",
  energyWh: "5123",
  duplicate: false,
};
const busy = { error: { code: "INTERNAL", title: "Busy", detail: "Later", retryable: true } };
const refused = { error: { code: "STATION_UNKNOWN", title: "Unknown", detail: "No such station", retryable: false } };

describe("Simulated station", () => {
  let server: Server | undefined;

  afterEach((done) => {
    server?.close(() => {
      done();
    });
    server?.closeAllConnections();
  });

  async function stationBefore(answers: readonly (readonly [status: number, body: unknown])[], seen: string[]) {
    let next = 0;
    const opened = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8");
      request.on("data", (chunk: string) => (body += chunk));
      request.on("end", () => {
        const { authorization, "x-station-id": stationId, "content-type": type } = request.headers;
        seen.push(`${authorization ?? ""} ${String(stationId)} ${type ?? ""} ${body}`);
        const [status, answer] = answers[Math.min(next, answers.length - 1)] ?? [500, null];
        next += 1;
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
      });
    });
    server = opened;
    await new Promise<void>((resolve) => opened.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(opened.address() as AddressInfo).port}`;

    return createSimulatedStation({ url, stationId: "S1", apiKey: "key", retry: { attempts: 3, firstWaitMs: 1 } });
  }

  it("gives up after its attempts are used up", async () => {
    const seen: string[] = [];
    const station = await stationBefore([[503, busy]], seen);

    const failure: unknown = await station.post("OCMF|{}|{}").catch((error: unknown) => error);

    expect(failure).to.be.instanceOf(StationGaveUpError);
    expect(seen).to.have.length(3);
  });

  it("does not take an answer that is not the agreed one for an answer", async () => {
    const station = await stationBefore([[200, { outcome: "accepted" }]], []);

    const failure: unknown = await station.post("OCMF|{}|{}").catch((error: unknown) => error);

    expect(failure).to.be.instanceOf(StationGaveUpError);
  });

  it("stops when it is told to", async () => {
    const station = await stationBefore([[503, busy]], []);

    const failure: unknown = await station
      .post("OCMF|{}|{}", { signal: AbortSignal.abort("stop") })
      .catch((error: unknown) => error);

    expect(failure).to.equal("stop");
  });

  it("does not repeat a record that was refused", async () => {
    const seen: string[] = [];
    const station = await stationBefore([[403, refused]], seen);

    expect(await station.post("OCMF|{}|{}")).to.deep.equal({
      outcome: "refused",
      status: 403,
      code: "STATION_UNKNOWN",
      detail: "No such station",
    });
    expect(seen).to.deep.equal(["Bearer key S1 text/plain; charset=utf-8 OCMF|{}|{}"]);
  });

  it("posts again until the service takes the record", async () => {
    const seen: string[] = [];
    const station = await stationBefore(
      [
        [503, busy],
        [502, "gateway"],
        [200, accepted],
      ],
      seen,
    );

    expect(await station.post("OCMF|{}|{}")).to.deep.equal(accepted);
    expect(seen).to.have.length(3);
  });

  it("names the session in an envelope where the record does not", async () => {
    const seen: string[] = [];
    const station = await stationBefore([[200, accepted]], seen);

    await station.post("OCMF|{}|{}", { sessionId: accepted.sessionId });

    expect(seen).to.deep.equal([
      `Bearer key S1 application/json ${JSON.stringify({ record: "OCMF|{}|{}", sessionId: accepted.sessionId })}`,
    ]);
  });
});
