import { get as httpGet } from "node:http";

import { taxedAlike } from "../../services/domain/tariff.ts";
import { expect } from "chai";
import { Wallet } from "ethers";
import { z } from "zod";

import { assignTariff } from "../../scripts/local-world/assign-tariff.ts";
import { withdrawalTypes } from "../../services/domain/driver-orders.ts";
import { stopDigestOf } from "../../services/domain/stop-request.ts";
import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { sessionIdOf, settlementDomainOf, type SessionTerms } from "../../services/domain/terms.ts";
import type { StoredSession } from "../../services/store/store.ts";
import { codeOf, get, operatorKey, type Answer } from "../helpers/running-service.ts";
import { testMaximumPowerW, testTariff } from "../helpers/service-chain.ts";
import { startWebWorld, type TestDriver, type WebWorld } from "../helpers/web-world.ts";

describe("What the service does for the driver's page", function () {
  let world: WebWorld;
  const stopped: string[] = [];

  before(async function () {
    const stopper = {
      stop: (session: StoredSession) => {
        stopped.push(session.sessionId);
        return Promise.resolve(true);
      },
    };
    world = await startWebWorld({ stopper });
  });
  after(async function () {
    await world.close();
  });

  async function send(path: string, content: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${world.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof content === "string" ? content : JSON.stringify(content),
    });
    return { status: response.status, body: await response.json() };
  }

  async function termsFor(driver: TestDriver, changes: Partial<SessionTerms> = {}): Promise<SessionTerms> {
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
      ...changes,
    };
  }

  function idOf(terms: SessionTerms): string {
    const { chainId, contracts } = world.chain.deployment;
    return sessionIdOf(terms, { chainId, verifyingContract: contracts.chargingSettlement });
  }

  function openingOf(terms: SessionTerms, signer: TestDriver): unknown {
    const signature = new Wallet(signer.privateKey).signingKey.sign(idOf(terms)).serialized;
    return { kind: "signed-terms", terms: { ...terms, holdMicro: terms.holdMicro.toString() }, signature };
  }

  describe("serving the page", function () {
    it("forbids everything that is not its own, and lets nobody frame it", async function () {
      const response = await fetch(`${world.url}/`);
      const policy = response.headers.get("content-security-policy") ?? "";
      expect(policy.split("; ")).to.include.members([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ]);
      expect(policy).to.not.match(/unsafe|https?:/);
      expect(response.headers.get("cache-control")).to.equal("no-cache");
      const html = await response.text();
      expect(html).to.not.match(/(?:src|href)="https?:/);
      expect(html).to.not.match(/<script>|style="| on[a-z]+="/);
    });

    it("keeps files with a hash in their name for ever, and compresses them", async function () {
      const html = await (await fetch(`${world.url}/`)).text();
      const path = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? "";
      const plain = await fetch(`${world.url}${path}`, { headers: { "accept-encoding": "identity" } });
      expect(plain.headers.get("cache-control")).to.equal("public, max-age=31536000, immutable");
      expect(plain.headers.get("content-type")).to.equal("text/javascript; charset=utf-8");
      for (const encoding of ["br", "gzip"]) {
        const response = await fetch(`${world.url}${path}`, { headers: { "accept-encoding": encoding } });
        expect(response.headers.get("content-encoding")).to.equal(encoding);
        expect(await response.text()).to.equal(await plain.clone().text());
      }
    });

    it("needs at most 150 kB, compressed, before it knows the language", async function () {
      const html = await (await fetch(`${world.url}/`)).text();
      const paths = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? "");
      expect(paths.length).to.be.greaterThan(2);
      const sizes = await Promise.all(["/", ...paths].map((path) => gzippedBytes(`${world.url}${path}`)));
      const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
      expect(total).to.be.greaterThan(10_000).and.at.most(150_000);
    });

    it("answers other methods as everywhere", async function () {
      expect(codeOf(await send("/", {}))).to.equal("METHOD_NOT_ALLOWED");
    });
  });

  describe("reading the chain for the page", function () {
    it("takes no method that sends, signs, steers or traces", async function () {
      for (const method of ["eth_sendRawTransaction", "eth_accounts", "hardhat_setBalance", "debug_traceCall"]) {
        const answer = await send("/rpc", { jsonrpc: "2.0", id: 1, method, params: [] });
        expect([answer.status, codeOf(answer)]).to.deep.equal([400, "ENVELOPE_INVALID"]);
      }
    });

    it("takes one request at a time, of the documented form", async function () {
      for (const content of [[], "x", { method: "eth_chainId" }, { jsonrpc: "2.0", id: {}, method: "eth_chainId" }]) {
        expect(codeOf(await send("/rpc", content))).to.equal("ENVELOPE_INVALID");
      }
      expect(codeOf(await send("/rpc", "x".repeat(20_000)))).to.equal("BODY_TOO_LARGE");
    });

    it("hands answers and refusals on", async function () {
      const known = await send("/rpc", { jsonrpc: "2.0", id: 7, method: "eth_chainId" });
      expect(known.body).to.deep.equal({ jsonrpc: "2.0", id: 7, result: "0x7a69" });
      const params = [{ to: world.chain.deployment.contracts.chargingSettlement, data: "0x12345678" }, "latest"];
      const refused = await send("/rpc", { jsonrpc: "2.0", id: 8, method: "eth_call", params });
      expect(refused.body).to.have.nested.property("error.code", 3);
    });
  });

  describe("opening a session for a driver", function () {
    it("refuses what is not of the documented form", async function () {
      const driver = await world.addDriver();
      const terms = await termsFor(driver);
      for (const content of [
        "{",
        {},
        { ...Object(openingOf(terms, driver)), kind: "other" },
        { kind: "signed-terms" },
      ]) {
        expect(codeOf(await send("/v1/openings", content))).to.equal("ENVELOPE_INVALID");
      }
      expect(codeOf(await send("/v1/openings", "x", { "content-type": "text/plain" }))).to.equal(
        "MEDIA_TYPE_UNSUPPORTED",
      );
    });

    it("refuses terms that somebody else signed, and pays no gas for it", async function () {
      const [driver, thief] = [await world.addDriver(), await world.addDriver()];
      const before = await world.chain.request("eth_blockNumber");
      const answer = await send("/v1/openings", openingOf(await termsFor(driver), thief));
      expect([answer.status, codeOf(answer), detailOf(answer)]).to.deep.equal([
        422,
        "OPENING_REFUSED",
        "SIGNATURE_INVALID",
      ]);
      expect(await world.chain.request("eth_blockNumber")).to.equal(before);
    });

    it("says why the contract would not open it, and pays no gas for it", async function () {
      const driver = await world.addDriver({ depositMicro: 1_000_000n });
      const before = await world.chain.request("eth_blockNumber");
      // Assigned, and published by nobody: as one that was retired since.
      const unpublished = { ...testTariff, ...taxedAlike(1) };
      await assignTariff(world.running.service.store, [world.point.evse], unpublished);
      const cases: readonly (readonly [Partial<SessionTerms>, string])[] = [
        [{ nonce: 3, holdMicro: 1n }, "NONCE_MISMATCH"],
        [{}, "HOLD_ABOVE_BALANCE"],
        [{ holdMicro: 1n, expiresAt: 1_600_000_000 }, "EXPIRY_PASSED"],
        [{ holdMicro: 1n, tariffId: tariffIdOf(unpublished) }, "TARIFF_NOT_OFFERED"],
      ];
      for (const [changes, reason] of cases) {
        const answer = await send("/v1/openings", openingOf(await termsFor(driver, changes), driver));
        expect([codeOf(answer), detailOf(answer)]).to.deep.equal(["OPENING_REFUSED", reason]);
      }
      expect(await world.chain.request("eth_blockNumber")).to.equal(before);
    });

    it("opens the session, once, however often it is asked", async function () {
      const driver = await world.addDriver();
      const terms = await termsFor(driver);
      const first = await send("/v1/openings", openingOf(terms, driver));
      expect([first.status, first.body]).to.deep.include.members([201]);
      expect(first.body).to.deep.include({ sessionId: idOf(terms), status: "open" });
      expect(
        await world.chain.contracts.chargingSettlement.isLive(terms, await world.chain.openingOf(idOf(terms)), 0n),
      ).to.equal(true);
      const again = await send("/v1/openings", openingOf(terms, driver));
      expect(again.body).to.deep.equal({ sessionId: idOf(terms), status: "open", txHash: null });
    });

    it("opens sessions of several drivers at once", async function () {
      const drivers = await Promise.all([1, 2, 3].map(() => world.addDriver()));
      const terms = await Promise.all(drivers.map((driver) => termsFor(driver)));
      const answers = await Promise.all(
        drivers.map(async (driver, index) => {
          const own = terms[index];
          if (own === undefined) throw new RangeError("no terms");
          return send("/v1/openings", openingOf(own, driver));
        }),
      );
      expect(answers.map(({ status }) => status)).to.deep.equal([201, 201, 201]);
      expect(answers.map(({ body }) => sessionOf(body))).to.deep.equal(terms.map(idOf));
    });
  });

  describe("carrying out a driver's order", function () {
    const recipient = "0x00000000000000000000000000000000000000AA";

    async function withdrawalOf(driver: TestDriver, signer: TestDriver, changes: object = {}) {
      const { chainId, contracts } = world.chain.deployment;
      const order = {
        driver: driver.address,
        lane: 0,
        nonce: 0,
        amount: 1_000_000n,
        recipient,
        deadline: (await termsFor(driver)).expiresAt,
        ...changes,
      };
      const domain = settlementDomainOf({ chainId, verifyingContract: contracts.chargingSettlement });
      const signature = await new Wallet(signer.privateKey).signTypedData(domain, withdrawalTypes, order);
      return { kind: "withdrawal", withdrawal: { ...order, amount: order.amount.toString() }, signature };
    }

    it("refuses what is not of the documented form", async function () {
      const driver = await world.addDriver();
      const order = await withdrawalOf(driver, driver);
      for (const content of [
        "{",
        { ...order, kind: "other" },
        { ...order, more: 1 },
        { ...order, withdrawal: { ...order.withdrawal, amount: 5 } },
        { ...order, signature: "0x123" },
      ]) {
        expect(codeOf(await send("/v1/driver-orders", content))).to.equal("ENVELOPE_INVALID");
      }
      expect(codeOf(await send("/v1/driver-orders", "x", { "content-type": "text/plain" }))).to.equal(
        "MEDIA_TYPE_UNSUPPORTED",
      );
    });

    it("says why the contract would not, and pays no gas for it", async function () {
      const [driver, thief] = [await world.addDriver(), await world.addDriver()];
      const before = await world.chain.request("eth_blockNumber");
      const refused = async (order: unknown): Promise<unknown> => {
        const answer = await send("/v1/driver-orders", order);
        return [answer.status, codeOf(answer), detailOf(answer)];
      };
      expect(await refused(await withdrawalOf(driver, thief))).to.deep.equal([
        422,
        "ORDER_REFUSED",
        "SIGNATURE_INVALID",
      ]);
      expect(await refused(await withdrawalOf(driver, driver, { nonce: 7 }))).to.deep.equal([
        422,
        "ORDER_REFUSED",
        "NONCE_MISMATCH",
      ]);
      expect(await world.chain.request("eth_blockNumber")).to.equal(before);
    });

    it("pays out once, however often it is asked", async function () {
      const driver = await world.addDriver();
      const order = await withdrawalOf(driver, driver);
      const { erc20 } = world.chain.contracts;
      const before = await erc20.balanceOf(recipient);
      expect((await send("/v1/driver-orders", order)).status).to.equal(200);
      expect(codeOf(await send("/v1/driver-orders", order))).to.equal("ORDER_REFUSED");
      expect((await erc20.balanceOf(recipient)) - before).to.equal(1_000_000n);
    });
  });

  describe("watching and stopping a session", function () {
    it("sends the whole state, and after a lost connection what is new since then", async function () {
      const driver = await world.addDriver();
      const terms = await termsFor(driver);
      await send("/v1/openings", openingOf(terms, driver));
      await world.running.service.synchronise();
      const sessionId = idOf(terms);
      await world.step(sessionId, "B", 0n, 0);
      const [first] = await readEvents(`${world.url}/v1/sessions/${sessionId}/events`, 1);
      expect(first?.data).to.have.nested.property("session.state", "charging");
      expect(first?.data).to.have.property("readings").with.lengthOf(1);

      await world.step(sessionId, "C", 1_500_000n, 60);
      const [next] = await readEvents(`${world.url}/v1/sessions/${sessionId}/events`, 1, first?.id);
      expect(next?.data).to.have.property("readings").with.lengthOf(1);
      expect(next?.data).to.have.nested.property("readings[0].energyMicroWh", "1500000");

      const [all] = await readEvents(`${world.url}/v1/sessions/${sessionId}/events`, 1, "nonsense");
      expect(all?.data).to.have.property("readings").with.lengthOf(2);
    });

    it("refuses an id that is none, and a session that nobody opened", async function () {
      expect(codeOf(await get(world.url, "/v1/sessions/0x12/events"))).to.equal("QUERY_INVALID");
      expect(codeOf(await get(world.url, `/v1/sessions/0x${"00".repeat(32)}/events`))).to.equal("SESSION_UNKNOWN");
    });

    it("stops for the driver of the session alone", async function () {
      const [driver, other] = [await world.addDriver(), await world.addDriver()];
      const terms = await termsFor(driver);
      await send("/v1/openings", openingOf(terms, driver));
      await world.running.service.synchronise();
      const sessionId = idOf(terms);
      const path = `/v1/sessions/${sessionId}/stop`;
      const signedBy = ({ privateKey }: TestDriver): unknown => ({
        signature: new Wallet(privateKey).signingKey.sign(stopDigestOf(sessionId, 31_337)).serialized,
      });
      expect(codeOf(await send(path, {}))).to.equal("ENVELOPE_INVALID");
      expect(codeOf(await send(path, signedBy(other)))).to.equal("STOP_UNAUTHENTICATED");
      expect(stopped).to.deep.equal([]);
      expect((await send(path, signedBy(driver))).status).to.equal(202);
      expect(stopped).to.deep.equal([sessionId]);
    });
  });
});

const refusalSchema = z.object({ error: z.object({ detail: z.string() }) });

function detailOf({ body }: Answer): unknown {
  return refusalSchema.parse(body).error.detail;
}

function sessionOf(body: unknown): unknown {
  return typeof body === "object" && body !== null && "sessionId" in body ? body.sessionId : undefined;
}

/** What goes over the wire, which fetch does not tell. */
function gzippedBytes(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    httpGet(url, { headers: { "accept-encoding": "gzip" } }, (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => (bytes += chunk.length));
      response.on("end", () => {
        resolve(bytes);
      });
    }).on("error", reject);
  });
}

/** The first events of a stream, then the connection is dropped. */
async function readEvents(
  url: string,
  count: number,
  lastEventId?: string,
): Promise<readonly { readonly id: string; readonly data: unknown }[]> {
  const drop = new AbortController();
  const headers: Record<string, string> = {
    authorization: `Bearer ${operatorKey}`,
    ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
  };
  const response = await fetch(url, { headers, signal: drop.signal });
  expect(response.headers.get("content-type")).to.equal("text/event-stream; charset=utf-8");
  let text = "";
  const events: { id: string; data: unknown }[] = [];
  try {
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString("utf8");
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const id = /^id: (.*)$/m.exec(block)?.[1];
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (id !== undefined && data !== undefined) events.push({ id, data: JSON.parse(data) });
      }
      if (events.length >= count) return events;
    }
  } finally {
    drop.abort();
  }
  return events;
}
