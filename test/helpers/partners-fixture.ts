import { ethers, networkHelpers } from "./chain.ts";
import {
  EPOCH_SECONDS,
  fundedSettlement,
  settleBatch,
  type SettlementFixture,
  settlementGroup,
  type Signer,
  termsOf,
} from "./settlement-fixture.ts";

/** The agreement that the fixture's partners have signed. */
export const AGREEMENT = 1n;
/** Of site host, roaming provider and grid company; what they leave is the operator's: 61.67 %. */
export const SHARES_BPS = [2_500n, 1_000n, 333n] as const;
const FIRST_PARTNER = 12;

export interface PartnersFixture extends SettlementFixture {
  readonly partners: readonly [host: Signer, roaming: Signer, grid: Signer];
}

/** The operator shares with three partners, who have all signed. */
export async function partneredSettlement(): Promise<PartnersFixture> {
  const fixture = await fundedSettlement();
  const { partnerAgreements, operator } = fixture;
  const [host, roaming, grid] = (await ethers.getSigners()).slice(FIRST_PARTNER);
  if (!host || !roaming || !grid) throw new Error("The simulated chain has too few accounts");
  const partners = [host, roaming, grid] as const;
  const shares = partners.map(({ address }, index) => ({ partner: address, shareBps: SHARES_BPS[index] ?? 0n }));
  await partnerAgreements.connect(operator).propose(shares);
  for (const partner of partners) await partnerAgreements.connect(partner).sign(AGREEMENT);
  return { ...fixture, partners };
}

/** The same, and a session under the agreement has been settled for USUAL_PRICE, which is final. */
export async function sharedCredit(): Promise<PartnersFixture> {
  const fixture = await partneredSettlement();
  const terms = termsOf(fixture, { agreement: AGREEMENT });
  await fixture.settlement.connect(fixture.driver).open(terms);
  await settleBatch(fixture, [settlementGroup(terms)]);
  await passEpochs();
  return fixture;
}

/** Until what was credited provisionally is final. */
export async function passEpochs(): Promise<void> {
  await networkHelpers.time.increase(2n * EPOCH_SECONDS);
}
