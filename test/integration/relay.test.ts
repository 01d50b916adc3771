import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { Wallet, type BaseWallet } from "ethers";

import { readContractInterfaces } from "../../services/chain/contracts.ts";
import { topUpTypes, withdrawalTypes } from "../../services/domain/driver-orders.ts";
import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { sessionIdOf, settlementDomainOf, type SessionTerms } from "../../services/domain/terms.ts";
import { connectCharger } from "../helpers/charger.ts";
import { registerStation } from "../helpers/ocpp-service.ts";
import { addPasskeyDriver } from "../helpers/passkey-driver.ts";
import { codeOf, get, type Answer } from "../helpers/running-service.ts";
import { becomesTrue } from "../helpers/silent-sockets.ts";
import { testMaximumPowerW, testTariff } from "../helpers/service-chain.ts";
import { startWebWorld, type TestDriver, type WebWorld } from "../helpers/web-world.ts";

const muchWei = "0x3635c9adc5dea00000";

describe("What the service spends for others", function () {
  let world: WebWorld;
  let relayer: BaseWallet;

  async function start(settings: Readonly<Record<string, string>> = {}, balanceWei = muchWei): Promise<void> {
    relayer = Wallet.createRandom();
    world = await startWebWorld({}, {}, { WATTPROOF_RELAYER_PRIVATE_KEY: relayer.privateKey, ...settings });
    await world.chain.request("hardhat_setBalance", [relayer.address, balanceWei]);
  }
  afterEach(async function () {
    await world.chain.request("evm_setAutomine", [true]);
    await world.close();
  });

  async function send(path: string, content: unknown): Promise<Answer & { readonly location: string | null }> {
    const response = await fetch(`${world.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(content, (_name, value: unknown) => (typeof value === "bigint" ? value.toString() : value)),
    });
    return { status: response.status, body: await response.json(), location: response.headers.get("location") };
  }

  async function isLive(terms: SessionTerms): Promise<boolean> {
    const opening = await world.chain.openingOf(sessionIdOf(terms, domain()));
    return world.chain.contracts.chargingSettlement.isLive(terms, opening, 0n);
  }

  async function termsFor(driver: TestDriver, changes: Partial<SessionTerms> = {}): Promise<SessionTerms> {
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
      expiresAt: (await world.chain.headSeconds()) + 86_400,
      ...changes,
    };
  }

  function domain() {
    const { chainId, contracts } = world.chain.deployment;
    return { chainId, verifyingContract: contracts.chargingSettlement };
  }

  async function open(driver: TestDriver, changes: Partial<SessionTerms> = {}) {
    const terms = await termsFor(driver, changes);
    const signature = new Wallet(driver.privateKey).signingKey.sign(sessionIdOf(terms, domain())).serialized;
    return { terms, ...(await send("/v1/openings", { kind: "signed-terms", terms, signature })) };
  }

  async function spentWei(): Promise<bigint> {
    return BigInt(muchWei) - BigInt(String(await world.chain.request("eth_getBalance", [relayer.address, "latest"])));
  }

  async function metric(line: string): Promise<number> {
    const { body } = await get(world.url, "/metrics");
    const found = String(body)
      .split("\n")
      .find((text) => text.startsWith(`${line} `));
    return Number(found?.slice(line.length + 1));
  }

  const alerts = (alert: string): Promise<number> => metric(`wattproof_alerts_total{alert="${alert}"}`);

  /** Looks until the call is what is expected; the relay goes on by itself. */
  async function untilStatus(location: string | null, status: string): Promise<Record<string, unknown>> {
    for (let looks = 0; looks < 400; looks += 1) {
      const { body } = await get(world.url, location ?? "");
      const call = body as Record<string, unknown>;
      if (call["status"] === status) return call;
      await sleep(50);
    }
    expect.fail(`The call did not become ${status}.`);
  }

  it("refuses holds, top-ups and withdrawals that are not worth the gas, and pays none", async function () {
    await start({ WATTPROOF_RELAY_LEAST_HOLD_MICRO: "2000000" });
    const driver = await world.addDriver();
    const small = await open(driver, { holdMicro: 1_999_999n });
    expect([small.status, codeOf(small)]).to.deep.equal([422, "RELAY_AMOUNT_TOO_SMALL"]);
    const withdrawal = {
      ...{ driver: driver.address, lane: 0, nonce: 0, amount: 1_999_999n, recipient: driver.address },
      deadline: small.terms.expiresAt,
    };
    const signer = new Wallet(driver.privateKey);
    const signature = await signer.signTypedData(settlementDomainOf(domain()), withdrawalTypes, withdrawal);
    const withdrawn = await send("/v1/driver-orders", { kind: "withdrawal", withdrawal, signature });
    expect(codeOf(withdrawn)).to.equal("RELAY_AMOUNT_TOO_SMALL");
    expect(await spentWei()).to.equal(0n);

    const opened = await open(driver, { holdMicro: 2_000_000n });
    expect(opened.status).to.equal(201);
    const topUp = { sessionId: sessionIdOf(opened.terms, domain()), toppedUpMicro: 0n, amountMicro: 1n };
    const order = {
      ...{
        kind: "top-up",
        terms: opened.terms,
        opening: await world.chain.openingOf(topUp.sessionId),
        toppedUpMicro: 0n,
        amountMicro: 1n,
      },
      signature: await signer.signTypedData(settlementDomainOf(domain()), topUpTypes, topUp),
    };
    expect(codeOf(await send("/v1/driver-orders", order))).to.equal("RELAY_AMOUNT_TOO_SMALL");
  });

  it("has the charger show that somebody is paying once a driver's signature holds, and not because a stranger asks", async function () {
    await start();
    const point = await world.chain.addChargingPoint();
    await registerStation(world.running.service.store, "CS-21", { evses: [point.evse] });
    const charger = await connectCharger(world.url, "CS-21", "ocpp2.1");
    const shown = () => charger.taken.filter(({ action }) => action === "NotifyWebPaymentStarted");
    const driver = await world.addDriver();
    const place = { evse: point.evse, meter: point.meter };
    const terms = await termsFor(driver, place);
    const signature = Wallet.createRandom().signingKey.sign(sessionIdOf(terms, domain())).serialized;
    expect(codeOf(await send("/v1/openings", { kind: "signed-terms", terms, signature }))).to.equal("OPENING_REFUSED");
    const poor = await addPasskeyDriver({ ...world, point }, { walletMicro: 0n });
    const unpaid = await poor.batchOf(poor.openingCalls(await poor.termsOf()));
    expect(codeOf(await poor.send(unpaid))).to.equal("OPENING_REFUSED");

    const rich = await addPasskeyDriver({ ...world, point });
    expect((await rich.send(await rich.batchOf(rich.openingCalls(await rich.termsOf())))).status).to.equal(200);
    expect(await becomesTrue(() => shown().length === 1)).to.equal(true);
    expect((await open(driver, place)).status).to.equal(201);
    expect(await becomesTrue(() => shown().length === 2)).to.equal(true);
    expect(shown().map(({ payload }) => payload["evseId"])).to.deep.equal([1, 1]);
    await charger.close();
  });

  it("refuses a session that nobody would serve here, and pays no gas for it", async function () {
    await start();
    const driver = await world.addDriver();
    const elsewhere = await world.chain.addChargingPoint();
    for (const changes of [
      { evse: elsewhere.evse, meter: elsewhere.meter },
      { evse: 4_000_000_000 },
      { meter: elsewhere.meter },
      { maximumPowerW: testMaximumPowerW + 1 },
    ]) {
      const answer = await open(driver, changes);
      expect([answer.status, codeOf(answer)], JSON.stringify(changes)).to.deep.equal([422, "EVSE_NOT_SERVED"]);
    }
    expect(await spentWei()).to.equal(0n);
  });

  /** A withdrawal out of the account that has a session: 700,000 gas are set aside for it. */
  async function withdraw(driver: TestDriver): Promise<Answer> {
    const { nonce } = await world.chain.contracts.chargingSettlement.accountOf(driver.address, 0);
    const withdrawal = {
      ...{ driver: driver.address, lane: 0, nonce: Number(nonce), amount: 2_000_000n, recipient: driver.address },
      deadline: (await world.chain.headSeconds()) + 3_600,
    };
    const signer = new Wallet(driver.privateKey);
    const signature = await signer.signTypedData(settlementDomainOf(domain()), withdrawalTypes, withdrawal);
    return send("/v1/driver-orders", { kind: "withdrawal", withdrawal, signature });
  }

  it("pays so much gas for a driver in 24 hours, also after a restart, and others are none the worse", async function () {
    await start({ WATTPROOF_RELAY_DRIVER_GAS_PER_DAY: "720000" });
    const driver = await world.addDriver();
    expect((await open(driver)).status).to.equal(201);
    await world.running.service.synchronise();
    await world.stopService();
    await world.startService();
    const before = await spentWei();
    const refused = await withdraw(driver);
    expect([refused.status, codeOf(refused)]).to.deep.equal([429, "RELAY_BUDGET_EXCEEDED"]);
    expect(await spentWei()).to.equal(before);
    expect((await withdraw(await world.addDriver())).status).to.equal(200);
  });

  it("pays so much gas for what comes from one address, whoever signed it", async function () {
    await start({ WATTPROOF_RELAY_CLIENT_GAS_PER_DAY: "720000" });
    expect((await open(await world.addDriver())).status).to.equal(201);
    const refused = await withdraw(await world.addDriver());
    expect([refused.status, codeOf(refused)]).to.deep.equal([429, "RELAY_BUDGET_EXCEEDED"]);
    expect(await metric('wattproof_relay_refused_total{budget="client"}')).to.equal(1);
  });

  it("spends no more than a day's budget for all, and says so", async function () {
    await start({ WATTPROOF_RELAY_DAY_LIMIT_GWEI: "1" });
    const answer = await open(await world.addDriver());
    expect([answer.status, codeOf(answer)]).to.deep.equal([503, "RELAY_UNAVAILABLE"]);
    expect(await alerts("relay-budget-spent")).to.equal(1);
    expect(await metric('wattproof_relay_refused_total{budget="total"}')).to.equal(1);
    expect(await spentWei()).to.equal(0n);
  });

  it("says with its readiness, a metric and one alert that the account is empty", async function () {
    await start({}, "0x0");
    const answer = await open(await world.addDriver());
    expect([answer.status, codeOf(answer)]).to.deep.equal([503, "RELAY_UNAVAILABLE"]);
    await world.running.service.synchronise();
    const ready = await get(world.url, "/v1/ready");
    expect(ready.status).to.equal(503);
    expect(ready.body).to.have.nested.property("error.detail", "relayer: RELAYER_UNFUNDED");
    expect(await alerts("relayer-low")).to.equal(1);
    expect(await metric("wattproof_relayer_balance_gwei")).to.equal(0);

    await world.chain.request("hardhat_setBalance", [relayer.address, muchWei]);
    expect((await get(world.url, "/v1/ready")).status).to.equal(200);
    expect(await metric("wattproof_relayer_balance_gwei")).to.equal(1e12);
  });

  it("warns while the account still pays and is below the least balance", async function () {
    await start({ WATTPROOF_RELAY_LEAST_BALANCE_GWEI: "900000000000" }, `0x${(8n * 10n ** 20n).toString(16)}`);
    const ready = await get(world.url, "/v1/ready");
    expect(ready.status).to.equal(200);
    expect(ready.body).to.have.property("warnings").with.lengthOf(1);
  });

  it("carries stuck openings of several drivers over a restart to a higher fee, and tells each what became of it", async function () {
    await start({ WATTPROOF_TRANSACTION_STUCK_MS: "300", WATTPROOF_RELAY_WAIT_MS: "200" });
    const drivers = [await world.addDriver(), await world.addDriver()];
    await world.chain.request("evm_setAutomine", [false]);
    const [first, second] = [await open(drivers[0] as TestDriver), await open(drivers[1] as TestDriver)];
    expect([first.status, second.status]).to.deep.equal([202, 202]);
    // How far a call is when it is answered is the machine's affair.
    let nonces: readonly number[] = [];
    for (let looks = 0; looks < 400 && nonces.length < 2; looks += 1) {
      nonces = await world.running.service.store.listLiveRelayNonces();
      await sleep(50);
    }
    expect(nonces).to.deep.equal([0, 1]);

    await world.stopService();
    await world.startService();
    expect((await get(world.url, first.location ?? "")).body).to.deep.include({ status: "pending", code: null });
    const { store } = world.running.service;
    let isReplaced = false;
    for (let looks = 0; looks < 200 && !isReplaced; looks += 1) {
      await sleep(50);
      const jobs = await store.listOpenRelayJobs();
      const attempts = await Promise.all(jobs.map(({ jobId }) => store.listRelayTransactions(jobId)));
      isReplaced = attempts.every((list) => list.length > 1);
    }
    expect(isReplaced, "Both are replaced at a higher fee.").to.equal(true);
    await world.chain.request("evm_mine");
    for (const { location, terms } of [first, second]) {
      const call = await untilStatus(location, "confirmed");
      expect(call).to.deep.include({ kind: "opening", code: null });
      const receipt = await world.chain.request("eth_getTransactionReceipt", [call["txHash"]]);
      expect(receipt).to.have.property("status", "0x1");
      expect(await isLive(terms)).to.equal(true);
    }
  });

  it("takes another nonce where somebody else used its own, and loses nobody's opening", async function () {
    await start({ WATTPROOF_RELAY_WAIT_MS: "200" });
    const driver = await world.addDriver();
    await world.chain.request("evm_setAutomine", [false]);
    const answer = await open(driver);
    expect(answer.status).to.equal(202);
    const raw = await relayer.signTransaction({
      ...{ type: 2, chainId: 31_337, nonce: 0, to: driver.address, gasLimit: 30_000 },
      ...{ maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 11n },
    });
    await world.chain.request("eth_sendRawTransaction", [raw]);
    await world.chain.request("evm_mine");
    await world.chain.request("evm_setAutomine", [true]);
    await untilStatus(answer.location, "confirmed");
    expect(await isLive(answer.terms)).to.equal(true);
    expect(await alerts("nonce-taken")).to.equal(1);
  });

  it("counts what the chain did not do against the driver's budget, and says why it was not done", async function () {
    await start({ WATTPROOF_RELAY_WAIT_MS: "200" });
    const driver = await world.addDriver();
    await world.chain.request("evm_setAutomine", [false]);
    const answer = await open(driver);
    expect(answer.status).to.equal(202);
    const { settlement } = readContractInterfaces();
    // The driver makes the terms void, in the same block and before them.
    const raw = await new Wallet(driver.privateKey).signTransaction({
      ...{ type: 2, chainId: 31_337, nonce: 0, to: domain().verifyingContract, gasLimit: 100_000 },
      data: settlement.encodeFunctionData("advanceNonce", [0]),
      ...{ maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 11n },
    });
    await world.chain.request("eth_sendRawTransaction", [raw]);
    await world.chain.request("evm_mine");
    const call = await untilStatus(answer.location, "failed");
    expect(call).to.have.property("code", "NONCE_MISMATCH");
    expect(await spentWei()).to.be.greaterThan(0n);
    expect(await world.running.service.store.readRelaySpendingGwei(0)).to.be.greaterThan(0);
  });

  it("takes one order of an account at a time, and the same one as often as it is asked", async function () {
    await start({ WATTPROOF_RELAY_WAIT_MS: "200" });
    const driver = await world.addDriver();
    await world.chain.request("evm_setAutomine", [false]);
    const expiresAt = (await world.chain.headSeconds()) + 86_400;
    const first = await open(driver, { expiresAt });
    const again = await open(driver, { expiresAt });
    expect([again.status, again.location]).to.deep.equal([202, first.location]);
    const other = await open(driver, { expiresAt: expiresAt - 1 });
    expect([other.status, codeOf(other)]).to.deep.equal([409, "RELAY_CALL_PENDING"]);
    expect(await world.running.service.store.countPendingCalls()).to.equal(1);
  });

  it("knows nothing of a call that nobody asked for", async function () {
    await start();
    expect(codeOf(await get(world.url, `/v1/relayed-calls/${"0".repeat(64)}`))).to.equal("RELAY_CALL_UNKNOWN");
    expect(codeOf(await get(world.url, "/v1/relayed-calls/0x12"))).to.equal("QUERY_INVALID");
  });
});
