import { randomUUID } from "node:crypto";

import { WebSocket } from "ws";
import { z } from "zod";

/** A call of the service, as a charger gets it. */
export interface ServiceCall {
  readonly action: string;
  readonly payload: unknown;
}

/** One connection of a charger to the service, in the frames of OCPP-J. */
export interface OcppLine {
  /** Calls the service and resolves with its answer. @throws when it answers with an error, or the line ends */
  call(action: string, payload: object): Promise<unknown>;
  isUp(): boolean;
  close(): Promise<void>;
}

/** The service has refused a message for good: sending it again would change nothing. */
export class CallRefusedError extends Error {
  override readonly name = "CallRefusedError";
}

const frameSchema = z.tuple([z.number(), z.string()]).rest(z.unknown());
const callFrame = z.tuple([z.literal(2), z.string(), z.string(), z.unknown()]);
/** Longer than any answer of the service takes; whoever waits longer has lost the line. */
const answerTimeoutMs = 30_000;

/**
 * Connects a charger by security profile 1.
 *
 * @param url The service's address, `http:` or `ws:`.
 * @param answerTo What the charger answers to a call; `null` where it does not know the action.
 * @throws when there is no connection
 */
export async function connectOcppLine(options: {
  readonly url: string;
  readonly stationId: string;
  readonly stationKey: string;
  readonly protocol: string;
  readonly answerTo: (call: ServiceCall) => object | null;
}): Promise<OcppLine> {
  const { url, stationId, stationKey, protocol, answerTo } = options;
  const authorization = `Basic ${Buffer.from(`${stationId}:${stationKey}`).toString("base64")}`;
  const address = `${url.replace(/^http/u, "ws")}/ocpp/${encodeURIComponent(stationId)}`;
  const socket = new WebSocket(address, [protocol], { headers: { authorization } });
  const waiting = new Map<string, (frame: readonly unknown[] | null) => void>();
  const ended = new Promise<void>((resolve) => {
    socket.once("close", () => {
      for (const answered of waiting.values()) {
        answered(null);
      }
      waiting.clear();
      resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  // Whatever goes wrong from here on ends the line, which is what is looked at.
  socket.on("error", () => undefined);
  socket.on("message", (data: Buffer) => {
    const frame = frameSchema.parse(JSON.parse(data.toString("utf8")));
    const call = callFrame.safeParse(frame);
    if (call.success) {
      const [, messageId, action, payload] = call.data;
      socket.send(JSON.stringify(answerFrame(messageId, { action, payload }, answerTo)));
      return;
    }
    waiting.get(frame[1])?.(frame);
    waiting.delete(frame[1]);
  });

  return {
    isUp: () => socket.readyState === WebSocket.OPEN,
    async call(action, payload) {
      const messageId = randomUUID();
      const frame = await new Promise<readonly unknown[] | null>((resolve) => {
        if (socket.readyState !== WebSocket.OPEN) {
          resolve(null);
          return;
        }
        const timer = setTimeout(() => {
          socket.terminate();
        }, answerTimeoutMs);
        waiting.set(messageId, (answer) => {
          clearTimeout(timer);
          resolve(answer);
        });
        socket.send(JSON.stringify([2, messageId, action, payload]));
      });
      if (frame === null) {
        throw new Error(`The line ended before ${action} was answered`);
      }
      if (frame[0] !== 3) {
        throw new CallRefusedError(`${action} was answered with ${JSON.stringify(frame)}`);
      }

      return frame[2];
    },
    async close() {
      socket.close();
      await ended;
    },
  };
}

function answerFrame(
  messageId: string,
  call: ServiceCall,
  answerTo: (call: ServiceCall) => object | null,
): readonly unknown[] {
  try {
    const answer = answerTo(call);

    return answer === null
      ? [4, messageId, "NotImplemented", `This charger does not know ${call.action}`, {}]
      : [3, messageId, answer];
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    return [4, messageId, "FormatViolation", `The payload of ${call.action} cannot be read`, {}];
  }
}
