import { nodeCryptography } from "../../services/evidence/formats/ocmf/node-cryptography.ts";
import { createOcmfVerifier } from "../../services/evidence/formats/ocmf/verifier.ts";
import { WattproofError } from "../../services/errors.ts";
import type { MeterKey } from "../simulator/demo-key.ts";
import { createSimulatedMeter } from "../simulator/meter.ts";
import { signedRecordOf, type SignedRecord } from "../simulator/signed-record.ts";
import type { MeterCurve } from "../../services/domain/meter-curve.ts";
import { curvesProvenOnChain, type MeterToRegister } from "./registration.ts";

/** How it is shown that the registrant has a meter. */
export type PlannedPossession =
  /** The meter signs a record with the tag, and the contract or an oracle verifies it. */
  | { readonly kind: "record"; readonly key: MeterKey }
  /** Nobody here has the meter: the oracle attests without a record, which only a demo may do. */
  | { readonly kind: "none" };

/** A meter at an EVSE, and the charging station that reports what it signs. */
export interface PlannedMeter {
  readonly meterId: string;
  readonly evseId: string;
  readonly stationId: string;
  readonly curve: MeterCurve;
  /** X and Y, big-endian. */
  readonly publicKeyPoint: Uint8Array;
  readonly possession: PlannedPossession;
}

const verifier = createOcmfVerifier({ cryptography: nodeCryptography });

/** How a planned meter is registered: its possession proven as well as its curve and its owner allow. */
export function toRegister(meter: PlannedMeter, atSeconds: number): MeterToRegister {
  const { evseId, curve, publicKeyPoint, possession } = meter;
  if (possession.kind === "none") {
    return { evseId, curve, publicKeyPoint, possession: { kind: "attested", verify: () => undefined } };
  }
  const proof = (tag: string): SignedRecord => proofOf(possession.key, evseId, tag, atSeconds);

  return {
    evseId,
    curve,
    publicKeyPoint,
    possession: curvesProvenOnChain.has(curve)
      ? { kind: "proven-on-chain", record: proof }
      : {
          kind: "attested",
          verify(tag) {
            proof(tag);
          },
        },
  };
}

/**
 * A record of the key with the tag, verified before anybody relies on it. Its pagination is one that the meter would
 * have used when it was installed, before its first session.
 */
function proofOf(key: MeterKey, evseId: string, tag: string, atSeconds: number): SignedRecord {
  const record = Buffer.from(
    createSimulatedMeter({ key, serial: "WPSIM0000", evseId }).possessionRecord(tag, atSeconds),
  );
  const verdict = verifier.verifyRecord(record, key.publicKeySpkiHex);
  if (verdict.verdict !== "accepted" || verdict.identification !== tag) {
    throw new WattproofError("INTERNAL", `The possession record of ${evseId} does not verify`);
  }

  return signedRecordOf(record);
}
