import type { RegisteredMeter } from "../../local-world/registration.ts";
import { demoAgreements, demoDriversBps, demoPurpose, demoShares, findShare, payable, type Stands } from "./stands.ts";

/** For whoever buys shares: longer than a demo is kept. */
const saleSeconds = 365 * 86_400;
const contradictionSeconds = 30 * 86_400;
/** For each MWh. */
const bondMicro = 2_000_000n;

/**
 * What has to be there before the first session: a purpose, enrolled meters, and who shares the revenue. An earlier run may
 * have done any of it.
 * @returns when the purpose takes claims, in seconds since 1970
 */
export async function prepareMarket(stands: Stands, meters: readonly RegisteredMeter[]): Promise<number> {
  await addPurpose(stands);
  await enrol(stands, meters);
  await agreeOnPool(stands);
  await agreeOnShare(stands);
  return Number((await stands.claims.purposeOf(demoPurpose.number)).activeFrom);
}

async function addPurpose({ claims, owner }: Stands): Promise<void> {
  if ((await claims.purposeCount()) > 0n) return;
  const content = {
    ...{ group: demoPurpose.group, activeFrom: 0, contradictionSeconds, bondMicroPerMwh: bondMicro },
    ...{ beneficiary: owner.address, transferRules: `0x${"00".repeat(20)}`, name: demoPurpose.name },
  };
  await owner.send(await claims.getAddress(), claims.interface.encodeFunctionData("addPurpose", [content]));
}

async function enrol({ claims, world }: Stands, meters: readonly RegisteredMeter[]): Promise<void> {
  const enrolled = await claims.queryFilter(claims.filters.MeterEnrolled());
  const known = new Set(enrolled.map(({ args }) => Number(args.meter)));
  const missing = meters.map(({ meter }) => meter).filter((meter) => !known.has(meter));
  if (missing.length === 0) return;
  const call = claims.interface.encodeFunctionData("enrol", [demoPurpose.group, missing]);
  await world.operator.send(await claims.getAddress(), call);
}

/** The drivers' pool gets its part of the first agreement. */
async function agreeOnPool({ sales, world }: Stands): Promise<void> {
  const { partnerAgreements } = world.contracts;
  const pool = await sales.getAddress();
  await propose(world, demoAgreements.pool, pool, demoDriversBps.pool);
  if (await partnerAgreements.hasSigned(demoAgreements.pool, pool)) return;
  await world.operator.send(pool, sales.interface.encodeFunctionData("joinAgreement", [demoAgreements.pool]));
}

/** A share in the revenue is sold whole, and gets its part of the second agreement. */
async function agreeOnShare(stands: Stands): Promise<void> {
  const { world, shares, holders } = stands;
  const { operator } = world;
  if ((await findShare(stands)) === null) {
    const now = (await world.provider.getBlock("latest"))?.timestamp ?? 0;
    const terms = {
      ...{ name: "Demo charging park", symbol: "DEMOPARK", shareBps: demoShares.bps, shareCount: demoShares.count },
      ...{ priceMicro: demoShares.priceMicro, saleEndsAt: now + saleSeconds },
    };
    await operator.send(await shares.getAddress(), shares.interface.encodeFunctionData("create", [terms]));
  }
  const share = await findShare(stands);
  if (share === null) throw new Error("The share was not created");
  const address = await share.getAddress();
  for (const [index, holder] of holders.entries()) {
    const count = demoShares.bought[index] ?? 0;
    if ((await share.balanceOf(holder.address)) > 0n) continue;
    await operator.send(address, share.interface.encodeFunctionData("setVerified", [holder.address, true]));
    await payable(stands, holder, address, BigInt(count) * demoShares.priceMicro);
    await holder.send(address, share.interface.encodeFunctionData("buyShares", [count]));
  }
  await propose(world, demoAgreements.share, address, demoShares.bps);
  if ((await share.agreement()) === 0n) {
    await operator.send(address, share.interface.encodeFunctionData("join", [demoAgreements.share]));
  }
}

/** Agreements are numbered in the order in which they are proposed. */
async function propose(
  { contracts: { partnerAgreements }, operator }: Stands["world"],
  agreement: number,
  partner: string,
  shareBps: number,
): Promise<void> {
  if ((await partnerAgreements.agreementCount()) >= BigInt(agreement)) return;
  const call = partnerAgreements.interface.encodeFunctionData("propose", [[{ partner, shareBps }]]);
  await operator.send(await partnerAgreements.getAddress(), call);
}
