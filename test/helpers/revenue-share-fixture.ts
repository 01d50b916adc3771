import type { RevenueShare, RevenueShares } from "../../types/index.ts";
import { ethers, networkHelpers } from "./chain.ts";
import { passEpochs } from "./partners-fixture.ts";
import {
  DAY,
  fundedSettlement,
  settleBatch,
  type SettlementFixture,
  settlementGroup,
  type Signer,
  termsOf,
  USUAL_PRICE,
} from "./settlement-fixture.ts";

/** As in SharePhase of IRevenueShare.sol. */
export const SharePhase = { Selling: 0n, Issued: 1n, Failed: 2n } as const;

export const AGREEMENT = 1n;
export const SHARE_BPS = 3_000n;
export const SHARE_COUNT = 100n;
export const SHARE_PRICE = 2_000_000n;
/** What the shares get of a usual session, rounded down. */
export const EARNED = (USUAL_PRICE * SHARE_BPS) / 10_000n;

/** A share, and who can hold it. */
export interface SharesFixture {
  readonly shares: RevenueShares;
  readonly share: RevenueShare;
  /** On the list, with tokens that the share may take. */
  readonly holder: Signer;
  readonly otherHolder: Signer;
  /** The sale ends then. */
  readonly saleEndsAt: bigint;
}

export type ShareFixture = SettlementFixture & SharesFixture;

export function shareTerms(startedAt: bigint, changes: object = {}) {
  return {
    name: "Charging park 1",
    symbol: "PARK1",
    shareBps: SHARE_BPS,
    shareCount: SHARE_COUNT,
    priceMicro: SHARE_PRICE,
    saleEndsAt: startedAt + 10n * DAY,
    ...changes,
  };
}

/** The operator has created a share and proposed the agreement that names it. */
export async function createdShare(): Promise<ShareFixture> {
  return await withShare(await fundedSettlement());
}

/** The same beside a settlement. */
export async function withShare<Fixture extends SettlementFixture>(fixture: Fixture): Promise<Fixture & SharesFixture> {
  const { settlement, partnerAgreements, erc20, operator, payer: holder, otherDriver: otherHolder } = fixture;
  const shares = await ethers.deployContract("RevenueShares", [settlement]);
  const terms = shareTerms(BigInt(await networkHelpers.time.latest()));
  const address = await shares.connect(operator).create.staticCall(terms);
  await shares.connect(operator).create(terms);
  const share = await ethers.getContractAt("RevenueShare", address);
  await partnerAgreements.connect(operator).propose([{ partner: share, shareBps: SHARE_BPS }]);
  for (const who of [holder, otherHolder]) {
    await share.connect(operator).setVerified(who.address, true);
    await erc20.connect(who).approve(share, SHARE_COUNT * SHARE_PRICE);
  }
  return {
    ...fixture,
    shares: await ethers.getContractAt("RevenueShares", await shares.getAddress()),
    share,
    holder,
    otherHolder,
    saleEndsAt: terms.saleEndsAt,
  };
}

/** All shares are sold, 75 and 25, and the agreement binds. */
export async function issuedShare(): Promise<ShareFixture> {
  const fixture = await createdShare();
  await issue(fixture);
  return fixture;
}

/** Sells all shares, 75 and 25, and has the agreement bind. */
export async function issue({ share, operator, holder, otherHolder }: ShareFixture): Promise<void> {
  if ((await share.agreement()) === 0n) await share.connect(operator).join(AGREEMENT);
  await share.connect(holder).buyShares(75);
  await share.connect(otherHolder).buyShares(25);
}

/** A session under the agreement has been settled; its credit is final, or provisional. */
export async function earn(fixture: ShareFixture, isFinal = true): Promise<void> {
  const { settlement, driver } = fixture;
  const { nonce } = await settlement.accountOf(driver.address, 0);
  const expiresAt = BigInt(await networkHelpers.time.latest()) + DAY;
  const terms = termsOf(fixture, { agreement: AGREEMENT, nonce, expiresAt });
  await settlement.connect(driver).open(terms);
  await settleBatch(fixture, [settlementGroup(terms)]);
  if (isFinal) await passEpochs();
}
