import { signDigest } from "../../scripts/operator/maker/statement.ts";
import { curveNumbers } from "../../scripts/verify/contract-answers.ts";
import { ethers, networkHelpers } from "./chain.ts";
import { registerMeter, type MeterOptions, type RegistryFixture } from "./meter-registry-fixture.ts";
import { createTestKey, type TestKey } from "./ocmf.ts";
import { CHANGE_DELAY_SECONDS, DAY, type Signer } from "./settlement-fixture.ts";

/** What a maker signs besides the meter's key, as the contract takes it. */
export interface Statement {
  readonly maker: bigint;
  readonly calibrationExpiresAt: bigint;
  readonly meterType: string;
  readonly serialNumber: string;
}

/** The owner of the fixtures' committees. */
export async function committeeOwner(): Promise<Signer> {
  const [owner] = await ethers.getSigners();
  if (owner === undefined) throw new Error("There are no accounts");
  return owner;
}

/** The arguments of `registerMaker`. */
export function makerArguments(key: TestKey, name = "Example Meters"): [bigint, bigint, bigint, string] {
  return [curveNumbers[key.curve], key.publicKey.x, key.publicKey.y, name];
}

/** Registers a maker's key and waits until it vouches. */
export async function activeMaker(
  { registry }: RegistryFixture,
  key: TestKey = createTestKey("secp256r1"),
): Promise<{ readonly maker: bigint; readonly key: TestKey }> {
  const byOwner = registry.connect(await committeeOwner());
  const maker = await byOwner.registerMaker.staticCall(...makerArguments(key));
  await byOwner.registerMaker(...makerArguments(key));
  await networkHelpers.time.increase(CHANGE_DELAY_SECONDS);
  return { maker, key };
}

/** A statement as good as the fixtures' meters need it. */
export function statementOf(
  maker: bigint,
  { startedAt }: RegistryFixture,
  changes: Partial<Statement> = {},
): Statement {
  return {
    maker,
    calibrationExpiresAt: startedAt + 90n * DAY,
    meterType: "XM-3",
    serialNumber: "1234567",
    ...changes,
  };
}

/** The maker's signature of a statement about the meter's key. */
export async function makerSignature(
  { registry }: RegistryFixture,
  meter: bigint,
  statement: Statement,
  key: TestKey,
): Promise<{ readonly r: string; readonly s: string }> {
  const pem = key.privateKey.export({ format: "pem", type: "pkcs8" });
  return signDigest(await registry.vouchingDigestOf(meter, statement), Buffer.from(pem));
}

/** Registers a pending meter, unless one is given, and has the maker vouch for it. */
export async function vouchedMeter(
  fixture: RegistryFixture,
  maker: { readonly maker: bigint; readonly key: TestKey },
  options: MeterOptions & { readonly meter?: bigint } = {},
): Promise<bigint> {
  const meter = options.meter ?? (await registerMeter(fixture, options));
  const statement = statementOf(maker.maker, fixture);
  const { r, s } = await makerSignature(fixture, meter, statement, maker.key);
  await fixture.registry.connect(options.by ?? fixture.operator).vouchForMeter(meter, statement, r, s);
  return meter;
}
