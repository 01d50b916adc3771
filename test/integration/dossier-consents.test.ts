import { expect } from "chai";
import { Wallet, type Provider } from "ethers";

import { consentScopes } from "../../services/domain/data-consent.ts";
import { idTagOf } from "../../services/domain/id-tag.ts";
import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { sessionIdOf, type SessionTerms } from "../../services/domain/terms.ts";
import { isShown, type Dossier } from "../../services/dossier/format/dossier-schema.ts";
import { createDossierSigner } from "../../services/dossier/make/sign-dossiers.ts";
import { verifyDossier, type DossierVerdict } from "../../services/dossier/verify/verify-dossier.ts";
import { WattproofError } from "../../services/errors.ts";
import { dataConsentsAt } from "../helpers/data-consents.ts";
import { bytesOf, seal, verifier } from "../helpers/dossier-world.ts";
import { addStation, operatorKey, post, runService, type RunningService } from "../helpers/running-service.ts";
import { startServiceChain, testTariff, type ChargingPoint, type ServiceChain } from "../helpers/service-chain.ts";

const energyMicroWh = 7_420_500_000n;
const beginSeconds = 1_700_000_000;
const { fields, records } = consentScopes;
const longUntil = 4_000_000_000;
const order = { consent: { scopes: fields | records, shareBps: 5_000 } };

/** What each driver does before the dossier is made, and whether the driver's session is in it. */
const drivers = {
  consents: true,
  "asks for just so much": true,
  "never consents": false,
  "consents later": false,
  "revoked before": false,
  "consented until before": false,
  "asks for a larger part": false,
  "consents to less": false,
  "consents to another account": false,
} as const;
type Name = keyof typeof drivers;
const names = Object.keys(drivers) as Name[];

describe("A dossier of data that drivers consented to", function () {
  this.timeout(180_000);
  let chain: ServiceChain;
  let running: RunningService;
  let point: ChargingPoint;
  let provider: Provider;
  let dossier: Dossier;
  const wallets = new Map<Name, Wallet>();
  const sessionIds = new Map<Name, string>();

  before(async function () {
    chain = await startServiceChain({ hasMarket: true });
    provider = chain.contracts.erc20.runner?.provider ?? expect.fail("There is no provider.");
    running = await runService(chain);
    point = await chain.addChargingPoint("secp256r1", { isProven: true });
    const station = await addStation(running.service.store, "CS-1", [point.evse]);
    for (const [index, name] of names.entries()) {
      const wallet = new Wallet(Wallet.createRandom().privateKey, provider);
      wallets.set(name, wallet);
      await chain.request("hardhat_setBalance", [wallet.address, "0x3635c9adc5dea00000"]);
      await chain.fundDriver(wallet.address, 20_000_000n, 0n);
      const sessionId = await openSession(wallet);
      sessionIds.set(name, sessionId);
      await chain.pass(3_600);
      await running.service.synchronise();
      const at = beginSeconds + index * 10_000;
      const times = { beginSeconds: at, endSeconds: at + 3_500 };
      const idTag = idTagOf(sessionId, await chain.openingOf(sessionId));
      expect(
        (await post(running.service.url, station, point.device.record({ idTag, energyMicroWh, ...times }))).status,
      ).to.equal(200);
      await running.service.synchronise();
    }
    const soon = (await chain.headSeconds()) + 600;
    await grant("consents", {});
    await grant("asks for just so much", { shareBps: 5_000 });
    await grant("revoked before", {});
    await (await consentsOf("revoked before").revoke(chain.operator)).wait();
    await grant("consented until before", { until: soon });
    await grant("asks for a larger part", { shareBps: 5_001 });
    await grant("consents to less", { scopes: fields });
    await grant("consents to another account", { grantee: `0x${"99".repeat(20)}` });
    await chain.pass(600);
    await running.service.synchronise();
    dossier = (await (await make({ purpose: "DATA-2026", ...order })).json()) as Dossier;
  });
  after(async function () {
    await running.close();
    await chain.close();
  });

  async function openSession(wallet: Wallet): Promise<string> {
    const terms: SessionTerms = {
      ...{ driver: wallet.address, lane: 0, nonce: 0, operator: chain.operator, agreement: 0 },
      ...{ evse: point.evse, meter: point.meter, maximumPowerW: point.maximumPowerW },
      ...{ tariffId: tariffIdOf(testTariff), holdMicro: 5_000_000n },
      expiresAt: (await chain.headSeconds()) + 86_400,
    };
    await chain.openAs(wallet.privateKey, terms);
    const { chainId, contracts } = chain.deployment;
    return sessionIdOf(terms, { chainId, verifyingContract: contracts.chargingSettlement });
  }

  function consentsOf(name: Name) {
    return dataConsentsAt(chain.deployment.evidence?.dataConsents ?? "", wallets.get(name));
  }

  async function grant(
    name: Name,
    changes: {
      readonly scopes?: number;
      readonly until?: number;
      readonly shareBps?: number;
      readonly grantee?: string;
    },
  ): Promise<void> {
    const driver = wallets.get(name)?.address ?? "";
    const usual = { scopes: fields | records, until: longUntil, shareBps: 3_000, lane: 0, nonce: 0 };
    await (await consentsOf(name).grant({ driver, grantee: chain.operator, ...usual, ...changes })).wait();
  }

  function make(changes: object): Promise<Response> {
    const period = { fromSeconds: 1, toSeconds: longUntil, evses: null, identifiers: {} };
    return fetch(`${running.service.url}/v1/dossiers`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${operatorKey}` },
      body: JSON.stringify({ operator: chain.operator, ...period, ...changes }),
    });
  }

  function judge(content: Dossier): Promise<DossierVerdict> {
    const reading = { request: (method: string, parameters: readonly unknown[]) => chain.request(method, parameters) };
    return verifyDossier({ open: () => [bytesOf(content)], chain: reading, verifier, sampleCount: null });
  }

  function countedIn({ months }: Dossier): readonly string[] {
    return months.flatMap(({ sessions }) => sessions.filter(isShown).map(({ sessionId }) => sessionId));
  }

  const idsOf = (wanted: (isIn: boolean) => boolean): readonly string[] =>
    names.filter((name) => wanted(drivers[name])).map((name) => sessionIds.get(name) ?? "");

  it("has the sessions of those alone who consented to it, and says why the others are left out", function () {
    expect(countedIn(dossier)).to.deep.equal(idsOf((isIn) => isIn));
    const excluded = dossier.months.flatMap(({ exclusions }) => exclusions);
    expect(excluded.map(({ sessionId, reason }) => [sessionId, reason])).to.have.deep.members(
      idsOf((isIn) => !isIn).map((sessionId) => [sessionId, "no-consent"]),
    );
    expect(dossier.totals?.claimableMicroWh).to.equal((2n * energyMicroWh).toString());
    expect(dossier.totals?.excludedMicroWh).to.equal((7n * energyMicroWh).toString());
    const { dataConsents } = chain.deployment.evidence ?? {};
    expect(dossier.manifest.consent).to.include({ dataConsents, ...order.consent });
  });

  it("is accepted by a verifier who reads the consents from the chain, and whatever happens to them later", async function () {
    expect((await judge(dossier)).reasons).to.deep.equal([]);
    await grant("consents later", {});
    await (await consentsOf("consents").revoke(chain.operator)).wait();
    expect((await judge(dossier)).reasons).to.deep.equal([]);
    // The next one has it the other way round.
    await running.service.synchronise();
    const next = (await (await make({ purpose: "DATA-2026", ...order })).json()) as Dossier;
    const [later, just] = [sessionIds.get("consents later"), sessionIds.get("asks for just so much")];
    expect(countedIn(next)).to.have.members([later, just]);
    expect((await judge(next)).reasons).to.deep.equal([]);
  });

  it("refuses each driver who is in it without consent, whoever signed it", async function () {
    const everybody = (await (await make({ purpose: "FLEET" })).json()) as Dossier;
    expect(countedIn(everybody)).to.have.length(names.length);
    const { consent } = dossier.manifest;
    const fraud = seal({ ...everybody, manifest: { ...everybody.manifest, ...(consent && { consent }) } });
    const { reasons } = await judge(fraud);
    const lacking = reasons.filter(({ code }) => code === "DOSSIER_CONSENT_LACKING").map(({ where }) => where);
    const expected = names.filter((name) => !drivers[name]);
    expect(lacking).to.deep.equal(
      expected.map((name) => `session ${sessionIds.get(name)}, driver ${wallets.get(name)?.address}`),
    );
  });

  it("is refused for a purpose that needs consents where it rests on none, or on too narrow ones", async function () {
    for (const consent of [null, { scopes: fields, shareBps: 5_000 }]) {
      const answer = await make({ purpose: "DATA-2026", consent });
      expect([answer.status, JSON.stringify(await answer.json())]).to.satisfy(
        ([status, text]: [number, string]) => status === 422 && text.includes("DOSSIER_CONSENT_MISSING"),
      );
    }
    const manifest = { ...dossier.manifest };
    delete manifest.consent;
    const codes = (await judge(seal({ ...dossier, manifest }))).reasons.map(({ code }) => code);
    expect(codes).to.include("DOSSIER_CONSENT_MISSING");
  });

  it("says that consents were not looked at where there is no chain", async function () {
    const verdict = await verifyDossier({ open: () => [bytesOf(dossier)], chain: null, verifier, sampleCount: null });
    expect(verdict.verdict).to.equal("accepted");
    expect(verdict.skipped).to.include("chain: the consents of drivers");
  });

  it("is not signed by another oracle for consents of an old block, which may have been revoked since", async function () {
    const signer = createDossierSigner({
      maker: { readManifest: () => expect.fail("It is not made."), makeMonths: () => expect.fail("It is not made.") },
      catchUp: () => Promise.resolve(),
      chain: {
        domain: { chainId: 31_337, verifyingContract: dossier.manifest.contracts.chargingSettlement },
        signDossier: () => expect.fail("It is not signed."),
        readHead: () => Promise.resolve({ number: 9, hash: "0x", timestamp: 200_000 }),
        readBlock: () => Promise.resolve({ number: 1, hash: "0x", parentHash: "0x", timestamp: 100_000 }),
      },
    });
    const { purpose, operator, fromSeconds, toSeconds } = dossier.manifest;
    const request = { purpose, operator, fromSeconds, toSeconds, evses: null, identifiers: {}, seed: "0x" };
    const error = await signer
      .signDossier({ ...request, consent: { ...order.consent, blockNumber: 1 } }, dossier.commitment)
      .catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(WattproofError);
    expect((error as WattproofError).code).to.equal("DOSSIER_OTHERWISE_KNOWN");
  });
});
