import { AbiCoder, keccak256, type TypedDataDomain } from "ethers";

import { curveNumbers } from "../../scripts/verify/contract-answers.ts";
import type { Curve } from "../../services/evidence/formats/ocmf/types.ts";
import type { MeterRegistry, OracleCommittee } from "../../types/index.ts";
import { ethers, networkHelpers } from "./chain.ts";
import { pointBytes, signedQuery, type InspectionQuery } from "./ocmf-chain.ts";
import { byAddress } from "./claims.ts";
import { bytesOf, payloadText, testKey, type TestKey } from "./ocmf.ts";
import { eventsOf, type PlainEvent } from "./outcome.ts";
import { compactSignature, type CompactSignature } from "./session-terms.ts";
import { CHANGE_DELAY_SECONDS, DAY, type Signer, THRESHOLD } from "./settlement-fixture.ts";

/** As in MeterStatus of IMeterRegistry.sol. */
export const MeterStatus = { None: 0n, Pending: 1n, Active: 2n, Retired: 3n, Revoked: 4n } as const;

/** As in Possession of IMeterRegistry.sol. */
export const Possession = { None: 0n, ProvenOnChain: 1n, AttestedByOracles: 2n } as const;

/** As in Provenance of IMeterRegistry.sol. */
export const Provenance = { None: 0n, SelfDeclared: 1n, AttestedByQuorum: 2n, VouchedByMaker: 3n } as const;

export interface RegistryFixture {
  readonly registry: MeterRegistry;
  readonly oracleCommittee: OracleCommittee;
  readonly domain: TypedDataDomain;
  readonly operator: Signer;
  readonly otherOperator: Signer;
  /** Members of the committee by address; THRESHOLD of them are a quorum. */
  readonly oracles: readonly Signer[];
  readonly stranger: Signer;
  /** The time of the last block, in seconds. */
  readonly startedAt: bigint;
}

/** What the EVSEs of the fixtures can deliver. */
export const MAXIMUM_POWER_W = 22_000n;

/** A registry with two EVSEs of `operator` (1 and 2) and one of `otherOperator` (3), and no meters. */
export async function deployedRegistry(): Promise<RegistryFixture> {
  const [owner, operator, otherOperator, stranger, ...others] = await ethers.getSigners();
  if (!owner || !operator || !otherOperator || !stranger) throw new Error("There are too few accounts");
  const oracles = byAddress(others.slice(0, 3));
  const oracleCommittee = await ethers.deployContract("OracleCommittee", [
    owner.address,
    CHANGE_DELAY_SECONDS,
    2n * DAY,
    oracles.map(({ address }) => address),
    THRESHOLD,
  ]);
  const registry = await ethers.deployContract("MeterRegistry", [await oracleCommittee.getAddress()]);
  await registry.connect(operator).registerEvse("DE*WPF*E1", MAXIMUM_POWER_W);
  await registry.connect(operator).registerEvse("DE*WPF*E2", MAXIMUM_POWER_W);
  await registry.connect(otherOperator).registerEvse("DE*OTH*E1", MAXIMUM_POWER_W);
  const domain = {
    name: "Wattproof Meter Registry",
    version: "1",
    chainId: (await ethers.provider.getNetwork()).chainId,
    verifyingContract: await registry.getAddress(),
  };
  const startedAt = BigInt(await networkHelpers.time.latest());
  return { registry, oracleCommittee, domain, operator, otherOperator, oracles, stranger, startedAt };
}

/** What a meter is registered with. */
export interface MeterOptions {
  readonly evse?: bigint;
  readonly key?: TestKey;
  readonly by?: Signer;
  readonly validFrom?: bigint;
  readonly validUntil?: bigint;
  readonly calibrationExpiresAt?: bigint;
}

/** The arguments of `registerMeter`: a meter of secp256r1 at EVSE 1, valid for 100 days, unless told otherwise. */
export function registrationOf(
  { startedAt }: RegistryFixture,
  options: MeterOptions = {},
): [bigint, bigint, Uint8Array, bigint, bigint, bigint] {
  const key = options.key ?? testKey("secp256r1");
  return [
    options.evse ?? 1n,
    curveNumbers[key.curve],
    pointBytes(key.publicKey),
    options.validFrom ?? startedAt,
    options.validUntil ?? startedAt + 100n * DAY,
    options.calibrationExpiresAt ?? startedAt + 90n * DAY,
  ];
}

/** Registers a meter and gives its number. */
export async function registerMeter(fixture: RegistryFixture, options: MeterOptions = {}): Promise<bigint> {
  const registry = fixture.registry.connect(options.by ?? fixture.operator);
  const meter = await registry.registerMeter.staticCall(...registrationOf(fixture, options));
  await registry.registerMeter(...registrationOf(fixture, options));
  return meter;
}

/** The record that shows possession of the meter, or one with another `ID`. */
export async function possessionRecord(
  { registry }: RegistryFixture,
  meter: bigint,
  key = testKey("secp256r1"),
  identification?: string,
): Promise<InspectionQuery> {
  const tag = identification ?? (await registry.possessionTagOf(meter));
  return signedQuery(key, bytesOf(payloadText({ ID: `"${tag}"` })));
}

/** Registers and activates a meter. */
export async function activeMeter(fixture: RegistryFixture, options: MeterOptions = {}): Promise<bigint> {
  const meter = await registerMeter(fixture, options);
  const { payload, r, s } = await possessionRecord(fixture, meter, options.key);
  await fixture.registry.connect(options.by ?? fixture.operator).activateMeter(meter, payload, r, s);
  return meter;
}

/** One account's attestation of the meter. */
export async function attestationBy(
  signer: Signer,
  fixture: RegistryFixture,
  meter: bigint,
): Promise<CompactSignature> {
  const { evse, curve, publicKey } = await fixture.registry.meterOf(meter);
  const keyId = keyIdOf(curve, publicKey);
  const signature = await signer.signTypedData(
    fixture.domain,
    {
      MeterAttestation: [
        { name: "meter", type: "uint32" },
        { name: "evse", type: "uint32" },
        { name: "keyId", type: "bytes32" },
        { name: "activations", type: "uint32" },
      ],
    },
    { meter, evse, keyId, activations: await fixture.registry.activationsOf(keyId) },
  );
  return compactSignature(signature);
}

/** The agreement of a quorum, or of `signers`, to the revocation of a meter's key. */
export async function revocationsOf(
  fixture: RegistryFixture,
  meter: bigint,
  signers: readonly Signer[] = fixture.oracles.slice(0, THRESHOLD),
): Promise<CompactSignature[]> {
  const { curve, publicKey } = await fixture.registry.meterOf(meter);
  const types = {
    MeterRevocation: [
      { name: "meter", type: "uint32" },
      { name: "keyId", type: "bytes32" },
    ],
  };
  const content = { meter, keyId: keyIdOf(curve, publicKey) };
  return await Promise.all(
    byAddress(signers).map(async (signer) =>
      compactSignature(await signer.signTypedData(fixture.domain, types, content)),
    ),
  );
}

/** Registers and activates a meter by the word of a quorum. */
export async function attestedMeter(fixture: RegistryFixture, options: MeterOptions = {}): Promise<bigint> {
  const meter = await registerMeter(fixture, options);
  const registry = fixture.registry.connect(options.by ?? fixture.operator);
  await registry.activateAttestedMeter(meter, await attestationsOf(fixture, meter));
  return meter;
}

/** The attestations of a quorum, or of `signers`, in the order in which they are sent. */
export async function attestationsOf(
  fixture: RegistryFixture,
  meter: bigint,
  signers: readonly Signer[] = fixture.oracles.slice(0, THRESHOLD),
): Promise<CompactSignature[]> {
  return await Promise.all(byAddress(signers).map((signer) => attestationBy(signer, fixture, meter)));
}

export function keyIdOf(curve: Curve | bigint, publicKey: Uint8Array | string): string {
  const number = typeof curve === "bigint" ? curve : curveNumbers[curve];
  return keccak256(AbiCoder.defaultAbiCoder().encode(["uint8", "bytes"], [number, publicKey]));
}

export function keyIdOfTestKey(key: TestKey): string {
  return keyIdOf(key.curve, pointBytes(key.publicKey));
}

/** Does something in a block of a given time and tells the events. */
export async function eventsAt(
  { registry }: RegistryFixture,
  timestamp: bigint,
  action: () => Promise<Awaited<ReturnType<MeterRegistry["retireMeter"]>>>,
): Promise<PlainEvent[]> {
  await networkHelpers.time.setNextBlockTimestamp(timestamp);
  return eventsOf(await (await action()).wait(), registry);
}
