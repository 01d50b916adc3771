import { toHex } from "../ocmf/bytes.ts";
import { refuse } from "../ocmf/refusal.ts";
import type { Cryptography } from "../ocmf/types.ts";
import { requireKeyOn, requireSignature, requireWattHours } from "../values/require.ts";
import type { SignedValue } from "../values/value.ts";
import { readIdentification } from "./identification.ts";
import { requireEntry, requireMeter, splitSignature } from "./list-parts.ts";
import { readSmlTime } from "./local-time.ts";
import { requireImportRegister, signedImportRegisters } from "./registers.ts";
import { encodeEdlReading } from "./signed-block.ts";
import { integerOf, itemsOf, octetsOf, type SmlEntry, type SmlList } from "./sml.ts";

const largest32 = 0xffff_ffffn;
const names = {
  contract: "8182815401ff",
  pagination: "8180817101ff",
  secondsIndex: "810060080001",
} as const;

/**
 * Judges a list of EDL40 or EDL40+: one reading, on secp192r1 or secp256r1. What is signed is a block of 320 bytes that is
 * put together from the list; whatever else stands in the list is not signed and is not read.
 */
export function verifyEdl40List(list: SmlList, keyText: string | null, cryptography: Cryptography): SignedValue {
  const register = readRegister(list);
  const time = readSmlTime(register.entry.time, "the time of the reading");
  const contract = requireEntry(list, names.contract, "identification");
  const pagination = integerOf(
    requireEntry(list, names.pagination, "pagination").value,
    "the pagination",
    0n,
    largest32,
  );
  const scaler = Number(integerOf(register.entry.scaler, "the scaler", -128n, 127n));
  const unit = Number(integerOf(register.entry.unit, "the unit", 0n, 255n));
  const value = integerOf(register.entry.value, "the reading", -(1n << 63n), (1n << 63n) - 1n);
  const identification = octetsOf(contract.value, "the identification");
  const { signature, logbook } = splitSignature(list.signature);
  const curve = signature.length === 48 ? "secp192r1" : "secp256r1";
  const key = requireKeyOn([curve], keyText);
  const block = encodeEdlReading({
    meter: requireMeter(list.serverId),
    localSeconds: time.localSeconds,
    status: Number(integerOf(register.entry.status, "the status", 0n, (1n << 64n) - 1n) & 0xffn),
    secondsIndex: readSecondsIndex(list),
    pagination: Number(pagination),
    obis: register.bytes,
    unit,
    scaler,
    value,
    logbook,
    identification,
    identificationLocalSeconds: readSmlTime(contract.time, "the time of the identification").localSeconds,
  });
  requireSignature(cryptography, key, block, signature);
  return {
    verdict: "accepted",
    meter: toHex(list.serverId),
    identification: readIdentification(identification),
    counter: pagination,
    timeMs: 1_000 * time.utcSeconds,
    register: register.text,
    registerWh: requireWattHours(value, scaler, unit),
    energyWh: null,
  };
}

/** Of two registers the counter of the signed values is the one that is signed. */
function readRegister(list: SmlList): {
  readonly entry: SmlEntry;
  readonly bytes: Uint8Array;
  readonly text: string;
} {
  const name = signedImportRegisters.find((register) => list.entries.has(register));
  return name === undefined
    ? refuse("SIGNED_VALUE_REGISTER_UNKNOWN", "there is no register of imported energy")
    : { entry: requireEntry(list, name, "the register"), ...requireImportRegister(name) };
}

function readSecondsIndex(list: SmlList): number {
  const [kind, index] = itemsOf(requireEntry(list, names.secondsIndex, "seconds index").value);
  integerOf(kind, "the kind of the seconds index", 1n, 1n);
  const [choice, seconds] = itemsOf(index);
  integerOf(choice, "the kind of the seconds index", 1n, 1n);
  return Number(integerOf(seconds, "the seconds index", 0n, largest32));
}
