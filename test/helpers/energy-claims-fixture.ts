import { id, type TypedDataDomain, ZeroAddress } from "ethers";

import type { EnergyClaims } from "../../types/index.ts";
import { ethers, networkHelpers } from "./chain.ts";
import { byAddress } from "./claims.ts";
import { meteredSessions, type MeterSettlementFixture } from "./meter-settlement-fixture.ts";
import { compactSignature, type CompactSignature } from "./session-terms.ts";
import { CHANGE_DELAY_SECONDS, DAY, type Signer, THRESHOLD } from "./settlement-fixture.ts";

/** As in ClaimStatus of IEnergyClaims.sol. */
export const ClaimStatus = { None: 0n, Active: 1n, Retired: 2n, Contradicted: 3n } as const;

/** Purposes of the fixture: two that exclude each other, and one in a group of its own. */
export const ERE = 1n;
export const ERE_AGAIN = 2n;
export const FLEET = 3n;

export const BOND_MICRO_PER_MWH = 2_000_000n;
export const CONTRADICTION_SECONDS = 30n * DAY;
export const PERIOD_SECONDS = 30n * DAY;

/** The first 32 bits of keccak256 of the code `1-b:1.8.0` in a word, which the usual record bills. */
export const REGISTER = BigInt(ethers.solidityPackedKeccak256(["uint256"], [0x312d623a312e382e30n]).slice(0, 10));

/** What is claimed of one device. */
export interface Interval {
  readonly register: bigint;
  readonly device: bigint;
  readonly from: bigint;
  readonly to: bigint;
  readonly energyMicroWh: bigint;
}

/** A claim, field by field as in EnergyClaim of IEnergyClaims.sol. */
export interface ClaimContent {
  readonly operator: string;
  readonly purpose: bigint;
  readonly periodEnd: bigint;
  readonly root: string;
  readonly intervals: bigint[];
}

const CLAIM_TYPES = {
  EnergyClaim: [
    { name: "operator", type: "address" },
    { name: "purpose", type: "uint32" },
    { name: "periodEnd", type: "uint40" },
    { name: "root", type: "bytes32" },
    { name: "intervals", type: "uint256[]" },
  ],
};
const CONTRADICTION_TYPES = {
  ClaimContradiction: [
    { name: "claimId", type: "uint256" },
    { name: "reasonHash", type: "bytes32" },
  ],
};

export interface ClaimsFixture extends MeterSettlementFixture {
  readonly claims: EnergyClaims;
  readonly claimsDomain: TypedDataDomain;
  readonly beneficiary: Signer;
  /** When meters 1 and 2, devices 1 and 2, were enrolled in group 1. */
  readonly enrolledAt: bigint;
  /** The end of the first period of 30 days. */
  readonly periodEnd: bigint;
}

/** What a purpose is added with. */
export function purposeOf(fixture: { readonly payer: Signer }, changes: object = {}) {
  return {
    group: 1n,
    activeFrom: 0n,
    contradictionSeconds: CONTRADICTION_SECONDS,
    bondMicroPerMwh: BOND_MICRO_PER_MWH,
    beneficiary: fixture.payer.address,
    transferRules: ZeroAddress,
    name: "NL-ERE-2026",
    ...changes,
  };
}

/** The contract beside the others of the settlement, and no purpose. */
export async function deployedClaims(): Promise<ClaimsFixture> {
  const fixture = await meteredSessions();
  const claims = await ethers.deployContract("EnergyClaims", [await fixture.settlement.getAddress()]);
  await fixture.erc20.mint(fixture.operator.address, 1_000_000_000n);
  await fixture.erc20.connect(fixture.operator).approve(await claims.getAddress(), 1_000_000_000n);
  return {
    ...fixture,
    claims,
    claimsDomain: {
      ...fixture.domain,
      name: "Wattproof Energy Claims",
      verifyingContract: await claims.getAddress(),
    },
    beneficiary: fixture.payer,
    enrolledAt: 0n,
    periodEnd: 0n,
  };
}

/** Purposes that take claims, meters 1 and 2 enrolled in group 1, and the end of the first period. */
export async function claimableMeters(): Promise<ClaimsFixture> {
  const fixture = await deployedClaims();
  const { claims, owner, operator } = fixture;
  for (const changes of [{}, { name: "NL-ERE-2026-B" }, { group: 2n, name: "FLEET" }]) {
    await claims.connect(owner).addPurpose(purposeOf(fixture, changes));
  }
  await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);
  await claims.connect(operator).enrol(1, [1, 2]);
  const enrolledAt = BigInt(await networkHelpers.time.latest());
  const periodEnd = enrolledAt + PERIOD_SECONDS;
  await networkHelpers.time.increaseTo(periodEnd);
  return { ...fixture, enrolledAt, periodEnd };
}

/** 100 to 500 kWh of device 1, of which 390 kWh were proven. */
export function intervalOf(changes: Partial<Interval> = {}): bigint {
  const interval = {
    register: REGISTER,
    device: 1n,
    from: 100_000_000_000n,
    to: 500_000_000_000n,
    energyMicroWh: 390_000_000_000n,
    ...changes,
  };
  return (
    (interval.register << 224n) |
    (interval.device << 192n) |
    (interval.from << 128n) |
    (interval.to << 64n) |
    interval.energyMicroWh
  );
}

/** The usual claim: device 1 in the first period. */
export function claimOf(fixture: ClaimsFixture, changes: Partial<ClaimContent> = {}): ClaimContent {
  return {
    operator: fixture.operator.address,
    purpose: ERE,
    periodEnd: fixture.periodEnd,
    root: id("dossier"),
    intervals: [intervalOf()],
    ...changes,
  };
}

/** What a wallet computes as the struct hash of a claim, without our code. */
export function claimHashOf(content: ClaimContent): string {
  return ethers.TypedDataEncoder.hashStruct("EnergyClaim", CLAIM_TYPES, content);
}

/** The signatures of a quorum, or of `signers`, in the order in which they are sent. */
export async function signClaim(
  fixture: Pick<ClaimsFixture, "oracles" | "claimsDomain">,
  content: ClaimContent,
  signers: readonly Signer[] = fixture.oracles.slice(0, THRESHOLD),
): Promise<CompactSignature[]> {
  return await signedBy(signers, (signer) => signer.signTypedData(fixture.claimsDomain, CLAIM_TYPES, content));
}

export async function signContradiction(
  fixture: ClaimsFixture,
  content: { readonly claimId: bigint; readonly reasonHash: string },
  signers: readonly Signer[] = fixture.oracles.slice(0, THRESHOLD),
): Promise<CompactSignature[]> {
  return await signedBy(signers, (signer) => signer.signTypedData(fixture.claimsDomain, CONTRADICTION_TYPES, content));
}

async function signedBy(
  signers: readonly Signer[],
  sign: (signer: Signer) => Promise<string>,
): Promise<CompactSignature[]> {
  const signatures: CompactSignature[] = [];
  for (const signer of byAddress(signers)) signatures.push(compactSignature(await sign(signer)));
  return signatures;
}

/** Claims by the operator with a quorum's signatures. */
export async function claim(fixture: ClaimsFixture, changes: Partial<ClaimContent> = {}, sender = fixture.operator) {
  const content = claimOf(fixture, changes);
  return await fixture.claims.connect(sender).claim(content, await signClaim(fixture, content));
}

/** Lets time pass to the end of the period after the given one. */
export async function nextPeriod(periodEnd: bigint): Promise<bigint> {
  await networkHelpers.time.increaseTo(periodEnd + PERIOD_SECONDS);
  return periodEnd + PERIOD_SECONDS;
}

/** The usual claim was made. */
export async function madeClaim(): Promise<ClaimsFixture> {
  const fixture = await claimableMeters();
  await claim(fixture);
  return fixture;
}
