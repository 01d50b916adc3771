import { sign } from "node:crypto";

import {
  type SignedSample,
  beginSeconds,
  blockOf,
  createMeter,
  edlSample,
  endOf,
  keyOf,
  obis,
  offsetMinutes,
  signBare,
} from "./block.ts";

export function chargeIt(tag: string | null, meter = createMeter("prime192v1")): SignedSample {
  const user = tag ?? "235DD5BB";
  const begin = edlSample({ identification: Buffer.from(user, "latin1"), status: 0x88 });
  const values = [begin, endOf(begin)].map((sample) => ({
    meterInfo: { meterId: sample.meter.toUpperCase(), publicKey: meter.point },
    transactionId: "t1",
    contract: {
      id: user,
      timestampLocal: { timestamp: beginSeconds, localOffset: offsetMinutes, seasonOffset: 0 },
    },
    measurementId: sample.counter.toString(16).padStart(8, "0"),
    measuredValue: {
      timestampLocal: { timestamp: sample.seconds, localOffset: offsetMinutes, seasonOffset: 0 },
      value: sample.value.toString(),
      scale: sample.scaler,
      unitEncoded: sample.unit,
    },
    measurand: { id: obis.toUpperCase() },
    additionalInfo: { indexes: { timer: sample.counter * 100, logBook: "0004" }, status: "88" },
    signature: signBare(meter, blockOf(sample)).toString("hex"),
  }));
  const file = Buffer.from(JSON.stringify({ signedMeterValues: values }, null, 1));
  return { name: "chargeIT", format: "chargeIT", file, signature: null, ...keyOf(meter), energyWh: "1419" };
}

export function bsm(tag: string | null, meter = createMeter("prime256v1")): SignedSample {
  const spki = `3059301306072a8648ce3d020106082a8648ce3d03010703420004${meter.point}`;
  const values = [
    { type: 1, counter: 305, seconds: beginSeconds, register: 0 },
    { type: 2, counter: 306, seconds: beginSeconds + 900, register: 8_250 },
  ].map(({ type, counter, seconds, register }) => {
    const points: readonly (readonly [name: string, value: number | string, scale: number, unit: number])[] = [
      ["Typ", type, 0, 255],
      ["RCR", register, 0, 30],
      ["TotWhImp", 1_530 + register, 0, 30],
      ["W", 1_100, 1, 27],
      ["MA1", "001BZR1521070003", 0, 0],
      ["RCnt", counter, 0, 255],
      ["OS", seconds - 1_000, 0, 7],
      ["Epoch", seconds, 0, 7],
      ["TZO", 60, 0, 6],
      ["EpochSetCnt", 110, 0, 255],
      ["EpochSetOS", 53, 0, 7],
      ["DI", 1, 0, 255],
      ["DO", 0, 0, 255],
      ["Meta1", `contract-id: rfid:${tag ?? "102bb22f"}`, 0, 0],
      ["Meta2", "", 0, 0],
      ["Meta3", "csc-sw-version: ü", 0, 0],
      ["Evt", 0, 0, 255],
    ];
    const signed = Buffer.concat(
      points.map(([, value, scale, unit]) => {
        if (typeof value === "string") {
          const text = Buffer.from(value, "utf8");
          const length = Buffer.alloc(4);
          length.writeUInt32BE(text.length);
          return Buffer.concat([length, text]);
        }
        const number = Buffer.alloc(6);
        number.writeUInt32BE(value);
        number.writeInt8(scale, 4);
        number.writeUInt8(unit, 5);
        return number;
      }),
    );
    return {
      "@context": "https://www.chargeit-mobility.com/contexts/bsm-ws36a-json-v1",
      signature: sign("sha256", signed, meter.privateKey).toString("hex"),
      contract: { id: tag ?? "102bb22f", type: "rfid" },
      meterInfo: { meterId: "001BZR1521070003", publicKey: spki },
      time: `${new Date(1_000 * (seconds + 3_600)).toISOString().slice(0, 19)}+01:00`,
      measurementId: counter,
      value: { measurand: { id: "1-0:1.8.0*198" }, measuredValue: { unitEncoded: 30, scale: 0, value: register } },
      additionalValues: points.map(([name, value, scale, unit]) => ({
        measurand: { name },
        measuredValue: typeof value === "string" ? { value } : { value, scale, unitEncoded: unit },
      })),
    };
  });
  const file = Buffer.from(JSON.stringify({ signedMeterValues: values }, null, 1));
  return {
    name: "BSM-WS36A",
    format: "BSM-WS36A",
    file,
    signature: null,
    ...keyOf(meter),
    key: spki,
    energyWh: "8250",
  };
}

export function ptb(_tag: string | null, meter = createMeter("prime256v1")): SignedSample {
  const record = (time: string, value: number): string => {
    const payload = JSON.stringify({
      ID: "METER1",
      PG: "TRANSACTION-1",
      RD: [{ TM: `2026-04-16T${time},000+0200 I`, RV: value, RI: "0100010800FF", ST: "G" }],
    });
    return `OCMF|${payload}|{"SD":"${sign("sha256", Buffer.from(payload), meter.privateKey).toString("hex")}"}`;
  };
  const key = `3059301306072a8648ce3d020106082a8648ce3d03010703420004${meter.point}`;
  const file = Buffer.from(
    JSON.stringify({
      format: "ptb",
      publicKey: Buffer.from(key, "hex").toString("base64"),
      ocmfBegin: record("11:16:49", 1_000),
      ocmfEnd: record("12:16:49", 3_500),
    }),
  );
  return {
    name: "PTB container",
    format: "PTB container",
    file,
    signature: null,
    ...keyOf(meter),
    key,
    energyWh: "2500",
  };
}

export function chargePointReceipt(
  begin: number | string,
  end: number | string,
  unit = "Wh",
  driver = "driver-1",
): Buffer {
  return Buffer.from(
    `{\n "company_name": "Operator",\n "totalAmount": 0.98999999999999999,\n "additional_info": {\n  "session_id": 600,\n` +
      `  "meter_serial": "160160T",\n  "driver_info": "${driver}",\n  "meter_startreading": ${begin},\n` +
      `  "meter_endreading": ${end},\n  "energy_units": "${unit}"\n }\n}\n`,
  );
}

export function chargePoint(tag: string | null, meter = createMeter("secp224k1")): SignedSample {
  const file = chargePointReceipt(800, 9_300, undefined, tag ?? undefined);
  const key = `304e301006072a8648ce3d020106052b81040020033a0004${meter.point}`;
  const signature = sign("sha256", file, meter.privateKey);
  return { name: "ChargePoint", format: "ChargePoint", file, signature, ...keyOf(meter), key, energyWh: "8500" };
}
