import { recoverAddress, Signature } from "ethers";

import { isSameIdTag } from "../../../services/domain/id-tag.ts";
import { possessionTagOf as tagOfClaim, type PossessionClaim } from "../../../services/domain/possession.ts";
import { WattproofError } from "../../../services/errors.ts";
import { nodeCryptography } from "../../../services/evidence/formats/ocmf/node-cryptography.ts";
import type { Curve, PublicKey, VerifiedRecord } from "../../../services/evidence/formats/ocmf/types.ts";
import { createRecordJudge } from "../../../services/evidence/formats/all-formats.ts";
import { curveNumbers } from "../../verify/contract-answers.ts";
import { shown } from "../../command-line/amounts.ts";
import type { ChainAccess } from "../../command-line/chain-access.ts";
import { readRecord } from "../../command-line/files.ts";
import { registryKeyOf } from "./meter-key.ts";

/** Curves whose signatures the registry verifies itself; the others need oracles who attest. */
export const curvesOfContract: ReadonlySet<Curve> = new Set(["secp256r1", "secp256k1"]);

/**
 * What the tag is made of that the meter has to sign as `ID`, before it is registered: the registry's `possessionTagOf`. It
 * is another one after each activation of the key.
 * @param registrant The operator of the EVSE.
 */
export async function readPossessionClaim(
  { contracts, chainId, deployment }: ChainAccess,
  registrant: string,
  evse: number,
  key: PublicKey,
): Promise<PossessionClaim> {
  const keyId = await contracts.meterRegistry.keyIdOf(curveNumbers[key.curve], registryKeyOf(key));
  const activations = Number(await contracts.meterRegistry.activationsOf(keyId));
  const curveNumber = Number(curveNumbers[key.curve]);
  const { meterRegistry } = deployment.contracts;
  const place = { chainId, meterRegistry, registrant, evse };
  return { ...place, curveNumber, publicKey: registryKeyOf(key), activations };
}

/** The tag itself. */
export async function possessionTagOf(...claim: Parameters<typeof readPossessionClaim>): Promise<string> {
  return tagOfClaim(await readPossessionClaim(...claim));
}

/**
 * A record that the key signed and that carries the tag.
 * @throws POSSESSION_UNPROVEN, INPUT_UNREADABLE
 */
export function requirePossessionRecord(path: string | undefined, key: PublicKey, tag: string): VerifiedRecord {
  const next = `Have the meter sign a record whose ID is ${tag}, as meter possession does at a charger, and give it with --record.`;
  if (path === undefined) throw new WattproofError("POSSESSION_UNPROVEN", next);
  return requirePossession(readRecord(path), path, key, tag, next);
}

/**
 * The same of a record's bytes.
 * @param source Where they come from, for the error.
 * @throws POSSESSION_UNPROVEN
 */
export function requirePossession(
  record: Uint8Array,
  source: string,
  key: PublicKey,
  tag: string,
  next = "Have the meter sign another one.",
): VerifiedRecord {
  const verdict = createRecordJudge({ cryptography: nodeCryptography }).verifyRecord(record, key);
  if (verdict.verdict !== "accepted") {
    throw new WattproofError("POSSESSION_UNPROVEN", `${source}: ${verdict.reason}: ${shown(verdict.detail)}. ${next}`);
  }
  if (verdict.identification === null || !isSameIdTag(verdict.identification, tag)) {
    const actual = verdict.identification === null ? "nothing" : shown(JSON.stringify(verdict.identification));
    throw new WattproofError("POSSESSION_UNPROVEN", `${source}: its ID is ${actual}. ${next}`);
  }
  return verdict;
}

/**
 * Oracles' signatures of a digest in the order that the committee takes.
 * @param option Where they were given, for the error.
 * @throws USAGE_INVALID
 */
export function sortAttestations(
  texts: readonly string[],
  digest: string,
  option = "--attestation",
): readonly { readonly r: string; readonly vs: string }[] {
  const signed = texts.map((text) => {
    try {
      const signature = Signature.from(text);
      return { signer: BigInt(recoverAddress(digest, signature)), r: signature.r, vs: signature.yParityAndS };
    } catch (error) {
      throw new WattproofError("USAGE_INVALID", `${option} takes a signature of 64 or 65 bytes.`, { cause: error });
    }
  });
  return signed.toSorted((left, right) => (left.signer < right.signer ? -1 : 1)).map(({ r, vs }) => ({ r, vs }));
}
