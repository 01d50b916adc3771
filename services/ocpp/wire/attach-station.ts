import ocppRpc from "ocpp-rpc";
import type serverClient from "ocpp-rpc/lib/server-client.js";

import { WattproofError } from "../../errors.ts";
import type { OcppAccess, OcppProtocol, SecurityProfile } from "../../store/ocpp.ts";
import type { CallError } from "./call-error.ts";
import type { StationConnection } from "./connections.ts";
import type { OcppCounts } from "./counts.ts";
import type { Exchange, StationLine } from "./exchange.ts";
import { describeOutgoing } from "./outgoing-frame.ts";
import type { Pacer } from "./pacer.ts";
import { textAt } from "../payload.ts";

/** What is known of a station that was let in. */
export interface AdmittedStation {
  readonly access: OcppAccess;
  readonly protocol: OcppProtocol;
  readonly profile: SecurityProfile;
  readonly address: string;
  /** Of this connection. */
  readonly epoch: number;
}

export interface AttachDeps {
  readonly exchange: Exchange;
  readonly pacer: Pacer;
  readonly counts: OcppCounts;
  readonly now: () => number;
  readonly stationQueue: number;
  /** Unanswered messages of all stations. */
  readonly load: { waiting: number };
  readonly queueLimit: number;
}

/** Close codes of RFC 6455. */
const policyViolation = 1008;
const internalError = 1011;
const overloadPauseMs = 50;
const responseGrammar = /^\s*\[\s*[34]\s*,/;

interface MessageEvent {
  readonly message: string;
  readonly outbound: boolean;
}

interface BadMessageEvent {
  readonly error: Error;
  readonly response: unknown;
}

/**
 * Connects one socket with the exchange. ocpp-rpc does the framing and the keeping alive; what it would answer or send by
 * itself goes through the exchange first, so that nothing is answered that is not on disk.
 */
export function attachStation(
  client: serverClient.default,
  station: AdmittedStation,
  deps: AttachDeps,
): StationConnection {
  const { exchange, pacer, now, load, queueLimit, stationQueue } = deps;
  const { access, protocol } = station;
  const { stationId } = access.station;
  const socket = client.handshake.request.socket;
  const transmit = client.sendRaw.bind(client);
  const connectedAtMs = now();
  let received = "";
  let isAnsweredHere = false;
  let waiting = 0;
  let resumeTimer: NodeJS.Timeout | undefined;

  const close = (code: number, reason: string): void => {
    client.close({ code, reason }).catch(() => {
      socket.destroy();
    });
  };
  const line: StationLine = {
    stationId,
    protocol,
    bootStatus: access.bootStatus,
    epoch: station.epoch,
    send(text) {
      try {
        transmit(text);
      } catch {
        // The socket is gone; the station sends again what it has no answer to.
        socket.destroy();
      }
    },
    fail() {
      close(internalError, "Fault of the service");
    },
    giveWay() {
      close(policyViolation, "The station has connected anew");
    },
  };

  function pause(pauseMs: number): void {
    socket.pause();
    clearTimeout(resumeTimer);
    resumeTimer = setTimeout(() => {
      if (load.waiting >= queueLimit) pause(overloadPauseMs);
      else socket.resume();
    }, pauseMs);
  }

  function begin(): void {
    const atMs = now();
    connection.lastSeenAtMs = atMs;
    waiting += 1;
    load.waiting += 1;
    if (waiting > stationQueue) close(policyViolation, "Too many unanswered messages");
    const pauseMs = Math.max(pacer.count(stationId, atMs), load.waiting >= queueLimit ? overloadPauseMs : 0);
    if (pauseMs > 0) pause(pauseMs);
  }

  const end = (): void => {
    waiting -= 1;
    load.waiting -= 1;
  };

  client.on("message", ({ message, outbound }: MessageEvent) => {
    if (outbound) return;
    received = message;
    isAnsweredHere = false;
    if (!responseGrammar.test(message)) return;
    begin();
    void exchange.takeOther(line, message, null).then(end);
  });
  // Answered by the exchange after the commit, and never by ocpp-rpc.
  client.handle(({ messageId = "", method = "", params }) => {
    begin();
    void exchange.takeCall(line, received, messageId, method, params).then(end);
    return Promise.resolve(ocppRpc.NOREPLY);
  });
  client.on("badMessage", ({ error, response }: BadMessageEvent) => {
    isAnsweredHere = response !== null;
    if (responseGrammar.test(received)) return;
    begin();
    const due = response === null ? null : answerToUnreadable(protocol, received, error);
    void exchange.takeOther(line, received, due).then(end);
  });
  client.sendRaw = (text) => {
    // What ocpp-rpc answers to a message that cannot be read was answered above.
    if (isAnsweredHere) {
      isAnsweredHere = false;
      return;
    }
    const { messageId, action, storedText } = describeOutgoing(text);
    exchange.send(line, text, storedText, action, messageId).catch((error: unknown) => {
      if (error instanceof WattproofError && error.code === "STATION_MOVED") line.giveWay();
      else line.fail();
    });
  };
  client.on("ping", () => {
    connection.lastSeenAtMs = now();
  });
  client.once("disconnect", () => {
    clearTimeout(resumeTimer);
  });

  const connection: StationConnection = {
    stationId,
    protocol,
    securityProfile: station.profile,
    address: station.address,
    connectedAtMs,
    epoch: station.epoch,
    lastSeenAtMs: connectedAtMs,
    pendingCalls: 0,
    call: (action, payload) => client.call(action, payload),
    close,
  };
  return connection;
}

/** 1.6 ignores types that it does not know; 2.1 has two more types, which want no answer. */
function answerToUnreadable(
  protocol: OcppProtocol,
  text: string,
  error: Error,
): { readonly messageId: string; readonly error: CallError } | null {
  const frame = readJson(text);
  const type: unknown = Array.isArray(frame) ? frame[0] : undefined;
  const id: unknown = Array.isArray(frame) ? frame[1] : undefined;
  // "-1" is what OCPP-J wants where the id cannot be read.
  const messageId = typeof id === "string" ? id : "-1";
  if (textAt(error, "rpcErrorCode") === "MessageTypeNotSupported") {
    if (protocol === "ocpp1.6" || (protocol === "ocpp2.1" && (type === 5 || type === 6))) return null;
    return { messageId, error: { reason: "message-type", description: "The message type is not supported." } };
  }
  return { messageId, error: { reason: "rpc-framework", description: "The message cannot be read." } };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
