import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { Wallet } from "ethers";

import { userPresent, userVerified } from "../../scripts/gas/software-passkey.ts";
import { readContractInterfaces } from "../../services/chain/contracts.ts";
import { sessionIdOf, type SessionTerms } from "../../services/domain/terms.ts";
import { dataConsentsAt } from "../helpers/data-consents.ts";
import { addPasskeyDriver, type PasskeyDriver } from "../helpers/passkey-driver.ts";
import { codeOf, get, type Answer } from "../helpers/running-service.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

describe("What a passkey has signed", function () {
  let world: WebWorld;
  let driver: PasskeyDriver;

  before(async function () {
    world = await startWebWorld({}, { hasMarket: true });
  });
  beforeEach(async function () {
    driver = await addPasskeyDriver(world);
  });
  afterEach(async function () {
    await world.chain.request("evm_setAutomine", [true]);
  });
  after(async function () {
    await world.close();
  });

  const problemOf = (answer: Answer): unknown[] => [
    answer.status,
    codeOf(answer),
    (answer.body as { error?: { detail?: string } }).error?.detail,
  ];

  async function isLive(terms: SessionTerms): Promise<boolean> {
    const opening = await world.chain.openingOf(sessionIdOf(terms, domain()));
    return world.chain.contracts.chargingSettlement.isLive(terms, opening, 0n);
  }

  function domain() {
    const { chainId, contracts } = world.chain.deployment;
    return { chainId, verifyingContract: contracts.chargingSettlement };
  }

  async function codeAt(account: string): Promise<unknown> {
    return world.chain.request("eth_getCode", [account, "latest"]);
  }

  it("is refused where it is no answer to this challenge, of this page, by a verified user, and no gas is spent", async function () {
    const terms = await driver.termsOf();
    const batch = await driver.batchOf(driver.openingCalls(terms));
    const other = await driver.batchOf([driver.call("transfer", [driver.account, 9_000_000n])]);
    const balance = await world.chain.request("eth_getBalance", [world.relayer, "latest"]);

    for (const [fault, assertion] of [
      ["type", driver.assert(batch, { type: "webauthn.create" })],
      ["challenge", driver.assert(other)],
      ["origin", driver.assert(batch, { origin: "https://thief.example" })],
      ["rpId", driver.assert(batch, { rpId: "thief.example" })],
      ["user-absent", driver.assert(batch, { flags: userVerified })],
      ["user-unverified", driver.assert(batch, { flags: userPresent })],
      ["s-high", driver.assert(batch, { isHigh: true })],
    ] as const) {
      const answer = await driver.send(batch, assertion);
      expect(problemOf(answer)).to.deep.equal([422, "PASSKEY_ASSERTION_INVALID", fault]);
    }
    const offCurve = await driver.send(batch, undefined, {
      point: { x: `0x${"1".repeat(64)}`, y: `0x${"2".repeat(64)}` },
    });
    expect(problemOf(offCurve)).to.deep.equal([422, "PASSKEY_ASSERTION_INVALID", "point"]);
    const stranger = await addPasskeyDriver(world, { walletMicro: 0n });
    const forged = { ...stranger.assert(batch), clientDataJson: driver.assert(batch).clientDataJson };
    expect(problemOf(await driver.send(batch, forged))).to.deep.equal([422, "OPENING_REFUSED", "ASSERTION_INVALID"]);
    expect(await world.chain.request("eth_getBalance", [world.relayer, "latest"])).to.equal(balance);
  });

  it("is refused where it is of another form, or calls what the service pays no gas for", async function () {
    const terms = await driver.termsOf();
    const good = await driver.batchOf(driver.openingCalls(terms));
    for (const changes of [{ batch: { ...good, calls: [] } }, { recovery: "0x12" }, { point: {} }, { extra: 1 }]) {
      const answer = await driver.send(good, undefined, changes);
      expect([answer.status, codeOf(answer)]).to.deep.equal([400, "ENVELOPE_INVALID"]);
    }
    const [approve, deposit, open] = driver.openingCalls(terms);
    const thief = Wallet.createRandom().address;
    const { settlement } = readContractInterfaces();
    const refund = settlement.encodeFunctionData("refund", [terms, 1n]);
    for (const calls of [
      [{ target: thief, value: 0n, callData: "0x" }],
      [{ ...approve, value: 1n }],
      [driver.call("approve", [thief, 5_000_000n])],
      [{ target: world.chain.deployment.contracts.chargingSettlement, value: 0n, callData: refund }],
      [{ target: driver.account, value: 0n, callData: "0x1234" }],
      [approve, deposit, open, open],
    ]) {
      const batch = await driver.batchOf(calls as typeof good.calls);
      const answer = await driver.send(batch);
      expect([answer.status, codeOf(answer)]).to.deep.equal([422, "PASSKEY_CALL_REFUSED"]);
    }
    expect(await codeAt(driver.account)).to.equal("0x");
  });

  it("lets data be used and takes that back, without moving money, and does nothing else with consents", async function () {
    const { dataConsents = "" } = world.chain.deployment.evidence ?? {};
    const consents = dataConsentsAt(dataConsents, world.chain.contracts.erc20.runner);
    const terms = { scopes: 1, until: 2n ** 40n - 1n, shareBps: 500, lane: 0, nonce: 0 };
    const consent = { driver: driver.account, grantee: world.chain.operator, ...terms };
    const callOf = (callData: string) => [{ target: dataConsents, value: 0n, callData }];
    const grant = await driver.batchOf(callOf(consents.interface.encodeFunctionData("grant", [consent])));
    expect((await driver.send(grant)).status).to.equal(200);
    expect(await consents.isGranted(driver.account, world.chain.operator, 1, 500)).to.equal(true);
    const nonce = 1;
    const revoke = callOf(consents.interface.encodeFunctionData("revoke", [world.chain.operator]));
    expect((await driver.send(await driver.batchOf(revoke, nonce))).status).to.equal(200);
    expect(await consents.isGranted(driver.account, world.chain.operator, 1, 500)).to.equal(false);
    const other = callOf(consents.interface.encodeFunctionData("revokeFor", [driver.account, driver.account, "0x"]));
    const answer = await driver.send(await driver.batchOf(other, nonce + 1));
    expect([answer.status, codeOf(answer)]).to.deep.equal([422, "PASSKEY_CALL_REFUSED"]);
  });

  it("opens nothing that a signed opening would not open either", async function () {
    for (const [changes, expected] of [
      [{ evse: 4_000_000_000 }, [422, "EVSE_NOT_SERVED"]],
      [{ tariffId: `0x${"12".repeat(32)}` }, [422, "TARIFF_NOT_ASSIGNED"]],
      [{ nonce: 1 }, [422, "OPENING_REFUSED"]],
      [{ holdMicro: 1n }, [422, "RELAY_AMOUNT_TOO_SMALL"]],
    ] as const) {
      const terms = await driver.termsOf(changes);
      const answer = await driver.send(await driver.batchOf(driver.openingCalls(terms)));
      expect([answer.status, codeOf(answer)], JSON.stringify(changes, String)).to.deep.equal(expected);
    }
  });

  it("creates its account, pays in and opens a session in one transaction; the same again joins it", async function () {
    const terms = await driver.termsOf();
    const batch = await driver.batchOf(driver.openingCalls(terms));
    const assertion = driver.assert(batch);
    expect(await codeAt(driver.account)).to.equal("0x");

    const answer = await driver.send(batch, assertion);

    const sessionId = sessionIdOf(terms, domain());
    expect(answer.status).to.equal(200);
    expect(answer.body).to.deep.include({ account: driver.account, status: "done", sessionId });
    expect([await isLive(terms), String(await codeAt(driver.account)).length]).to.deep.equal([true, 2 + 2 * 45]);
    const again = await driver.send(batch, assertion);
    expect([again.status, again.body]).to.deep.equal([
      200,
      { account: driver.account, status: "done", txHash: null, sessionId },
    ]);
  });

  it("pays out, and counts once", async function () {
    const terms = await driver.termsOf();
    await driver.send(await driver.batchOf(driver.openingCalls(terms)));
    const recipient = Wallet.createRandom().address;
    const batch = await driver.batchOf([driver.call("transfer", [recipient, 7_000_000n])], 1);

    const answer = await driver.send(batch);

    expect([answer.status, await world.chain.contracts.erc20.balanceOf(recipient)]).to.deep.equal([200, 7_000_000n]);
    const replayed = await driver.send(batch);
    expect(problemOf(replayed)).to.deep.equal([422, "ORDER_REFUSED", "NONCE_MISMATCH"]);
    expect(await world.chain.contracts.erc20.balanceOf(recipient)).to.equal(7_000_000n);
  });

  it("is carried on after a restart, and can be looked up", async function () {
    await world.stopService();
    await world.startService();
    const terms = await driver.termsOf();
    const batch = await driver.batchOf(driver.openingCalls(terms));
    await world.chain.request("evm_setAutomine", [false]);
    // The service ends before it answers.
    const sent = driver.send(batch).catch(() => undefined);
    const { store } = world.running.service;
    for (let looks = 0; looks < 200 && (await store.listLiveRelayNonces()).length === 0; looks += 1) await sleep(50);
    await world.stopService();
    await sent;
    await world.startService();
    await world.chain.request("evm_mine");
    await world.chain.request("evm_setAutomine", [true]);

    for (let looks = 0; looks < 200 && (await world.running.service.store.countPendingCalls()) > 0; looks += 1) {
      await sleep(50);
    }
    expect(await isLive(terms)).to.equal(true);
    const [job] = await world.running.service.store.listLiveRelayNonces();
    expect(job).to.equal(undefined);
  });

  it("is recovered through the service by another passkey, which the first can cancel", async function () {
    const second = await addPasskeyDriver(world);
    const first = await addPasskeyDriver(world, { recovery: second.account });
    const { passkeyAccount } = readContractInterfaces();
    const call = (name: string) => ({
      target: first.account,
      value: 0n,
      callData: passkeyAccount.encodeFunctionData(name, []),
    });
    // The account has to exist before anybody pays for its recovery.
    const early = await second.send(await second.batchOf([call("announceRecovery")]));
    expect(problemOf(early)).to.deep.equal([422, "ORDER_REFUSED", "TARGET_WITHOUT_CODE"]);
    await first.send(await first.batchOf(first.openingCalls(await first.termsOf())));

    const announced = await second.send(await second.batchOf([call("announceRecovery")]));
    expect(announced.status).to.equal(200);
    const cancelled = await first.send(await first.batchOf([call("cancelRecovery")], 1));
    expect(cancelled.status).to.equal(200);
    const thief = await addPasskeyDriver(world);
    const foreign = await thief.send(await thief.batchOf([call("announceRecovery")]));
    expect(problemOf(foreign)).to.deep.equal([422, "ORDER_REFUSED", "NOT_RECOVERY"]);
    const page = await get(world.url, "/configuration.json");
    expect(page.body).to.have.nested.property("passkeys.accounts", world.chain.deployment.ways?.passkeyAccounts);
  });
});
