import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { ZeroAddress } from "ethers";

import { packTariff } from "../../services/domain/packed-tariff.ts";
import type { RevenueShares } from "../../types/evidence/RevenueShares.ts";
import { type BenchMeters, createBenchMeters } from "./bench-meters.ts";
import { type BenchSessions, createBenchSessions } from "./bench-sessions.ts";
import { type BenchWorld, createBenchWorld, receiptOf, tariff } from "./bench-world.ts";
import { createGasRows, type GasRow, type GasRows } from "./gas-rows.ts";

const METERS = 100;
const PERIOD_SECONDS = 30 * 24 * 3_600;
/** 400 kWh a period and meter, of which 390 kWh were proven. */
const COUNTED_MICRO_WH = 400_000_000_000n;
const PROVEN_MICRO_WH = 390_000_000_000n;
/** Any register that does not restart. */
const REGISTER = 0x12345678n;

/** What sessions of the world open and settle with, and their meters. */
interface Charging {
  readonly sessions: BenchSessions;
  readonly meters: BenchMeters;
}

/** Measures the contracts of the market of evidence on a fresh chain with 100 meters. */
export async function measureEvidence(): Promise<readonly GasRow[]> {
  const world = await createBenchWorld(1);
  const sessions = createBenchSessions(world);
  const meters = await createBenchMeters(world, sessions, METERS);
  const gas = createGasRows();
  await measureClaims(world, gas);
  await measureSales(world, gas);
  await measureShares(world, gas, { sessions, meters });
  return gas.rows;
}

/** The second claim writes only slots that the first brought into use. */
async function measureClaims(world: BenchWorld, gas: GasRows): Promise<void> {
  const { ethers, settlement, erc20, operator, oracles, addresses } = world;
  const claims = await ethers.deployContract("EnergyClaims", [addresses.ChargingSettlement]);
  const purpose = {
    group: 1,
    activeFrom: 0,
    contradictionSeconds: PERIOD_SECONDS,
    bondMicroPerMwh: 2_000_000,
    beneficiary: oracles[0]?.address ?? ZeroAddress,
    transferRules: ZeroAddress,
    name: "NL-ERE-2026",
  };
  gas.add("EnergyClaims.addPurpose", 1, await receiptOf(claims.addPurpose(purpose)));
  await world.pass(
    Number(
      await (await ethers.getContractAt("OracleCommittee", await settlement.oracleCommittee())).changeDelaySeconds(),
    ),
  );
  await erc20.approve(claims, 10n ** 12n);
  const numbers = Array.from({ length: METERS }, (_, index) => index + 1);
  gas.add("EnergyClaims.enrol", METERS, await receiptOf(claims.enrol(1, numbers)));

  for (const [index, entry] of ["EnergyClaims.claim (first)", "EnergyClaims.claim (later)"].entries()) {
    await world.pass(PERIOD_SECONDS);
    const from = BigInt(index + 1) * COUNTED_MICRO_WH;
    const content = {
      operator: operator.address,
      purpose: 1,
      periodEnd: await world.now(),
      root: ethers.id(entry),
      intervals: numbers.map(
        (device) =>
          (REGISTER << 224n) |
          (BigInt(device) << 192n) |
          (from << 128n) |
          ((from + COUNTED_MICRO_WH) << 64n) |
          PROVEN_MICRO_WH,
      ),
    };
    const digest = await claims.claimDigestOf(content);
    const signatures = oracles.map(({ address }) => {
      const { r, yParityAndS } = world.keyOf(address).sign(digest);
      return { r, vs: yParityAndS };
    });
    gas.add(entry, METERS, await receiptOf(claims.claim(content, signatures)));
  }
  gas.add("EnergyClaims.retire", 1, await receiptOf(claims.retire(1, "NEa 2026/4711")));
  await world.pass(PERIOD_SECONDS + 1);
  gas.add("EnergyClaims.releaseBond", 1, await receiptOf(claims.releaseBond(2)));
  gas.add("EnergyClaims.withdraw", 1, await receiptOf(claims.withdraw(operator)));
}

/** A dossier that needs no consent, sold twice; one round of ten drivers, of whom each gets the same. */
async function measureSales(world: BenchWorld, gas: GasRows): Promise<void> {
  const { ethers, erc20, operator, oracles, addresses, partnerAgreements } = world;
  const consents = await ethers.deployContract("DataConsents");
  const sales = await ethers.deployContract("EvidenceSales", [addresses.ChargingSettlement, consents]);
  const consent = {
    driver: operator.address,
    grantee: await sales.getAddress(),
    scopes: 3,
    until: (await world.now()) + PERIOD_SECONDS,
    shareBps: 1_500,
    lane: 0,
    nonce: 0,
  };
  gas.add("DataConsents.grant", 1, await receiptOf(consents.grant(consent)));
  gas.add("DataConsents.revoke", 1, await receiptOf(consents.revoke(consent.grantee)));

  await partnerAgreements.propose([{ partner: sales, shareBps: 2_000 }]);
  const agreement = await partnerAgreements.agreementCount();
  gas.add("EvidenceSales.joinAgreement", 1, await receiptOf(sales.joinAgreement(agreement)));
  const offer = {
    operator: operator.address,
    agreement,
    root: ethers.id("dossier"),
    licenceHash: ethers.id("licence"),
    priceMicro: 10_000_000,
    scopes: 0,
    leastDriversBps: 0,
    driversRoot: ethers.ZeroHash,
    expiresAt: (await world.now()) + 24 * 3_600,
  };
  const sign = (digest: string) =>
    oracles.map(({ address }) => {
      const { r, yParityAndS } = world.keyOf(address).sign(digest);
      return { r, vs: yParityAndS };
    });
  gas.add("EvidenceSales.offer", 1, await receiptOf(sales.offer(offer, sign(await sales.offerDigestOf(offer)))));
  await erc20.approve(sales, 10n ** 12n);
  await receiptOf(sales.buy(offer));
  gas.add("EvidenceSales.buy", 1, await receiptOf(sales.buy(offer)));
  await receiptOf(sales.withdrawPart(operator, agreement, 1, operator));
  gas.add("EvidenceSales.withdrawPart", 1, await receiptOf(sales.withdrawPart(operator, agreement, 1, operator)));

  const drivers = Array.from({ length: 10 }, (_, index) => world.accountAt(index).address);
  const tree = StandardMerkleTree.of(
    drivers.map((driver) => [driver, 0, 100_000]),
    ["address", "uint32", "uint64"],
  );
  const digest = await sales.roundDigestOf(1, tree.root, 1_000_000);
  gas.add("EvidenceSales.allot", 1, await receiptOf(sales.allot(tree.root, 1_000_000, sign(digest))));
  const parts = drivers.map((driver, index) => ({
    round: 1,
    driver,
    lane: 0,
    amountMicro: 100_000,
    proof: tree.getProof(index),
  }));
  gas.add("EvidenceSales.creditParts", parts.length, await receiptOf(sales.creditParts(parts)));
}

/** A hundred shares, of which holders buy and hand on some. */
async function measureShares(world: BenchWorld, gas: GasRows, charging: Charging): Promise<void> {
  const { ethers, erc20, operator, addresses, partnerAgreements, accountAt } = world;
  const shares = await ethers.deployContract("RevenueShares", [addresses.ChargingSettlement]);
  const terms = {
    name: "Charging park 1",
    symbol: "PARK1",
    shareBps: 3_000,
    shareCount: 100,
    priceMicro: 2_000_000,
    saleEndsAt: (await world.now()) + PERIOD_SECONDS,
  };
  const address = await shares.create.staticCall(terms);
  gas.add("RevenueShares.create", 1, await receiptOf(shares.create(terms)));
  const share = await ethers.getContractAt("RevenueShare", address);
  await partnerAgreements.propose([{ partner: share, shareBps: 3_000 }]);
  gas.add("RevenueShare.join", 1, await receiptOf(share.join(await partnerAgreements.agreementCount())));
  const other = accountAt(8);
  for (const who of [operator, other]) await share.setVerified(who, true);
  await erc20.approve(share, 10n ** 12n);
  await receiptOf(share.buyShares(1));
  gas.add("RevenueShare.buyShares", 1, await receiptOf(share.buyShares(98)));
  await receiptOf(share.buyShares(1));
  await receiptOf(share.transfer(other, 1));
  gas.add("RevenueShare.transfer", 1, await receiptOf(share.transfer(other, 1)));
  gas.add("RevenueShare.withdrawProceeds", 1, await receiptOf(share.withdrawProceeds(operator)));
  await receiptOf(share.addRevenue(1_000));
  gas.add("RevenueShare.addRevenue", 1, await receiptOf(share.addRevenue(1_000)));
  await measureCovenants(world, gas, charging, shares, address);
}

/** Sessions of this world name another agreement than the share's. Each covenant is broken by one, or released. */
async function measureCovenants(
  world: BenchWorld,
  gas: GasRows,
  { sessions, meters }: Charging,
  shares: RevenueShares,
  share: string,
): Promise<void> {
  const { ethers, erc20, challenges } = world;
  const covenants = await ethers.deployContract("EvseCovenant", [shares]);
  await erc20.approve(covenants, 10n ** 12n);
  const evses = Array.from({ length: 10 }, (_, index) => index + 1);
  const terms = { share, endsAt: (await world.now()) + PERIOD_SECONDS, bondMicro: 1_000_000_000, evses };
  const alone = { ...terms, evses: [1] };
  gas.add("EvseCovenant.pledge (one EVSE)", 1, await receiptOf(covenants.pledge(alone)));
  gas.add("EvseCovenant.pledge (ten EVSEs)", 1, await receiptOf(covenants.pledge(terms)));
  await receiptOf(covenants.pledge(terms));

  const session = await sessions.planSession(0);
  await sessions.openBatch([session]);
  const { claims, evidenceRoot } = await sessions.settleBatch([session]);
  const claim = {
    ...{ batch: (await challenges.batchCount()) - 1n, index: 0, count: 1, proof: [], evidenceRoot },
    ...{ terms: session.terms, tariff: packTariff(tariff), isReadable: true, metering: claims[0]?.metering ?? 0n },
  };
  const records = [await meters.recordOf(session)];
  const opening = await sessions.openingOf(session);
  gas.add("EvseCovenant.breakBySettlement", 1, await receiptOf(covenants.breakBySettlement(1, alone, 0, claim)));
  const byRecords = covenants.breakByRecords(2, terms, 0, session.terms, opening, 0, records);
  gas.add("EvseCovenant.breakByRecords", 1, await receiptOf(byRecords));
  await world.pass(PERIOD_SECONDS + Number(await covenants.proofSeconds()) + 1);
  gas.add("EvseCovenant.release", 1, await receiptOf(covenants.release(3, terms)));
}
