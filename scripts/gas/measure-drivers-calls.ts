import { topUpTypes, withdrawalTypes } from "../../services/domain/driver-orders.ts";
import { sessionIdOf, settlementDomainOf, termsTypes } from "../../services/domain/terms.ts";
import { type BenchSessions, SESSION_SECONDS } from "./bench-sessions.ts";
import { type BenchWorld, receiptOf, UNIT } from "./bench-world.ts";
import type { GasRows } from "./gas-rows.ts";

/** What a driver does alone, or has somebody else send. */
export async function measureDriversCalls({
  world,
  sessions,
  gas,
}: {
  readonly world: BenchWorld;
  readonly sessions: BenchSessions;
  readonly gas: GasRows;
}): Promise<void> {
  const { settlement, operator } = world;
  const typedDomain = settlementDomainOf(world.domain);

  const own = await sessions.planSession(0);
  const driver = await world.sending(own.driver);
  gas.add("open", 1, await receiptOf(settlement.connect(driver).open(own.terms)));
  const opening = await sessions.openingOf(own);
  gas.add("topUp", 1, await receiptOf(settlement.connect(driver).topUp(own.terms, opening, 0n, UNIT)));
  const topUp = { sessionId: sessionIdOf(own.terms, world.domain), toppedUpMicro: UNIT, amountMicro: UNIT };
  const topUpSignature = await driver.signTypedData(typedDomain, topUpTypes, topUp);
  gas.add("topUpSigned", 1, await receiptOf(settlement.topUpSigned(own.terms, opening, UNIT, UNIT, topUpSignature)));
  await world.pass(SESSION_SECONDS + 1);
  gas.add("expire", 1, await receiptOf(settlement.expire(own.terms, opening, 2n * UNIT)));

  const relayed = await sessions.planSession(1);
  const signature = await relayed.driver.signTypedData(typedDomain, termsTypes, relayed.terms);
  gas.add("openSigned", 1, await receiptOf(settlement.openSigned(relayed.terms, signature)));

  gas.add("deposit", 1, await receiptOf(settlement.deposit(driver, 0, UNIT)));
  gas.add("withdraw", 1, await receiptOf(settlement.connect(driver).withdraw(0, UNIT, operator)));
  const withdrawal = {
    driver: driver.address,
    lane: 0,
    nonce: (await settlement.accountOf(driver, 0)).nonce,
    amount: UNIT,
    recipient: operator.address,
    deadline: (await world.now()) + SESSION_SECONDS,
  };
  const order = await driver.signTypedData(typedDomain, withdrawalTypes, withdrawal);
  gas.add("withdrawSigned", 1, await receiptOf(settlement.withdrawSigned(withdrawal, order)));
  gas.add("advanceNonce", 1, await receiptOf(settlement.connect(driver).advanceNonce(0)));
}
