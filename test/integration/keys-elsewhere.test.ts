import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { expect } from "chai";
import { Wallet, type BaseWallet } from "ethers";

import { addStation, get, getAsOperator, post, runService, type RunningService } from "../helpers/running-service.ts";
import { startServiceChain, type ServiceChain } from "../helpers/service-chain.ts";

/** A plain signer on this machine. */
interface StandIn {
  readonly url: string;
  /** Whose key it has; `null`: it answers with a fault. */
  key: BaseWallet | null;
  readonly digests: readonly string[];
  close(): Promise<void>;
}

async function startSigner(key: BaseWallet): Promise<StandIn> {
  const digests: string[] = [];
  const state: { key: BaseWallet | null } = { key };
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { digest } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { readonly digest: string };
      digests.push(digest);
      if (state.key === null) response.writeHead(503).end();
      else response.end(JSON.stringify({ signature: state.key.signingKey.sign(digest).serialized }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sign`,
    digests,
    get key() {
      return state.key;
    },
    set key(value: BaseWallet | null) {
      state.key = value;
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

describe("A service whose oracle's key signs elsewhere", function () {
  this.timeout(120_000);
  let chain: ServiceChain;
  let signer: StandIn;
  let running: RunningService | undefined;

  before(async function () {
    chain = await startServiceChain();
  });
  beforeEach(async function () {
    signer = await startSigner(chain.oracle);
  });
  afterEach(async function () {
    await running?.close();
    running = undefined;
    await signer.close();
  });
  after(async function () {
    await chain.close();
  });

  const settings = (): Readonly<Record<string, string>> => ({
    WATTPROOF_ORACLE_PRIVATE_KEY: "",
    WATTPROOF_ORACLE_SIGNER: signer.url,
    WATTPROOF_ORACLE_SIGNER_ADDRESS: chain.oracle.address,
    WATTPROOF_SIGNER_TIMEOUT_MS: "2000",
  });

  async function charge({ service }: RunningService): Promise<string> {
    const point = await chain.addChargingPoint();
    const session = await chain.openSession(point);
    const station = await addStation(service.store, "CS-1", [point.evse]);
    await service.synchronise();
    const end = Math.floor(Date.now() / 1_000);
    const times = { beginSeconds: end - 3_600, endSeconds: end };
    const record = point.device.record({ idTag: session.idTag, energyMicroWh: 7_000_000_000n, ...times });
    expect((await post(service.url, station, record)).status).to.equal(200);
    return session.sessionId;
  }

  it("settles with its signatures of claims and of transactions", async function () {
    running = await runService(chain, settings());
    const sessionId = await charge(running);
    await running.service.synchronise();
    await running.service.synchronise();
    expect((await get(running.service.url, `/v1/receipts/${sessionId}`)).status).to.equal(200);
    // One at the start, one of the claims, one of the transaction.
    expect(signer.digests).to.have.length(3);
  });

  it("does not start with a signer that has another key", async function () {
    signer.key = Wallet.createRandom();
    const failure: unknown = await runService(chain, settings()).catch((error: unknown) => error);
    expect(failure).to.have.property("code", "CONFIGURATION_INVALID");
  });

  it("starts while its signer is away, takes records, and settles them once it signs", async function () {
    signer.key = null;
    running = await runService(chain, settings());
    const { service } = running;
    const sessionId = await charge(running);
    await service.synchronise().catch(() => undefined);
    const shown = await getAsOperator(service.url, `/v1/sessions/${sessionId}`);
    expect(shown.body).to.have.nested.property("session.closing", null);
    signer.key = Wallet.createRandom();
    await service.synchronise().catch(() => undefined);
    expect((await get(service.url, `/v1/receipts/${sessionId}`)).status).to.equal(404);
    signer.key = chain.oracle;
    for (let rounds = 0; rounds < 3; rounds += 1) await service.synchronise();
    expect((await get(service.url, `/v1/receipts/${sessionId}`)).status).to.equal(200);
  });
});
