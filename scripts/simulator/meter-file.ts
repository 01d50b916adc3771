import { createPrivateKey, createPublicKey } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

import { WattproofError } from "../../services/errors.ts";
import { isSimulatedCurve, simulatedCurves } from "./curves.ts";
import { generateMeterKey, meterKeyOf, type MeterKey } from "./demo-key.ts";

/**
 * The key of a simulated meter in a PEM file that only this user can read; a new one of secp256r1 where there is none.
 * @throws INPUT_UNREADABLE where the file holds no private key of a curve that meters use
 */
export function openMeterFile(path: string): { readonly key: MeterKey; readonly isNew: boolean } {
  if (!existsSync(path)) {
    const key = generateMeterKey("secp256r1");
    writeFileSync(path, key.privateKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600, flag: "wx" });

    return { key, isNew: true };
  }
  return { key: readMeterFile(path), isNew: false };
}

/** The public half in PEM, as a firmware engineer would hand it out. */
export function publicPemOf({ privateKey }: MeterKey): string {
  return createPublicKey(privateKey).export({ format: "pem", type: "spki" }).toString();
}

function readMeterFile(path: string): MeterKey {
  try {
    const privateKey = createPrivateKey(readFileSync(path));
    const openSslName = privateKey.asymmetricKeyDetails?.namedCurve;
    const curve = Object.keys(simulatedCurves)
      .filter(isSimulatedCurve)
      .find((name) => simulatedCurves[name].openSslName === openSslName);
    if (curve === undefined) throw new Error(`Meters do not use ${openSslName ?? "such keys"}.`);

    return meterKeyOf(curve, privateKey);
  } catch (error) {
    throw new WattproofError("INPUT_UNREADABLE", `${path} holds no private key of a meter.`, { cause: error });
  }
}
