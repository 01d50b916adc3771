import { expect } from "chai";
import { Wallet } from "ethers";

import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { longestRecordsGrantSeconds, recordsGrantDigestOf } from "../../services/domain/records-grant.ts";
import { sessionIdOf, type SessionTerms } from "../../services/domain/terms.ts";
import { testTariff, type ChargingPoint } from "../helpers/service-chain.ts";
import { unzip } from "../helpers/unzip.ts";
import { startWebWorld, type TestDriver, type WebWorld } from "../helpers/web-world.ts";

const key = "key-of-the-reader-0123456789abcdef";

describe("A driver's records", function () {
  let world: WebWorld;
  let driver: TestDriver;
  let sessionId: string;

  before(async function () {
    world = await startWebWorld();
    driver = await world.addDriver();
    sessionId = await openSession(driver, world.point);
    await world.running.service.synchronise();
    await world.step(sessionId, "B", 0n, 0);
    await world.step(sessionId, "E", 3_000_000_000n, 900);
    await world.running.service.synchronise();
    await world.running.service.synchronise();
  });
  after(async function () {
    await world.close();
  });

  async function openSession({ address, privateKey }: TestDriver, point: ChargingPoint): Promise<string> {
    const { chain } = world;
    const terms: SessionTerms = {
      ...{ driver: address, lane: 0, nonce: 0, operator: chain.operator, agreement: 0 },
      ...{ evse: point.evse, meter: point.meter, maximumPowerW: point.maximumPowerW },
      ...{ tariffId: tariffIdOf(testTariff), holdMicro: 5_000_000n },
      expiresAt: (await chain.headSeconds()) + 86_400,
    };
    await chain.openAs(privateKey, terms);
    const { chainId, contracts } = chain.deployment;
    return sessionIdOf(terms, { chainId, verifyingContract: contracts.chargingSettlement });
  }

  const nowSeconds = (): number => Math.floor(Date.now() / 1_000);

  /** A grant that is right but for what is changed, signed as it stands. */
  function grantOf(
    changes: Readonly<Record<string, unknown>> = {},
    { signer = driver, service = world.chain.oracle.address } = {},
  ): Readonly<Record<string, unknown>> {
    const grant = { driver: driver.address, reader: "", key, until: nowSeconds() + 600, ...changes };
    const digest = recordsGrantDigestOf({ ...grant, service }, world.chain.deployment.chainId);
    return { ...grant, signature: new Wallet(signer.privateKey).signingKey.sign(digest).serialized };
  }

  function send(content: unknown): Promise<Response> {
    const headers = { "content-type": "application/json" };
    return fetch(`${world.url}/v1/driver-records`, { method: "POST", headers, body: JSON.stringify(content) });
  }

  async function refusalOf(content: unknown): Promise<unknown> {
    const answer = (await (await send(content)).json()) as { error?: { code?: unknown } };
    return answer.error?.code;
  }

  async function filesOf(content: unknown): Promise<ReadonlyMap<string, Buffer>> {
    const response = await send(content);
    expect(response.status).to.equal(200);
    expect(response.headers.get("content-type")).to.equal("application/zip");
    expect(response.headers.get("cache-control")).to.equal("no-store");
    return unzip(Buffer.from(await response.arrayBuffer()));
  }

  describe("are refused", function () {
    it("to a grant that is not of the form", async function () {
      expect(await refusalOf({ ...grantOf(), key: "short" })).to.equal("RECORDS_GRANT_INVALID");
      expect(await refusalOf({ ...grantOf(), more: 1 })).to.equal("RECORDS_GRANT_INVALID");
      expect(await refusalOf({ ...grantOf({ reader: "x".repeat(101) }) })).to.equal("RECORDS_GRANT_INVALID");
    });

    it("to a grant that is over, or that holds for longer than any may", async function () {
      expect(await refusalOf(grantOf({ until: nowSeconds() - 1 }))).to.equal("RECORDS_GRANT_EXPIRED");
      const until = nowSeconds() + longestRecordsGrantSeconds + 60;
      expect(await refusalOf(grantOf({ until }))).to.equal("RECORDS_GRANT_TOO_LONG");
    });

    it("to anybody else's signature", async function () {
      const stranger = await world.addDriver();
      expect(await refusalOf(grantOf({}, { signer: stranger }))).to.equal("RECORDS_UNSIGNED");
    });

    it("to a grant for another service, another key, another reader or a later end than was signed", async function () {
      const other = Wallet.createRandom().address;
      expect(await refusalOf(grantOf({}, { service: other }))).to.equal("RECORDS_UNSIGNED");
      for (const change of [{ key: `${key}2` }, { reader: "Somebody else" }, { until: nowSeconds() + 700 }]) {
        expect(await refusalOf({ ...grantOf(), ...change })).to.equal("RECORDS_UNSIGNED");
      }
    });
  });

  it("are all that the service holds of the driver's sessions, and of nobody else's", async function () {
    const stranger = await world.addDriver();
    const foreignId = await openSession(stranger, await world.chain.addChargingPoint());
    await world.running.service.synchronise();
    const files = await filesOf(grantOf());
    const folder = `sessions/${sessionId}`;
    expect([...files.keys()]).to.deep.equal([
      "README.txt",
      `${folder}/session.json`,
      `${folder}/receipt.json`,
      `${folder}/records/0001`,
      `${folder}/records/0002`,
    ]);
    const records = await world.running.service.store.listRecords(sessionId);
    expect(records.map(({ record }) => Buffer.from(record))).to.deep.equal([
      files.get(`${folder}/records/0001`),
      files.get(`${folder}/records/0002`),
    ]);
    const receipt: unknown = await (await fetch(`${world.url}/v1/receipts/${sessionId}`)).json();
    expect(JSON.parse(String(files.get(`${folder}/receipt.json`)))).to.deep.equal(receipt);
    const session: unknown = JSON.parse(String(files.get(`${folder}/session.json`)));
    expect(session).to.have.nested.property("session.state", "settled");
    expect(session).to.have.nested.property("cdr.energyWh", "3000");

    const foreign = await filesOf(grantOf({ driver: stranger.address }, { signer: stranger }));
    expect([...foreign.keys()]).to.deep.equal(["README.txt", `sessions/${foreignId}/session.json`]);
  });

  it("go to a named third party with its key, as often as it asks before the end", async function () {
    const grant = grantOf({ reader: "Energieberatung Muster", until: nowSeconds() + longestRecordsGrantSeconds - 60 });
    const [first, second] = [await filesOf(grant), await filesOf(grant)];
    expect([...second.keys()]).to.deep.equal([...first.keys()]);
    expect(first.size).to.equal(5);
  });
});
