import { p256 } from "@noble/curves/nist.js";
import { x402Client } from "@x402/core/client";
import {
  decodePaymentRequiredHeader,
  decodePaymentResponseHeader,
  encodePaymentSignatureHeader,
} from "@x402/core/http";
import { validatePaymentRequired } from "@x402/core/schemas";
import { expect } from "chai";
import { getBytes, hexlify, Wallet } from "ethers";

import { createMeteredScheme, MeteredPaymentError, type MeteredPayer } from "../../packages/client/src/metered.ts";
import { priceOf } from "../../services/domain/tariff.ts";
import type { VehicleConsent } from "../../services/domain/vehicle-consent.ts";
import { createFleet, type Fleet } from "../helpers/fleet.ts";
import { codeOf, type Answer } from "../helpers/running-service.ts";
import { testTariff } from "../helpers/service-chain.ts";
import { startWebWorld, type WebWorld } from "../helpers/web-world.ts";

const kwh = 1_000_000_000n;
type Payment = Parameters<typeof encodePaymentSignatureHeader>[0];

describe("A machine that pays at a charger (x402, scheme metered)", function () {
  // The key of a vehicle's contract, as ISO 15118 has it.
  const vehicleKey = p256.utils.randomSecretKey();
  const point = hexlify(p256.getPublicKey(vehicleKey, false).slice(1));
  const signAsVehicle = (sessionId: string): string =>
    hexlify(p256.sign(getBytes(sessionId), vehicleKey, { prehash: false, lowS: false }));
  let world: WebWorld;
  let fleet: Fleet;
  let consent: VehicleConsent;

  before(async function () {
    world = await startWebWorld();
    fleet = await createFleet(world.chain);
  });
  beforeEach(async function () {
    consent = await fleet.consent({ vehicleKey: point, sessionCapMicro: 20_000_000n, periodCapMicro: 30_000_000n });
  });
  after(async function () {
    await world.close();
  });

  function payerOf(changes: Partial<MeteredPayer> = {}): MeteredPayer {
    const { chainId, contracts } = world.chain.deployment;
    return {
      domain: { chainId, verifyingContract: contracts.chargingSettlement },
      chain: world.chain.rpcUrl,
      ...{ driver: consent.driver, lane: consent.lane, consent, sign: signAsVehicle },
      ...{ mostHoldMicro: 20_000_000n, mostNanoPerKwh: testTariff.priceNanoPerKwh, sessionSeconds: 86_400 },
      ...changes,
    };
  }

  const urlOf = (query = ""): string => `${world.url}/v1/evses/${world.point.evse}${query}`;

  /** What x402's own client makes of what the service asks for. */
  async function payFor(query = "", changes: Partial<MeteredPayer> = {}): Promise<Payment> {
    const asked = decodePaymentRequiredHeader((await fetch(urlOf(query))).headers.get("PAYMENT-REQUIRED") ?? "");
    // The library pays in tokens alone that it is told of; the most that may be held is the scheme's to keep to.
    const client = new x402Client()
      .register("eip155:31337", createMeteredScheme(payerOf(changes)))
      .setSpendControls({ allowedAssets: true });
    return client.createPaymentPayload(asked);
  }

  async function send(payment: Payment): Promise<Answer & { readonly settled: unknown }> {
    const response = await fetch(urlOf(), { headers: { "payment-signature": encodePaymentSignatureHeader(payment) } });
    const header = response.headers.get("PAYMENT-RESPONSE");
    const settled = header === null ? null : decodePaymentResponseHeader(header);
    return { status: response.status, body: await response.json(), settled };
  }

  /** The payment with something else in its terms; the vehicle has signed what it was. */
  function changed(payment: Payment, changes: object): Payment {
    const terms = { ...(payment.payload["terms"] as object), ...changes };
    return { ...payment, payload: { ...payment.payload, terms } };
  }

  async function refusalOf(payment: Payment): Promise<unknown[]> {
    const answer = await send(payment);
    const { error } = answer.body as { error: { detail: string } };
    return [answer.status, codeOf(answer), error.detail];
  }

  it("is asked, as x402's own library reads it, for the price of what it wants to charge", async function () {
    const answer = await fetch(urlOf("?energyWh=20000"));
    const asked = decodePaymentRequiredHeader(answer.headers.get("PAYMENT-REQUIRED") ?? "");
    expect([answer.status, await answer.json()]).to.deep.equal([402, asked]);
    validatePaymentRequired(asked);
    const { grossMicro } = priceOf(testTariff, 20n * kwh, 0, 0);
    expect(asked.accepts.map(({ scheme, amount, payTo }) => [scheme, amount, payTo])).to.deep.equal([
      ["metered", String(grossMicro), world.chain.operator],
    ]);
    for (const query of ["?energyWh=0", "?energyWh=1000001", "?energyWh=x", "?price=1"]) {
      expect(codeOf({ status: 0, body: await (await fetch(urlOf(query))).json() })).to.equal("QUERY_INVALID");
    }
    const unknown = await fetch(`${world.url}/v1/evses/4711`);
    expect([unknown.status, codeOf({ status: 0, body: await unknown.json() })]).to.deep.equal([422, "EVSE_NOT_SERVED"]);
  });

  it("pays by the key of its contract, without a person, exactly what the meter signs", async function () {
    const creditBefore = await world.chain.readCredit();
    const payment = await payFor("?energyWh=20000");

    const answer = await send(payment);

    const { sessionId } = answer.body as { sessionId: string };
    expect([answer.status, answer.settled]).to.deep.equal([
      200,
      {
        ...{ success: true, payer: consent.driver, network: "eip155:31337" },
        transaction: (answer.body as { txHash: string }).txHash,
      },
    ]);
    const again = await send(payment);
    expect([again.status, again.body]).to.deep.equal([200, { sessionId, status: "open", txHash: null }]);
    await world.running.service.synchronise();
    await world.step(sessionId, "B", 0n, 0);
    await world.step(sessionId, "E", 3n * kwh, 1_800);
    await settled(sessionId);
    const { grossMicro } = priceOf(testTariff, 3n * kwh, 1_800, 1_800);
    const { freeMicro } = await world.chain.contracts.chargingSettlement.accountOf(consent.driver, consent.lane);
    expect([(await world.chain.readCredit()) - creditBefore, freeMicro]).to.deep.equal([
      grossMicro,
      50_000_000n - grossMicro,
    ]);
  });

  it("pays by the driver's own key where that signs", async function () {
    const driver = await world.addDriver({ depositMicro: 20_000_000n });
    const key = new Wallet(driver.privateKey).signingKey;
    const sign = (sessionId: string): string => key.sign(sessionId).serialized;

    const answer = await send(await payFor("", { driver: driver.address, lane: 0, consent: null, sign }));

    expect([answer.status, (answer.body as { status: string }).status]).to.deep.equal([200, "open"]);
  });

  it("is refused what is no payment, or one for something else, and nothing opens", async function () {
    const payment = await payFor();
    const nothing = await fetch(urlOf(), { headers: { "payment-signature": "e30=" } });
    expect([nothing.status, codeOf({ status: 0, body: await nothing.json() })]).to.deep.equal([400, "PAYMENT_INVALID"]);
    const { accepted } = payment;
    const other = "0x1111111111111111111111111111111111111111";
    const cases: readonly (readonly [Payment, string])[] = [
      [{ ...payment, accepted: { ...accepted, scheme: "exact" } }, "accepted.scheme"],
      [{ ...payment, accepted: { ...accepted, network: "eip155:1" } }, "accepted.network"],
      [{ ...payment, accepted: { ...accepted, asset: other } }, "accepted.asset"],
      [{ ...payment, accepted: { ...accepted, payTo: other } }, "payTo"],
      [{ ...payment, accepted: { ...accepted, amount: "1" } }, "payload.terms.holdMicro is not the amount"],
      [changed(payment, { operator: other }), "payTo"],
      [changed(payment, { tariffId: `0x${"11".repeat(32)}` }), "payload.terms.tariffId is not offered here"],
      [changed(payment, { evse: 4_711 }), "payload.terms.evse"],
      [changed(payment, { meter: 4_711 }), "payload.terms.meter"],
      [changed(payment, { maximumPowerW: 1 }), "payload.terms.maximumPowerW"],
      [changed(payment, { agreement: 9 }), "payload.terms.agreement"],
    ];
    for (const [wrong, detail] of cases) {
      expect(await refusalOf(wrong)).to.deep.equal([400, "PAYMENT_INVALID", detail]);
    }
    const { nonce } = await world.chain.contracts.chargingSettlement.accountOf(consent.driver, consent.lane);
    expect(nonce).to.equal(0n);
  });

  it("is refused what its key did not sign, and what its driver does not consent to", async function () {
    const payment = await payFor();
    const expiresAt = (payment.payload["terms"] as { expiresAt: number }).expiresAt - 1;
    expect(await refusalOf(changed(payment, { expiresAt }))).to.deep.equal([
      ...[422, "OPENING_REFUSED", "VEHICLE_SIGNATURE_INVALID"],
    ]);
    const tooMuch = await payFor("?energyWh=100000", { mostHoldMicro: 1_000_000_000n });
    expect(await refusalOf(tooMuch)).to.deep.equal([422, "OPENING_REFUSED", "HOLD_ABOVE_SESSION_CAP"]);
    await fleet.revoke(consent);
    expect(await refusalOf(payment)).to.deep.equal([422, "OPENING_REFUSED", "CONSENT_REVOKED"]);
  });

  it("does not pay more than it may, for another contract, or by a tariff with another id", async function () {
    const asked = decodePaymentRequiredHeader((await fetch(urlOf())).headers.get("PAYMENT-REQUIRED") ?? "");
    const [first] = asked.accepts;
    if (first === undefined) throw new Error("Nothing is asked for.");
    const pay = (changes: Partial<MeteredPayer>, requirement: object = first): Promise<string> =>
      createMeteredScheme(payerOf(changes))
        .createPaymentPayload(2, requirement)
        .then(
          () => "paid",
          (error: unknown) => (error instanceof MeteredPaymentError ? error.message : String(error)),
        );
    const { chargingSettlement } = world.chain.deployment.contracts;
    const tariff = { ...(first.extra["tariff"] as object), energyTaxBps: 1 };
    expect([
      await pay({}),
      await pay({ mostHoldMicro: 1n }),
      await pay({ mostNanoPerKwh: testTariff.priceNanoPerKwh - 1n }),
      await pay({ domain: { chainId: 1, verifyingContract: chargingSettlement } }),
      await pay({ domain: { chainId: 31_337, verifyingContract: world.chain.operator } }),
      await pay({}, { ...first, extra: { ...first.extra, tariff } }),
      await pay({}, { ...first, scheme: "exact" }),
    ]).to.deep.equal([
      "paid",
      "More would be held than may be.",
      "Energy costs too much.",
      "It is for another chain or contract.",
      "It is for another chain or contract.",
      "The tariff has another id.",
      "What is asked for is not of the scheme.",
    ]);
  });

  async function settled(sessionId: string): Promise<void> {
    for (let look = 0; look < 100; look += 1) {
      await world.running.service.synchronise();
      const session = await world.running.service.store.findSession(sessionId);
      if (session?.state.status === "settled") return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error("It was not settled.");
  }
});
