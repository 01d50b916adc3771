import { ZeroAddress } from "ethers";

import { createBenchMeters } from "./bench-meters.ts";
import { createBenchSessions } from "./bench-sessions.ts";
import { type BenchWorld, createBenchWorld, receiptOf } from "./bench-world.ts";
import { createGasRows, type GasRow, type GasRows } from "./gas-rows.ts";

const METERS = 100;
const PERIOD_SECONDS = 30 * 24 * 3_600;
/** 400 kWh a period and meter, of which 390 kWh were proven. */
const COUNTED_MICRO_WH = 400_000_000_000n;
const PROVEN_MICRO_WH = 390_000_000_000n;
/** Any register that does not restart. */
const REGISTER = 0x12345678n;

/** Measures the contracts of the market of evidence on a fresh chain with 100 meters. */
export async function measureEvidence(): Promise<readonly GasRow[]> {
  const world = await createBenchWorld(1);
  await createBenchMeters(world, createBenchSessions(world), METERS);
  const gas = createGasRows();
  await measureClaims(world, gas);
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
