import { keccak256, toBeHex, toUtf8Bytes, TypedDataEncoder, zeroPadValue, ZeroHash } from "ethers";

import { isShown, type DossierManifest, type DossierMeter, type DossierMonth } from "./dossier-schema.ts";

/** What is claimed of one device, as `PackedInterval` of IEnergyClaims.sol has it. */
export interface ClaimedInterval {
  /** Which register counts; 0 if it starts over with each transaction. */
  readonly register: number;
  /** The number of the physical meter in the contract. */
  readonly device: number;
  /** Registers in 10⁻⁶ Wh; where the register starts over, numbers of records, or seconds where they have none. */
  readonly from: bigint;
  readonly to: bigint;
  readonly energyMicroWh: bigint;
}

/** A claim, as `EnergyClaim` of IEnergyClaims.sol has it; intervals are words of 32 bytes. */
export interface EnergyClaimContent {
  readonly operator: string;
  readonly purpose: number;
  /** Seconds since 1970, exclusive. */
  readonly periodEnd: number;
  readonly root: string;
  readonly intervals: readonly string[];
}

/** From where to where one meter's counted sessions reach, and what they come to. */
export interface MeterSpan {
  readonly meter: number;
  readonly fromMicroWh: bigint;
  readonly toMicroWh: bigint;
  readonly firstPage: bigint;
  readonly lastPage: bigint;
  readonly beginSeconds: number;
  readonly endSeconds: number;
  readonly energyMicroWh: bigint;
}

const claimTypes = {
  EnergyClaim: [
    { name: "operator", type: "address" },
    { name: "purpose", type: "uint32" },
    { name: "periodEnd", type: "uint40" },
    { name: "root", type: "bytes32" },
    { name: "intervals", type: "uint256[]" },
  ],
};

/** Sums up the counted sessions of months that come meter by meter, in the order of time. */
export function createSpanCounter(): {
  add(month: DossierMonth): void;
  /** Meters of which nothing is counted are left out. */
  spans(): readonly MeterSpan[];
} {
  const spans = new Map<number, MeterSpan>();
  return {
    add({ meter, sessions }) {
      for (const session of sessions) {
        if (!isShown(session)) continue;
        const fromMicroWh = BigInt(session.fromMicroWh);
        const toMicroWh = BigInt(session.toMicroWh);
        const before = spans.get(meter);
        spans.set(meter, {
          meter,
          fromMicroWh: before?.fromMicroWh ?? fromMicroWh,
          toMicroWh,
          firstPage: before?.firstPage ?? BigInt(session.firstPage),
          lastPage: BigInt(session.lastPage),
          beginSeconds: before?.beginSeconds ?? session.beginSeconds,
          endSeconds: session.endSeconds,
          energyMicroWh: (before?.energyMicroWh ?? 0n) + toMicroWh - fromMicroWh,
        });
      }
    },
    spans: () => [...spans.values()].filter(({ energyMicroWh }) => energyMicroWh > 0n),
  };
}

/**
 * The intervals of a claim for all that these spans count, in the order in which the contract takes them.
 * @param deviceOf The contract's number of the physical meter behind a meter of the manifest
 */
export function intervalWordsOf(
  spans: readonly MeterSpan[],
  { meters }: Pick<DossierManifest, "meters">,
  deviceOf: (meter: number) => number,
): readonly string[] {
  return spans
    .map((span): ClaimedInterval => {
      const meter = meters.find(({ number }) => number === span.meter);
      const { energyMicroWh } = span;
      return { device: deviceOf(span.meter), ...placeOf(span, meter), energyMicroWh };
    })
    .toSorted((left, right) => left.device - right.device || (left.from < right.from ? -1 : 1))
    .map(packInterval);
}

/**
 * Where a span lies, as claims count it: by register; by number of its records where the register starts over; and by the
 * seconds of the meter's clock where its records have no number, either.
 */
export function placeOf(
  span: Omit<MeterSpan, "meter" | "energyMicroWh">,
  meter: Pick<DossierMeter, "register" | "restartsWithTransaction" | "hasCounter"> | undefined,
): Pick<ClaimedInterval, "register" | "from" | "to"> {
  if (meter?.restartsWithTransaction !== true) {
    return { register: registerCodeOf(meter?.register ?? ""), from: span.fromMicroWh, to: span.toMicroWh };
  }
  if (meter.hasCounter === false) {
    return { register: 0, from: BigInt(span.beginSeconds), to: BigInt(span.endSeconds) };
  }
  return { register: 0, from: span.firstPage - 1n, to: span.lastPage };
}

/** The contract's code of a register: the first 32 bits of Keccak-256 over the word in which its OBIS code stands. */
export function registerCodeOf(obis: string): number {
  return Number(keccak256(zeroPadValue(toUtf8Bytes(obis), 32)).slice(0, 10));
}

/** One word: register (32 bits), device (32), from (64), to (64), energy (64). */
export function packInterval({ register, device, from, to, energyMicroWh }: ClaimedInterval): string {
  const word = (BigInt(register) << 224n) | (BigInt(device) << 192n) | (from << 128n) | (to << 64n) | energyMicroWh;
  return toBeHex(word, 32);
}

export function unpackInterval(word: string): ClaimedInterval {
  const value = BigInt(word);
  const low = (1n << 64n) - 1n;
  return {
    register: Number(value >> 224n),
    device: Number((value >> 192n) & 0xffff_ffffn),
    from: (value >> 128n) & low,
    to: (value >> 64n) & low,
    energyMicroWh: value & low,
  };
}

/** What the contract keeps of a claim: its EIP-712 struct hash. */
export function claimHashOf(content: EnergyClaimContent): string {
  return TypedDataEncoder.hashStruct("EnergyClaim", claimTypes, { ...content });
}

/** What oracles sign for a claim. */
export function claimDigestOf(content: EnergyClaimContent, chainId: number, energyClaims: string): string {
  return TypedDataEncoder.hash(claimsDomainOf(chainId, energyClaims), claimTypes, { ...content });
}

/** What oracles sign to contradict a claim. */
export function contradictionDigestOf(
  claimId: bigint,
  reasonHash: string,
  chainId: number,
  energyClaims: string,
): string {
  const types = {
    ClaimContradiction: [
      { name: "claimId", type: "uint256" },
      { name: "reasonHash", type: "bytes32" },
    ],
  };
  return TypedDataEncoder.hash(claimsDomainOf(chainId, energyClaims), types, { claimId, reasonHash });
}

function claimsDomainOf(chainId: number, verifyingContract: string) {
  return { name: "Wattproof Energy Claims", version: "1", chainId, verifyingContract };
}

/** The root as the contract takes it: zero where nothing is counted. */
export function rootWordOf(root: string | null): string {
  return root ?? ZeroHash;
}
