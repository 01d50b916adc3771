import { expect } from "chai";
import { z } from "zod";

import {
  addStation,
  codeOf,
  get,
  operatorKey,
  post,
  runService,
  type RunningService,
} from "../helpers/running-service.ts";
import { startServiceChain, type OpenedSession, type ServiceChain } from "../helpers/service-chain.ts";

const refundSchema = z.object({
  chainId: z.number(),
  from: z.string(),
  to: z.string(),
  data: z.string(),
  driver: z.string(),
  refundedBeforeMicro: z.string(),
});
const rowSchema = z.object({
  sessions: z.array(z.object({ settledMicro: z.string(), returnedLaterMicro: z.string() })),
});
const daySeconds = 86_400;

describe("Refunds from the operator's page", function () {
  this.timeout(120_000);
  let chain: ServiceChain;
  let running: RunningService;
  let settled: OpenedSession;
  let open: OpenedSession;

  before(async function () {
    chain = await startServiceChain();
    running = await runService(chain);
    const points = [await chain.addChargingPoint(), await chain.addChargingPoint()] as const;
    const station = await addStation(running.service.store, "CS-1", [points[0].evse, points[1].evse]);
    settled = await chain.openSession(points[0]);
    open = await chain.openSession(points[1]);
    await running.service.synchronise();
    const record = points[0].device.record({
      idTag: settled.idTag,
      energyMicroWh: 10_000_000_000n,
      beginSeconds: 1_700_000_000,
      endSeconds: 1_700_003_600,
    });
    expect((await post(running.service.url, station, record)).status).to.equal(200);
    await running.service.synchronise();
  });
  after(async function () {
    await running.close();
    await chain.close();
  });

  async function ask(sessionId: string, amountMicro: string): Promise<Awaited<ReturnType<typeof get>>> {
    const response = await fetch(`${running.service.url}/v1/operator/refunds`, {
      method: "POST",
      headers: { authorization: `Bearer ${operatorKey}`, connection: "close" },
      body: JSON.stringify({ sessionId, amountMicro }),
    });
    return { status: response.status, body: await response.json() };
  }

  async function paidMicro(): Promise<z.infer<typeof rowSchema>["sessions"][number]> {
    const path = `/v1/operator/sessions?show=all&find=${settled.sessionId}`;
    const { body } = await get(running.service.url, path, { authorization: `Bearer ${operatorKey}` });
    const [row] = rowSchema.parse(body).sessions;
    return row ?? expect.fail("no row");
  }

  it("are refused for amounts that are none, and for sessions that there are not or for which nothing was paid", async function () {
    for (const amount of ["0", "-1", "1.5", "", "x", "1".repeat(20)]) {
      expect(codeOf(await ask(settled.sessionId, amount)), amount).to.equal("ENVELOPE_INVALID");
    }
    expect(codeOf(await ask("0x12", "1"))).to.equal("ENVELOPE_INVALID");
    expect(codeOf(await ask(`0x${"00".repeat(32)}`, "1"))).to.equal("SESSION_UNKNOWN");
    expect(codeOf(await ask(open.sessionId, "1"))).to.equal("SESSION_NOT_SETTLED");
  });

  it("are refused above what the driver has paid, less what was given back before", async function () {
    const { settledMicro } = await paidMicro();
    expect(codeOf(await ask(settled.sessionId, String(BigInt(settledMicro) + 1n)))).to.equal("REFUND_TOO_HIGH");
  });

  it("are what the operator's account has to send, which the driver then has, and are kept as an action", async function () {
    const { settledMicro } = await paidMicro();
    const half = BigInt(settledMicro) / 2n;
    const answer = await ask(settled.sessionId, half.toString());
    const { chainId, from, to, data, driver, refundedBeforeMicro } = refundSchema.parse(answer.body);
    expect({ chainId, from, driver, refundedBeforeMicro }).to.deep.equal({
      chainId: 31_337,
      from: chain.operator,
      driver: settled.terms.driver,
      refundedBeforeMicro: "0",
    });
    // What oracles credited is final when the epoch after its own is over.
    await chain.request("evm_increaseTime", [3 * daySeconds]);
    const freeBefore = await chain.readFree(settled);
    await chain.request("eth_sendTransaction", [{ from, to, data }]);
    await running.service.synchronise();
    expect(await chain.readFree(settled)).to.equal(freeBefore + half);
    // The board gives answers of the last second again.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const left = await paidMicro();
    expect(left).to.deep.equal({
      settledMicro: (BigInt(settledMicro) - half).toString(),
      returnedLaterMicro: half.toString(),
    });
    expect(codeOf(await ask(settled.sessionId, settledMicro))).to.equal("REFUND_TOO_HIGH");
    const actions = await running.service.store.listActions(settled.sessionId);
    expect(actions.map(({ action, details, result }) => [action, details, result])).to.deep.include.members([
      ["refund-prepared", JSON.stringify({ amountMicro: half.toString() }), "done"],
      ["refund-prepared", JSON.stringify({ amountMicro: settledMicro }), "REFUND_TOO_HIGH"],
    ]);
  });
});
