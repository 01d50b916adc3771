import { refuse, withVerdict } from "../ocmf/refusal.ts";
import type { Cryptography, Refusal, Unsupported } from "../ocmf/types.ts";
import { requireKeyOn, requireSignature } from "../values/require.ts";
import type { GivenKey, SignedValue } from "../values/value.ts";
import { edlValue } from "./edl-value.ts";
import { requireEntry, requireMeter, splitSignature } from "./list-parts.ts";
import { readSmlTime } from "./local-time.ts";
import { requireImportRegister, signedImportRegisters } from "./registers.ts";
import { encodeEdlReading, identificationBytes, type EdlCompensation, type EdlReading } from "./signed-block.ts";
import { integerOf, itemsOf, octetsOf, type SmlEntry, type SmlList } from "./sml.ts";
import { readStatus, shortenStatus } from "./status.ts";

const largest32 = 0xffff_ffffn;
const names = {
  contract: "8182815401ff",
  pagination: "8180817101ff",
  secondsIndex: "810060080001",
} as const;
const compensationNames = {
  historical: "010001110064",
  compensated: "0100011100c8",
  resistance: "00af6c6c72ff",
  stopwatch: "00af647572ff",
  price: "00af707263ff",
} as const;

/**
 * Judges a list of EDL40 or EDL40+: one reading, on secp192r1 or secp256r1. What is signed is a block of 320 bytes that is
 * put together from the list; whatever else stands in the list is not signed and is not read.
 *
 * Newer meters sign what compensates for the cable as well, and of a longer status other bits. Nothing in the list says which
 * they do, so each way is tried: the signature is good for one at most.
 */
export function verifyEdl40List(list: SmlList, given: GivenKey, cryptography: Cryptography): SignedValue {
  const { entry, bytes: obis } = readRegister(list);
  const time = readSmlTime(entry.time, "the time of the reading");
  const contract = requireEntry(list, names.contract, "identification");
  const { signature, logbook } = splitSignature(list.signature);
  const key = requireKeyOn([signature.length === 48 ? "secp192r1" : "secp256r1"], given);
  const status = integerOf(entry.status, "the status", 0n, (1n << 64n) - 1n);
  const plain: EdlReading = {
    meter: requireMeter(list.serverId),
    localSeconds: time.localSeconds,
    status: Number(status & 0xffn),
    secondsIndex: readSecondsIndex(list),
    pagination: Number(
      integerOf(requireEntry(list, names.pagination, "pagination").value, "the pagination", 0n, largest32),
    ),
    obis,
    unit: Number(integerOf(entry.unit, "the unit", 0n, 255n)),
    scaler: Number(integerOf(entry.scaler, "the scaler", -128n, 127n)),
    value: integerOf(entry.value, "the reading", -(1n << 63n), (1n << 63n) - 1n),
    logbook,
    identification: requireIdentification(octetsOf(contract.value, "the identification")),
    identificationLocalSeconds: readSmlTime(contract.time, "the time of the identification").localSeconds,
    compensation: null,
  };
  const compensation = readCompensation(list);
  const short = { ...plain, status: shortenStatus(status) };
  // The likelier way first: a check that fails takes as long as one that does not.
  const ways = (signature.length === 48 ? [plain, short] : [short, plain]).flatMap((way) =>
    compensation === null ? [way] : [{ ...way, compensation }, way],
  );
  let mismatch: Refusal | Unsupported | null = null;
  for (const way of ways) {
    const signed = withVerdict(() => requireSignature(cryptography, key, encodeEdlReading(way), signature));
    if (!("verdict" in signed)) {
      return edlValue(way, signed, { epochMs: 1_000 * time.utcSeconds, state: readStatus(way.status) });
    }
    mismatch = signed;
  }
  return refuse(mismatch?.reason ?? "SIGNED_VALUE_SIGNATURE_MISMATCH", mismatch?.detail ?? "");
}

/** The entries of meters that compensate; `null` where there is none. */
function readCompensation(list: SmlList): EdlCompensation | null {
  if (!Object.values(compensationNames).some((name) => list.entries.has(name))) return null;
  const read = (name: string, least: bigint, most: bigint): bigint => {
    const entry = list.entries.get(name);
    return entry === undefined ? 0n : integerOf(entry.value, name, least, most);
  };
  return {
    historical: read(compensationNames.historical, -(1n << 63n), (1n << 63n) - 1n),
    compensated: read(compensationNames.compensated, -(1n << 63n), (1n << 63n) - 1n),
    resistance: Number(read(compensationNames.resistance, 0n, 0xffffn)),
    stopwatch: Number(read(compensationNames.stopwatch, 0n, largest32)),
    price: Number(read(compensationNames.price, 0n, 0xffffn)),
  };
}

function requireIdentification(bytes: Uint8Array): Uint8Array {
  return bytes.length <= identificationBytes
    ? bytes
    : refuse("SIGNED_VALUE_MALFORMED", `the identification has ${bytes.length} bytes of ${identificationBytes}`);
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
