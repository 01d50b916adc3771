import { AbiCoder, keccak256 } from "ethers";
import { z } from "zod";

import { curveNumberOf, type MeterCurve } from "../domain/meter-curve.ts";
import { evidenceInterface } from "../dossier/format/evidence-interface.ts";

/** A meter of the registry by its key. */
export interface MeterKey {
  readonly curve: MeterCurve;
  /** As the registry has it, in hexadecimal. */
  readonly publicKey: string;
}

/** What the claims contract takes a meter for. */
export interface MeterDevices {
  /** 0 before the meter was enrolled. */
  readonly device: number;
  /** Meters that a maker says are this same one, and that are other devices in the claims contract. */
  readonly others: readonly { readonly meter: number; readonly device: number }[];
}

/** A key that a maker vouched for. */
interface VouchedKey {
  readonly keyId: string;
  /** The meter of the registry for which a maker vouched first. */
  readonly meter: number;
}

interface EventLog {
  readonly topics: readonly string[];
  readonly data: string;
}

const coder = AbiCoder.defaultAbiCoder();
const deviceView = z.bigint().transform(Number);
const vouchingView = z.object({
  meter: z.bigint().transform(Number),
  maker: z.bigint(),
  keyId: z.string(),
  serialNumber: z.string(),
});

/**
 * Where each of these meters stands in the claims contract, in the same order. A key that a maker vouches for after it was
 * enrolled keeps a device of its own until it is joined to its physical meter, so one meter can be several devices.
 * @param vouchings All `MeterVouched` of the registry, in the order of the chain
 * @param askDevice What the contract answers to `deviceOf` a key id; 0 if there is none
 */
export async function readMeterDevices(
  meters: readonly MeterKey[],
  vouchings: readonly EventLog[],
  askDevice: (keyId: string) => Promise<unknown>,
): Promise<readonly MeterDevices[]> {
  const keysOf = keysByKeyIn(vouchings);
  const found: MeterDevices[] = [];
  for (const { curve, publicKey } of meters) {
    const keyId = keccak256(coder.encode(["uint8", "bytes"], [curveNumberOf(curve), publicKey]));
    const device = deviceView.parse(await askDevice(keyId));
    const others: { meter: number; device: number }[] = [];
    for (const key of keysOf.get(keyId) ?? []) {
      const other = key.keyId === keyId ? device : deviceView.parse(await askDevice(key.keyId));
      if (other !== 0 && other !== device) others.push({ meter: key.meter, device: other });
    }
    found.push({ device, others });
  }
  return found;
}

/** For each key that a maker vouched for, all keys of the same physical meter. */
function keysByKeyIn(vouchings: readonly EventLog[]): ReadonlyMap<string, readonly VouchedKey[]> {
  const keysByMeter = new Map<string, VouchedKey[]>();
  const keysByKey = new Map<string, VouchedKey[]>();
  for (const { topics, data } of vouchings) {
    const parsed = evidenceInterface.parseLog({ topics, data });
    const { meter, maker, keyId, serialNumber } = vouchingView.parse(parsed?.args.toObject());
    // As in the registry, the first word about a key stands.
    if (keysByKey.has(keyId)) continue;
    const physicalMeter = `${maker} ${serialNumber}`;
    const keys = keysByMeter.get(physicalMeter) ?? [];
    keys.push({ keyId, meter });
    keysByMeter.set(physicalMeter, keys);
    keysByKey.set(keyId, keys);
  }
  return keysByKey;
}
