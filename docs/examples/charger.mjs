// A charger of one outlet with a meter that signs, for OCPP 1.6, 2.0.1 and 2.1. Needs ws and nothing else.
//   node docs/examples/charger.mjs <address, without the identity> <identity> <1.6|2.0.1|2.1> <state file>
// STATION_KEY is its key for Basic authentication; METER_KEY the file of the meter's private key (PEM, secp256r1);
// EVSE_ID, POWER_W and CHARGE_SECONDS say what it is and how it charges.
import { createPrivateKey, randomUUID, sign } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import WebSocket from "ws";

const [url, stationId, version, stateFile] = process.argv.slice(2);
const { STATION_KEY, METER_KEY, EVSE_ID = "DE*ABC*E0001", POWER_W = "11000", CHARGE_SECONDS = "3600" } = process.env;
const meterKey = createPrivateKey(readFileSync(METER_KEY));
const is16 = version === "1.6";
const callTimeoutMs = 30_000;
const readingMs = Math.min(60_000, (Number(CHARGE_SECONDS) * 1_000) / 4);

// Everything that must survive a loss of power. A message stays in the queue until the service has answered it.
const state = existsSync(stateFile)
  ? JSON.parse(readFileSync(stateFile, "utf8"))
  : { registerWh: 1_000, pagination: 0, transaction: null, numbers: {}, queue: [] };

function keep(changes) {
  Object.assign(state, changes);
  const file = openSync(`${stateFile}.new`, "w", 0o600);
  writeSync(file, JSON.stringify(state));
  fsyncSync(file);
  closeSync(file);
  renameSync(`${stateFile}.new`, stateFile);
}

// THE METER

const twoDigits = (number) => String(number).padStart(2, "0");

/** Local time of UTC with the clock's state: S is synchronised. */
function meterTime(at) {
  const day = [at.getUTCFullYear(), twoDigits(at.getUTCMonth() + 1), twoDigits(at.getUTCDate())].join("-");
  const time = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(twoDigits).join(":");
  return `${day}T${time},000+0000 S`;
}

/** A record of OCMF with the reading of the begin and that of the end. */
function signedRecord({ idTag, beganAt, beginWh }, endedAt, endWh) {
  keep({ pagination: state.pagination + 1 });
  const reading = (type, at, wh) =>
    `{"TM":"${meterTime(at)}","TX":"${type}","RV":${(wh / 1_000).toFixed(4)},"RI":"1-b:1.8.0","RU":"kWh","RT":"AC","EF":"","ST":"G"}`;
  const head = {
    ...{ FV: "1.0", GI: "Example charger", GS: stationId, GV: "1.0", PG: `T${state.pagination}` },
    ...{ MV: "Example", MM: "Meter", MS: stationId, MF: "1.0" },
    ...{ IS: true, IL: "VERIFIED", IF: ["OCPP_AUTH_TLS"], IT: "CENTRAL", ID: idTag, CT: "EVSEID", CI: EVSE_ID },
  };
  const readings = [reading("B", new Date(beganAt), beginWh), reading("E", endedAt, endWh)];
  const payload = `${JSON.stringify(head).slice(0, -1)},"RD":[${readings.join(",")}]}`;
  const signature = sign("sha256", Buffer.from(payload), meterKey).toString("hex");
  return `OCMF|${payload}|${JSON.stringify({ SA: "ECDSA-secp256r1-SHA256", SD: signature })}`;
}

// WHAT HAPPENS AT THE OUTLET

/** Queues what there is to tell of a transaction, with the register as it is. Nothing is sent that is not kept. */
function tell(type, transaction, at = new Date()) {
  const { id, idTag, remoteStartId, seqNo } = transaction;
  const timestamp = at.toISOString();
  const wh = Math.round(state.registerWh);
  const context = { Started: "Transaction.Begin", Updated: "Sample.Periodic", Ended: "Transaction.End" }[type];
  const record =
    type === "Ended" ? Buffer.from(signedRecord(transaction, at, state.registerWh)).toString("base64") : null;
  const signed = { signedMeterData: record, signingMethod: "", encodingMethod: "OCMF", publicKey: "" };
  const message = is16
    ? message16(type, { idTag, timestamp, wh, signed: JSON.stringify(signed) })
    : {
        action: "TransactionEvent",
        payload: {
          ...{ eventType: type, timestamp, seqNo, offline: line === null },
          triggerReason: { Started: "RemoteStart", Updated: "MeterValuePeriodic", Ended: "EVDeparted" }[type],
          transactionInfo: { transactionId: id, ...(type === "Started" ? { remoteStartId } : {}) },
          ...(type === "Started"
            ? { evse: { id: 1, connectorId: 1 }, idToken: { idToken: idTag, type: "Central" } }
            : {}),
          meterValue: [
            {
              timestamp,
              sampledValue: [{ value: wh, context, ...(record === null ? {} : { signedMeterValue: signed }) }],
            },
          ],
        },
      };
  const next = type === "Ended" ? null : { ...transaction, seqNo: seqNo + 1 };
  keep({ transaction: next, queue: [...state.queue, { ...message, transaction: id }] });
  if (type !== "Updated") keep({ queue: [...state.queue, { action: "StatusNotification", payload: status() }] });
}

function message16(type, { idTag, timestamp, wh, signed }) {
  const end = [{ timestamp, sampledValue: [{ value: signed, format: "SignedData", context: "Transaction.End" }] }];
  const values = [{ timestamp, sampledValue: [{ value: String(wh), context: "Sample.Periodic" }] }];
  return {
    Started: { action: "StartTransaction", payload: { connectorId: 1, idTag, meterStart: wh, timestamp } },
    Updated: { action: "MeterValues", payload: { connectorId: 1, meterValue: values } },
    Ended: { action: "StopTransaction", payload: { idTag, meterStop: wh, timestamp, transactionData: end } },
  }[type];
}

/** Charges whatever transaction there is; one that was interrupted by a loss of power is ended as the first thing. */
async function charge() {
  if (state.transaction?.beganAt) tell("Ended", state.transaction);
  for (;;) {
    const { transaction } = state;
    if (transaction === null) {
      await pause(200);
    } else if (transaction.beganAt === undefined) {
      const begun = { ...transaction, beganAt: new Date().toISOString(), beginWh: state.registerWh };
      tell("Started", begun);
      console.log(`Charging begins for ${transaction.idTag}.`);
    } else if (transaction.isToStop || Date.now() - Date.parse(transaction.beganAt) >= Number(CHARGE_SECONDS) * 1_000) {
      tell("Ended", transaction);
      console.log("Charging has ended.");
    } else {
      await pause(readingMs);
      keep({ registerWh: state.registerWh + (Number(POWER_W) * readingMs) / 3_600_000 });
      tell("Updated", state.transaction);
    }
  }
}

// THE LINE TO THE SERVICE

let line = null;
const waiting = new Map();

function call(action, payload) {
  const id = randomUUID();
  const answered = new Promise((resolve, reject) => {
    waiting.set(id, resolve);
    pause(callTimeoutMs, undefined, { ref: false }).then(() => reject(new Error(`No answer to ${action}.`)));
  });
  line.send(JSON.stringify([2, id, action, payload]));
  return answered.finally(() => waiting.delete(id));
}

function status() {
  const isCharging = state.transaction?.beganAt !== undefined;
  if (is16) return { connectorId: 1, status: isCharging ? "Charging" : "Available", errorCode: "NoError" };
  const connectorStatus = isCharging ? "Occupied" : "Available";
  return { timestamp: new Date().toISOString(), evseId: 1, connectorId: 1, connectorStatus };
}

/** What the service asks. An action that a charger does not know is answered as such, and never with silence. */
function answer(action, payload) {
  const { transaction } = state;
  switch (action) {
    case "RemoteStartTransaction":
    case "RequestStartTransaction": {
      const idTag = is16 ? payload.idTag : payload.idToken.idToken;
      if (transaction !== null && transaction.idTag !== idTag) return { status: "Rejected" };
      const id = transaction?.id ?? randomUUID();
      if (transaction === null) keep({ transaction: { id, idTag, remoteStartId: payload.remoteStartId, seqNo: 0 } });
      return { status: "Accepted", ...(is16 ? {} : { transactionId: id }) };
    }
    case "RemoteStopTransaction":
    case "RequestStopTransaction": {
      const known = is16 ? String(state.numbers[transaction?.id]) : transaction?.id;
      if (known !== String(payload.transactionId)) return { status: "Rejected" };
      keep({ transaction: { ...transaction, isToStop: true } });
      return { status: "Accepted" };
    }
    case "GetTransactionStatus":
      return {
        messagesInQueue: state.queue.length > 0,
        ...(payload.transactionId ? { ongoingIndicator: payload.transactionId === transaction?.id } : {}),
      };
    case "GetConfiguration":
      return { unknownKey: payload.key ?? [] };
    case "GetVariables":
      return {
        getVariableResult: payload.getVariableData.map((asked) => ({ ...asked, attributeStatus: "UnknownVariable" })),
      };
    default:
      return null;
  }
}

function receive(data) {
  const [type, id, ...rest] = JSON.parse(data);
  if (type !== 2) return waiting.get(id)?.(type === 3 ? { payload: rest[0] } : { error: rest });
  const payload = answer(...rest);
  line.send(JSON.stringify(payload === null ? [4, id, "NotImplemented", "", {}] : [3, id, payload]));
}

/** Sends the queue in its order, each message until it is answered. */
async function sendQueue() {
  while (line !== null) {
    const [first] = state.queue;
    if (first === undefined) {
      await pause(100);
      continue;
    }
    const { action, payload, transaction } = first;
    const needsNumber = is16 && (action === "MeterValues" || action === "StopTransaction");
    const sent = needsNumber ? { ...payload, transactionId: state.numbers[transaction] } : payload;
    const { payload: answered, error } = await call(action, sent);
    if (error !== undefined) console.error(`${action} was refused: ${JSON.stringify(error)}`);
    const { transactionId } = answered ?? {};
    const given = transactionId === undefined ? {} : { [transaction]: transactionId };
    // Once the stop is answered nothing needs the number any more.
    const numbers = action === "StopTransaction" ? {} : { ...state.numbers, ...given };
    const status = (answered?.idTagInfo ?? answered?.idTokenInfo)?.status ?? "Accepted";
    const isRefused = status !== "Accepted" && state.transaction?.id === transaction;
    const current = isRefused ? { ...state.transaction, isToStop: true } : state.transaction;
    keep({ numbers, transaction: current, queue: state.queue.slice(1) });
  }
}

async function connectOnce() {
  const authorization = `Basic ${Buffer.from(`${stationId}:${STATION_KEY}`).toString("base64")}`;
  const socket = new WebSocket(`${url}/${stationId}`, [`ocpp${version}`], { headers: { authorization } });
  const closed = new Promise((resolve) => socket.once("close", resolve).once("error", resolve));
  await Promise.race([closed, new Promise((resolve) => socket.once("open", resolve))]);
  if (socket.readyState !== WebSocket.OPEN) throw new Error("The service cannot be reached, or refuses the station.");
  line = socket;
  socket.on("message", receive);
  void closed.then(() => (line = null));
  try {
    const model = { chargePointVendor: "Example", chargePointModel: "Charger" };
    const booted = { reason: "PowerUp", chargingStation: { vendorName: "Example", model: "Charger" } };
    const { payload } = await call("BootNotification", is16 ? model : booted);
    if (payload?.status !== "Accepted") throw new Error("The service does not accept the station yet.");
    console.log("The service has accepted the station.");
    await call("StatusNotification", status());
    await Promise.race([closed, sendQueue()]);
  } finally {
    socket.terminate();
    line = null;
  }
}

void charge();
for (let waitMs = 1_000; ; waitMs = Math.min(60_000, waitMs * 2)) {
  try {
    await connectOnce();
    waitMs = 1_000;
  } catch (error) {
    console.error(error.message);
  }
  await pause(waitMs * (0.5 + Math.random()));
}
