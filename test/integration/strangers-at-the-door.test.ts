import { createHash } from "node:crypto";
import { request } from "node:http";

import { expect } from "chai";
import { Wallet } from "ethers";

import { viewGrantDigestOf } from "../../services/domain/session-view-key.ts";
import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { sessionIdOf, type SessionTerms } from "../../services/domain/terms.ts";
import { codeOf, get, getAsOperator, type Answer } from "../helpers/running-service.ts";
import { sendFrom } from "../helpers/send-from.ts";
import { testMaximumPowerW, testTariff } from "../helpers/service-chain.ts";
import { becomesTrue, openSilentSockets } from "../helpers/silent-sockets.ts";
import { startWebWorld, type TestDriver, type WebWorld } from "../helpers/web-world.ts";

const stranger = "127.0.0.2";
const home = "127.0.0.1";
const secret = "a-key-that-the-page-has-made-up-0123456789";
const keySha256 = createHash("sha256").update(secret).digest("hex");
const bearer = (key: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${key}` });

describe("Strangers at the door", function () {
  let world: WebWorld;

  before(async function () {
    // Other systems have one address for themselves alone.
    if (process.platform !== "linux") this.skip();
    world = await startWebWorld(
      {},
      {},
      {
        WATTPROOF_OPENINGS_PER_MINUTE: "60",
        WATTPROOF_WATCHERS: "40",
        WATTPROOF_WATCHERS_PER_CLIENT: "8",
        WATTPROOF_PAGE_RPC_PER_MINUTE: "50",
        WATTPROOF_REQUESTS_PER_MINUTE: "60",
      },
    );
  });
  after(async function () {
    if (process.platform === "linux") await world.close();
  });

  async function termsFor(driver: TestDriver): Promise<SessionTerms> {
    const head = await world.chain.contracts.chargingSettlement.runner?.provider?.getBlock("latest");
    return {
      driver: driver.address,
      lane: 0,
      nonce: 0,
      operator: world.chain.operator,
      agreement: 0,
      evse: world.point.evse,
      meter: world.point.meter,
      maximumPowerW: testMaximumPowerW,
      tariffId: tariffIdOf(testTariff),
      holdMicro: 5_000_000n,
      expiresAt: (head?.timestamp ?? 0) + 86_400,
    };
  }

  function idOf(terms: SessionTerms): string {
    const { chainId, contracts } = world.chain.deployment;
    return sessionIdOf(terms, { chainId, verifyingContract: contracts.chargingSettlement });
  }

  function openingOf(terms: SessionTerms, signer: string, more: object = {}): unknown {
    const signature = new Wallet(signer).signingKey.sign(idOf(terms)).serialized;
    return { kind: "signed-terms", terms: { ...terms, holdMicro: terms.holdMicro.toString() }, signature, ...more };
  }

  const post = (from: string, path: string, content: unknown): Promise<Answer> =>
    sendFrom(from, `${world.url}${path}`, { method: "POST", content });

  async function openSession(more: object = {}): Promise<{ readonly sessionId: string; readonly driver: TestDriver }> {
    const driver = await world.addDriver();
    const terms = await termsFor(driver);
    const answer = await post(home, "/v1/openings", openingOf(terms, driver.privateKey, more));
    expect(answer.status, JSON.stringify(answer.body)).to.equal(201);
    const sessionId = idOf(terms);
    expect(await becomesTrue(async () => (await get(world.url, `/v1/sessions/${sessionId}`)).status === 200)).to.equal(
      true,
    );
    return { sessionId, driver };
  }

  it("do not use up what a driver may open, with signatures that are not the driver's", async function () {
    const driver = await world.addDriver();
    const terms = await termsFor(driver);
    const junk = Wallet.createRandom().privateKey;
    for (let count = 0; count < 20; count += 1) {
      expect(codeOf(await post(stranger, "/v1/openings", openingOf(terms, junk)))).to.equal("OPENING_REFUSED");
    }
    expect((await post(home, "/v1/openings", openingOf(terms, driver.privateKey))).status).to.equal(201);
  });

  it("do not use up what a driver may order, with signatures that are not the driver's", async function () {
    const driver = await world.addDriver();
    const withdrawal = {
      driver: driver.address,
      lane: 0,
      nonce: 0,
      amount: "1",
      recipient: `0x${"11".repeat(20)}`,
      deadline: 2 ** 39,
    };
    const signature = new Wallet(Wallet.createRandom().privateKey).signingKey.sign(`0x${"22".repeat(32)}`).serialized;
    const order = { kind: "withdrawal", withdrawal, signature };
    for (let count = 0; count < 20; count += 1) {
      expect(codeOf(await post(stranger, "/v1/driver-orders", order))).to.equal("ORDER_REFUSED");
    }
    // Counted would be answered 429; the contract is asked as before.
    expect(codeOf(await post(home, "/v1/driver-orders", order))).to.equal("ORDER_REFUSED");
  });

  it("are limited by themselves, are counted, and the operator is told once", async function () {
    const driver = await world.addDriver();
    const content = openingOf(await termsFor(driver), Wallet.createRandom().privateKey);
    const codes = new Set<unknown>();
    for (let count = 0; count < 100; count += 1) codes.add(codeOf(await post("127.0.0.9", "/v1/openings", content)));
    expect([...codes].sort()).to.deep.equal(["CLIENT_RATE_EXCEEDED", "OPENING_REFUSED"]);
    const metrics = String((await get(world.url, "/metrics")).body);
    expect(metrics).to.match(/wattproof_refused_requests_total\{limit="openings"\} [1-9]/);
    expect(metrics).to.match(/wattproof_alerts_total\{alert="client-limited"\} 1\n/);
  });

  it("do not take all places of streams, and give back those that they leave", async function () {
    const { sessionId } = await openSession({ viewKeySha256: keySha256 });
    const path = `/v1/sessions/${sessionId}/events`;
    const streams: AbortController[] = [];
    // A response that nobody holds is collected, and its stream ends with it.
    const held: Response[] = [];
    const open = async (headers: Readonly<Record<string, string>> = {}): Promise<number> => {
      const end = new AbortController();
      const response = await fetch(`${world.url}${path}`, { headers, signal: end.signal });
      if (response.status === 200) streams.push(end);
      held.push(response);
      return response.status;
    };
    const statuses = [];
    for (let count = 0; count < 30; count += 1) statuses.push(await open());
    expect(statuses.filter((status) => status === 200)).to.have.length(8);
    expect(statuses.at(-1)).to.equal(429);
    // Another client, and whoever has a key, too.
    expect((await watchFrom(stranger, path, bearer(secret))).status).to.equal(200);
    for (const stream of streams.splice(0)) stream.abort();
    expect(
      await becomesTrue(async () => /wattproof_watchers 0\n/.test(String((await get(world.url, "/metrics")).body))),
    ).to.equal(true);
    expect(await open()).to.equal(200);
    for (const stream of streams) stream.abort();
  });

  it("ask the chain only so much, and nothing that is wide or long", async function () {
    const ask = (from: string, method: string, params: readonly unknown[]): Promise<Answer> =>
      post(from, "/rpc", { jsonrpc: "2.0", id: 1, method, params });
    const address = world.chain.deployment.contracts.chargingSettlement;
    const refused: readonly (readonly [string, readonly unknown[]])[] = [
      ["eth_getBlockByNumber", ["latest", true]],
      ["eth_getLogs", [{ fromBlock: "0x0", toBlock: "0x1", topics: [] }]],
      ["eth_getLogs", [{ address, topics: [], fromBlock: "earliest", toBlock: "latest" }]],
      ["eth_call", [{ to: address, data: "0x", gas: "0xffffffff" }, "latest"]],
      ["eth_call", [{ to: address, data: "0x" }, "latest", { [address]: { balance: "0x1" } }]],
      ["eth_blockNumber", [1]],
      ["constructor", []],
      ["__proto__", []],
    ];
    for (const [method, params] of refused) {
      expect(codeOf(await ask("127.0.0.5", method, params)), method).to.equal("ENVELOPE_INVALID");
    }
    const wide = await ask("127.0.0.5", "eth_getLogs", [
      { address, topics: [], fromBlock: "0x0", toBlock: "0xffffff" },
    ]);
    expect(wide.body).to.have.nested.property("error.code", -32_005);
    const codes = new Set<unknown>();
    for (let count = 0; count < 100; count += 1) codes.add(codeOf(await ask("127.0.0.6", "eth_chainId", [])));
    expect([...codes]).to.deep.equal([undefined, "CLIENT_RATE_EXCEEDED"]);
    expect((await ask(home, "eth_chainId", [])).status).to.equal(200);
  });

  it("keep nobody from asking the chain by questions that come slowly", async function () {
    const text = `POST /rpc HTTP/1.1\r\nhost: wattproof\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{`;
    const addresses = ["127.0.1.1", "127.0.1.2", "127.0.1.3", "127.0.1.4"];
    const slow = await Promise.all(addresses.map((from) => openSilentSockets(world.url, { count: 8, from, text })));
    const question = { jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] };
    // One of these addresses is refused once all its questions have come so far.
    expect(await becomesTrue(async () => (await post("127.0.1.4", "/rpc", question)).status === 429)).to.equal(true);
    expect((await post(home, "/rpc", question)).status).to.equal(200);
    for (const sockets of slow) sockets.close();
  });

  describe("and a session", function () {
    const hidden = [
      "ocppTransaction",
      "cdr",
      "records",
      "unsignedEnergyConsent",
      "assessment",
      "dispute",
      "evidence",
      "reason",
    ];

    it("see what the chain shows, and nothing of what happens at the charger", async function () {
      const { sessionId } = await openSession();
      await world.step(sessionId, "B", 0n, 0);
      await world.step(sessionId, "C", 1_000_000n, 60);
      const whole = await getAsOperator(world.url, `/v1/sessions/${sessionId}`);
      expect(whole.body).to.have.nested.property("session.state", "charging");
      const seen = await get(world.url, `/v1/sessions/${sessionId}`);
      expect(seen.body).to.have.property("visibility", "public");
      expect(seen.body).to.have.nested.property("session.state", "opened");
      expect(seen.body).to.have.nested.property("session.terms.evse", String(world.point.evse));
      const text = JSON.stringify(seen.body);
      for (const name of hidden) expect(text, name).to.not.include(`"${name}"`);
      const list = JSON.stringify((await get(world.url, "/v1/sessions")).body);
      expect(list).to.include(sessionId).and.not.include('"charging"').and.not.include('"evidence"');
      expect(codeOf(await get(world.url, "/v1/sessions?state=charging"))).to.equal("SESSION_UNAUTHENTICATED");
      const [event = ""] = await readStream(`/v1/sessions/${sessionId}/events`, {});
      expect(event).to.include('"visibility":"public"').and.not.include("readings").and.not.include('"charging"');
    });

    it("is shown whole to whoever has the key that came with its opening, and no other's", async function () {
      const [own, other] = [await openSession({ viewKeySha256: keySha256 }), await openSession()];
      await world.step(own.sessionId, "B", 0n, 0);
      const seen = await get(world.url, `/v1/sessions/${own.sessionId}`, bearer(secret));
      expect(seen.body).to.include({ visibility: "whole" }).and.to.have.nested.property("session.state", "charging");
      const [event = ""] = await readStream(`/v1/sessions/${own.sessionId}/events`, bearer(secret));
      expect(event).to.include('"visibility":"whole"').and.include('"readings"');
      for (const [sessionId, key] of [
        [other.sessionId, secret],
        [own.sessionId, `${secret}0`],
        [own.sessionId, "short"],
      ]) {
        expect(codeOf(await get(world.url, `/v1/sessions/${sessionId}`, bearer(key ?? "")))).to.equal(
          "SESSION_UNAUTHENTICATED",
        );
      }
      expect(codeOf(await get(world.url, "/v1/sessions", bearer(secret)))).to.equal("SESSION_UNAUTHENTICATED");
    });

    it("is not shown to whoever repeats the driver's signature from the chain", async function () {
      const driver = await world.addDriver();
      const terms = await termsFor(driver);
      const first = openingOf(terms, driver.privateKey, { viewKeySha256: keySha256 });
      const theirs = "another-key-that-a-stranger-made-up-0123456789";
      const repeated = openingOf(terms, driver.privateKey, {
        viewKeySha256: createHash("sha256").update(theirs).digest("hex"),
      });
      // The stranger's request comes while the transaction is on its way, and once more when it is there.
      const answers = await Promise.all([post(home, "/v1/openings", first), post(stranger, "/v1/openings", repeated)]);
      expect(answers[0].status).to.be.oneOf([201, 202]);
      await post(stranger, "/v1/openings", repeated);
      const path = `/v1/sessions/${idOf(terms)}`;
      expect(await becomesTrue(async () => (await get(world.url, path)).status === 200)).to.equal(true);
      expect((await get(world.url, path, bearer(secret))).status).to.equal(200);
      expect(codeOf(await get(world.url, path, bearer(theirs)))).to.equal("SESSION_UNAUTHENTICATED");
    });

    it("is shown whole by the driver's signature, and by nobody else's", async function () {
      const { sessionId, driver } = await openSession();
      const digest = viewGrantDigestOf({ sessionId, keySha256 }, world.chain.deployment.chainId);
      const grantBy = (privateKey: string): unknown => ({
        keySha256,
        signature: new Wallet(privateKey).signingKey.sign(digest).serialized,
      });
      const path = `/v1/sessions/${sessionId}/view-keys`;
      expect(codeOf(await post(stranger, path, grantBy(Wallet.createRandom().privateKey)))).to.equal("VIEW_UNSIGNED");
      expect(codeOf(await post(stranger, path, { keySha256 }))).to.equal("ENVELOPE_INVALID");
      expect(codeOf(await get(world.url, `/v1/sessions/${sessionId}`, bearer(secret)))).to.equal(
        "SESSION_UNAUTHENTICATED",
      );
      expect((await post(home, path, grantBy(driver.privateKey))).status).to.equal(201);
      expect((await get(world.url, `/v1/sessions/${sessionId}`, bearer(secret))).body).to.include({
        visibility: "whole",
      });
    });
  });

  /** The first event of a stream. */
  async function readStream(path: string, headers: Readonly<Record<string, string>>): Promise<readonly string[]> {
    const end = new AbortController();
    const response = await fetch(`${world.url}${path}`, { headers, signal: end.signal });
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString("utf8");
      if (text.includes("data: ") && text.endsWith("\n\n")) break;
    }
    end.abort();
    return text.split("\n").filter((line) => line.startsWith("data: "));
  }

  /** The status of a stream that another address opens, and leaves. */
  function watchFrom(
    from: string,
    path: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number }> {
    return new Promise((resolve, reject) => {
      const sent = request(`${world.url}${path}`, { headers, localAddress: from }, (response) => {
        resolve({ status: response.statusCode ?? 0 });
        sent.destroy();
      });
      sent.on("error", reject);
      sent.end();
    });
  }
});
