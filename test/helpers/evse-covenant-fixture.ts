import type { EvseCovenant } from "../../types/index.ts";
import { settledAs, claimIn } from "./challenge-fixture.ts";
import { ethers, networkHelpers } from "./chain.ts";
import { meteredSessions, type MeterSettlementFixture } from "./meter-settlement-fixture.ts";
import { AGREEMENT, issue, type SharesFixture, withShare } from "./revenue-share-fixture.ts";
import type { LiveTerms, Metering, Terms } from "./session-terms.ts";
import {
  afterCharge,
  CHALLENGE_WINDOW_SECONDS,
  DAY,
  MAXIMUM_SESSION_SECONDS,
  openedAs,
  termsOf,
  USUAL,
} from "./settlement-fixture.ts";

/** As in CovenantStatus of IEvseCovenant.sol. */
export const CovenantStatus = { None: 0n, Active: 1n, Kept: 2n, Broken: 3n } as const;

export const COVENANT_BOND = 10_000_009n;
/** A tenth, rounded down. */
export const COVENANT_REWARD = 1_000_000n;
export const PLEDGED_SECONDS = 30n * DAY;
export const PROOF_SECONDS = MAXIMUM_SESSION_SECONDS + CHALLENGE_WINDOW_SECONDS;

/** What is pledged, field by field as in CovenantTerms of IEvseCovenant.sol. */
export interface CovenantTerms {
  readonly share: string;
  readonly endsAt: bigint;
  readonly bondMicro: bigint;
  readonly evses: bigint[];
}

export type CovenantFixture = MeterSettlementFixture &
  SharesFixture & {
    readonly covenants: EvseCovenant;
    /** The usual terms: EVSEs 1 and 2, thirty days. */
    readonly pledged: CovenantTerms;
  };

/** The contract beside a share that is for sale and has joined its agreement; the operator has allowed the contract to take its tokens. */
export async function deployedCovenants(): Promise<CovenantFixture> {
  const fixture = await withShare(await meteredSessions());
  const { shares, share, erc20, operator } = fixture;
  await share.connect(operator).join(AGREEMENT);
  const covenants = await ethers.deployContract("EvseCovenant", [shares]);
  await erc20.mint(operator.address, 10n * COVENANT_BOND);
  await erc20.connect(operator).approve(covenants, 10n * COVENANT_BOND);
  const now = BigInt(await networkHelpers.time.latest());
  return {
    ...fixture,
    covenants: await ethers.getContractAt("EvseCovenant", await covenants.getAddress()),
    pledged: {
      share: await share.getAddress(),
      endsAt: now + PLEDGED_SECONDS,
      bondMicro: COVENANT_BOND,
      evses: [1n, 2n],
    },
  };
}

/** The share is issued, the covenant pledged, and the driver has no live session. */
export async function pledgedCovenant(): Promise<CovenantFixture> {
  const fixture = await deployedCovenants();
  const { settlement, operator, covenants, pledged, terms, otherTerms } = fixture;
  await issue(fixture);
  await covenants.connect(operator).pledge(pledged);
  for (const session of [terms, otherTerms]) await settlement.connect(operator).release(session, session.opening, 0);
  return fixture;
}

/** A session of the driver at EVSE 2 that opens now, under no agreement unless told otherwise; its charge can be over. */
export async function sessionNow(fixture: CovenantFixture, changes: Partial<Terms> = {}): Promise<LiveTerms> {
  const { settlement, driver } = fixture;
  const lane = changes.lane ?? 0n;
  const { nonce } = await settlement.accountOf(driver.address, lane);
  const expiresAt = BigInt(await networkHelpers.time.latest()) + DAY;
  const usual = termsOf(fixture, { evse: 2n, meter: 2n, nonce, expiresAt });
  const session = await openedAs(fixture, driver, { ...usual, ...changes });
  await afterCharge();
  return session;
}

/** A session as before that a quorum settled alone, and the claim by which anybody shows it. */
export async function settledNow(fixture: CovenantFixture, changes: Partial<Terms> = {}, metering: Metering = USUAL) {
  const session = await sessionNow(fixture, changes);
  return { session, claim: claimIn(fixture, await settledAs(fixture, session, metering), session) };
}
