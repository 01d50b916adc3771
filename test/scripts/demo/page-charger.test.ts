import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { JsonRpcProvider } from "ethers";

import { demoAccount } from "../../../scripts/local-world/accounts.ts";
import { contractsOf } from "../../../scripts/local-world/contract-handles.ts";
import { demoOperatorKey, pageDriver } from "../../../scripts/demo/page.ts";
import { demoMaximumPowerW } from "../../../scripts/local-world/registration.ts";
import { demoTariff } from "../../../scripts/local-world/tariff.ts";
import { readDeployment } from "../../../services/chain/deployment.ts";
import { stopDigestOf } from "../../../services/domain/stop-request.ts";
import { tariffIdOf } from "../../../services/domain/packed-tariff.ts";
import { sessionIdOf, type SessionTerms } from "../../../services/domain/terms.ts";
import { nodeCryptography } from "../../../services/evidence/formats/ocmf/node-cryptography.ts";
import { createOcmfVerifier } from "../../../services/evidence/formats/ocmf/verifier.ts";
import { verifyReceipt } from "../../../services/receipts/verify-receipt.ts";
import { startScript, type RunningScript } from "../run-script.ts";

interface UpDemo {
  readonly script: RunningScript;
  readonly serviceUrl: string;
  readonly rpcUrl: string;
  readonly evse: number;
}

interface ShownSession {
  readonly session: { readonly state: string };
  readonly ocppTransaction: { readonly isOpen: boolean; readonly stationId: string } | null;
  readonly records: readonly unknown[];
}

const localChain = 31_337;
const skewSeconds = 60;

describe("The charger of npm start", function () {
  // A whole demo in a process of its own, twice; how long that takes is no part of any statement here.
  this.timeout(900_000);
  let folder = "";
  let demo: UpDemo | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wattproof-page-charger-"));
  });
  afterEach(async () => {
    demo?.script.child.kill("SIGKILL");
    await demo?.script.finished;
    demo = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(): Promise<UpDemo> {
    const script = startScript("start", ["--data", folder]);
    const [chainLine, pageLine] = await Promise.all([script.line(/^chain /u), script.line(/^The driver's page: /u)]);
    const [, rpcUrl = ""] = /^chain +(\S+),/u.exec(chainLine) ?? [];
    const [, serviceUrl = "", evse = ""] = /: (http:\S+)\/#\/evse\/(\d+)$/u.exec(pageLine) ?? [];
    demo = { script, rpcUrl, serviceUrl, evse: Number(evse) };

    return demo;
  }

  async function read(path: string): Promise<unknown> {
    const response = await fetch(`${demo?.serviceUrl ?? ""}${path}`, {
      headers: { authorization: `Bearer ${demoOperatorKey}` },
    });

    return response.status === 200 ? response.json() : null;
  }

  async function post(path: string, body: unknown): Promise<number> {
    const response = await fetch(`${demo?.serviceUrl ?? ""}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });

    return response.status;
  }

  /** Looks until it is so; the test's own limit ends what never becomes so. */
  async function until<Value>(look: () => Promise<Value | null>): Promise<Value> {
    for (;;) {
      const seen = await look();
      if (seen !== null) return seen;
      await sleep(200);
    }
  }

  const sessionWith = (sessionId: string, isSo: (shown: ShownSession) => boolean): Promise<ShownSession> =>
    until(async () => {
      const shown = (await read(`/v1/sessions/${sessionId}`)) as ShownSession | null;

      return shown !== null && isSo(shown) ? shown : null;
    });

  async function chargerState(evse: number): Promise<string> {
    return ((await read(`/v1/evses/${evse}/state`)) as { state: string }).state;
  }

  /** How far the newest block lies from this machine's clock. */
  async function headSkewSeconds({ rpcUrl }: UpDemo): Promise<number> {
    const provider = new JsonRpcProvider(rpcUrl, localChain, { staticNetwork: true });
    const head = await provider.getBlock("latest");
    provider.destroy();

    return Math.abs((head?.timestamp ?? 0) - Date.now() / 1_000);
  }

  async function openSession({ rpcUrl, evse }: UpDemo): Promise<string> {
    const deployment = readDeployment(join(folder, "deployment.json"));
    const provider = new JsonRpcProvider(rpcUrl, localChain, { staticNetwork: true });
    const { chargingSettlement, meterRegistry } = contractsOf(deployment, provider);
    const [registered] = await meterRegistry.queryFilter(meterRegistry.filters.MeterRegistered(undefined, evse));
    const { nonce } = await chargingSettlement.accountOf(pageDriver.address, 0);
    provider.destroy();
    const terms: SessionTerms = {
      driver: pageDriver.address,
      lane: 0,
      nonce: Number(nonce),
      operator: demoAccount("operator").address,
      agreement: 0,
      evse,
      meter: Number(registered?.args.meter ?? 0n),
      maximumPowerW: demoMaximumPowerW,
      tariffId: tariffIdOf(demoTariff),
      holdMicro: 20_000_000n,
      expiresAt: Math.floor(Date.now() / 1_000) + 86_400,
    };
    const domain = { chainId: localChain, verifyingContract: deployment.contracts.chargingSettlement };
    const sessionId = sessionIdOf(terms, domain);
    const { signature } = { signature: pageDriver.signingKey.sign(sessionId).serialized };
    const body = { kind: "signed-terms", terms: { ...terms, holdMicro: terms.holdMicro.toString() }, signature };
    expect(await post("/v1/openings", body)).to.equal(201);

    return sessionId;
  }

  it("charges over OCPP, goes on after a kill, stops when the page says so, and chain and clock agree", async () => {
    const first = await start();
    expect(await headSkewSeconds(first)).to.be.below(skewSeconds);
    await until(async () => ((await chargerState(first.evse)) === "free" ? true : null));
    const sessionId = await openSession(first);
    const before = await sessionWith(sessionId, ({ records }) => records.length >= 3);
    expect(before.ocppTransaction).to.deep.include({ isOpen: true, stationId: "CS-PAGE" });
    expect(await chargerState(first.evse)).to.equal("occupied");
    first.script.child.kill("SIGKILL");
    await first.script.finished;

    const second = await start();
    expect(second.evse).to.equal(first.evse);
    expect(await headSkewSeconds(second)).to.be.below(skewSeconds);
    const signature = pageDriver.signingKey.sign(stopDigestOf(sessionId, localChain)).serialized;
    await sessionWith(sessionId, ({ records }) => records.length > before.records.length + 1);
    expect(await chargerState(second.evse)).to.equal("occupied");
    expect(await post(`/v1/sessions/${sessionId}/stop`, { signature })).to.equal(202);
    await sessionWith(sessionId, ({ session }) => session.state === "settled");
    await until(async () => ((await chargerState(second.evse)) === "free" ? true : null));

    const receipt = await until(() => read(`/v1/receipts/${sessionId}`));
    const provider = new JsonRpcProvider(second.rpcUrl, localChain, { staticNetwork: true });
    const { checks } = await verifyReceipt(receipt, {
      chain: { request: (method, parameters) => provider.send(method, [...parameters]) as Promise<unknown> },
      verifier: createOcmfVerifier({ cryptography: nodeCryptography }),
    });
    provider.destroy();
    expect(checks.filter(({ outcome }) => outcome !== "holds")).to.deep.equal([]);
  });
});
