import { compareDecimals } from "../../../domain/decimal.ts";
import { fromHex, toHex } from "../ocmf/bytes.ts";
import { refuse } from "../ocmf/refusal.ts";
import type { Cryptography } from "../ocmf/types.ts";
import { requireKeyOn, requireSignature, requireWattHours } from "../values/require.ts";
import type { GivenKey, SignedValue } from "../values/value.ts";
import { readIdentification } from "./identification.ts";
import { requireEntry, requireMeter, splitSignature } from "./list-parts.ts";
import { readSmlTime } from "./local-time.ts";
import { encodeIsaReading, identificationBytes, type IsaCounter } from "./signed-block.ts";
import { integerOf, octetsOf, type SmlEntry, type SmlList } from "./sml.ts";

const names = {
  contract: "8182815401ff",
  begin: "010001080080",
  current: "0100010800ff",
  pagination: "8180c7f040ff",
  makerState: "8180816101ff",
} as const;
/** The transaction has ended. The names with 00 and 01 in the fifth place say that it has begun and goes on. */
const listOfEnd = "8180816202ff";
const makerStateBytes = 20;
const largest32 = 0xffff_ffffn;

/**
 * Judges a list of ISA-EDL40: the meter signs in one value where its register stood when the transaction began and where
 * it stands now. Only the list of the end proves the energy of a transaction.
 */
export function verifyIsaList(list: SmlList, given: GivenKey, cryptography: Cryptography): SignedValue {
  const begin = readCounter(requireEntry(list, names.begin, "the begin"), names.begin);
  const currentEntry = requireEntry(list, names.current, "the current reading");
  const current = readCounter(currentEntry, names.current);
  const pagination = integerOf(
    requireEntry(list, names.pagination, "pagination").value,
    "the pagination",
    0n,
    largest32,
  );
  const identification = octetsOf(requireEntry(list, names.contract, "identification").value, "the identification");
  const makerState = octetsOf(requireEntry(list, names.makerState, "the maker's state").value, "the maker's state");
  const { signature, logbook } = splitSignature(list.signature);
  const valueSignature = octetsOf(currentEntry.signature, "the signature of the value");
  if (makerState.length !== makerStateBytes || valueSignature.length !== 66 || signature.length !== 64) {
    return refuse("SIGNED_VALUE_MALFORMED", "a signed part has another length than in this format");
  }
  if (identification.length > identificationBytes) {
    return refuse("SIGNED_VALUE_MALFORMED", `the identification has ${identification.length} bytes`);
  }
  const key = requireKeyOn(["secp256r1"], given);
  const block = encodeIsaReading({
    meter: requireMeter(list.serverId),
    begin: begin.counter,
    current: current.counter,
    logbook,
    valueSignature,
    identification,
    makerState,
    listName: fromHex(list.name) ?? new Uint8Array(),
    pagination: Number(pagination),
  });
  const signed = requireSignature(cryptography, key, block, signature);
  if (list.name !== listOfEnd) {
    return refuse("SIGNED_VALUE_NOT_FINAL", `the list ${list.name} is not of the end of a transaction`);
  }
  const beginWh = requireWattHours(begin.counter.value, begin.counter.scaler, begin.counter.unit);
  const endWh = requireWattHours(current.counter.value, current.counter.scaler, current.counter.unit);
  if (compareDecimals(endWh, beginWh) < 0)
    return refuse("SIGNED_VALUE_DECREASING", "the current reading is below the begin");
  if (current.utcSeconds < begin.utcSeconds) {
    return refuse("SIGNED_VALUE_TIME_INVALID", "the current reading is before the begin");
  }
  return {
    verdict: "accepted",
    signed,
    meter: toHex(list.serverId),
    identification: readIdentification(identification),
    counter: pagination,
    register: "1-0:1.8.0*255",
    reading: null,
    span: {
      // What the bits of this status mean stands nowhere: the times are taken as information.
      begin: { registerWh: beginWh, time: { epochMs: 1_000 * begin.utcSeconds, state: "I" } },
      end: { registerWh: endWh, time: { epochMs: 1_000 * current.utcSeconds, state: "I" } },
    },
  };
}

function readCounter(entry: SmlEntry, name: string): { readonly counter: IsaCounter; readonly utcSeconds: number } {
  const time = readSmlTime(entry.time, `the time of ${name}`);
  const counter = {
    localSeconds: time.localSeconds,
    status: Number(integerOf(entry.status, `the status of ${name}`, 0n, (1n << 64n) - 1n) & 0xffn),
    obis: fromHex(name) ?? new Uint8Array(),
    unit: Number(integerOf(entry.unit, `the unit of ${name}`, 0n, 255n)),
    scaler: Number(integerOf(entry.scaler, `the scaler of ${name}`, -128n, 127n)),
    value: integerOf(entry.value, name, -(1n << 63n), (1n << 63n) - 1n),
  };
  return { counter, utcSeconds: time.utcSeconds };
}
