import { connectStation, type BareStation, type ConnectOptions } from "./ocpp-service.ts";

/** A call of the service that a charger has answered. */
export interface TakenCall {
  readonly action: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** A charger on a real socket, which answers the service's calls and waits for the answer to each of its own. */
export interface Charger {
  /** What the service has ordered or asked, in order; without what is about the display alone. */
  readonly taken: TakenCall[];
  /** What the service has told the display, and asked about it, in order. */
  readonly displayed: TakenCall[];
  /** How calls of the service are answered; `null`: not at all. */
  answers: (call: TakenCall) => object | null;
  /** Calls the service and resolves with the payload of its answer. @throws on a CALLERROR */
  call(action: string, payload: object): Promise<Readonly<Record<string, unknown>>>;
  close(): Promise<void>;
}

/** Costs that are told, and whether the station shows and limits them. */
function isAboutDisplay({ action, payload }: TakenCall): boolean {
  const text = JSON.stringify(payload);
  const isTariff = action === "SetDefaultTariff" || action === "ChangeTransactionTariff";
  return (
    isTariff ||
    action === "CostUpdated" ||
    /SupportedLimits|TariffCostCtrlr|CustomDisplayCostAndPrice|costmsg/u.test(text)
  );
}

/** Accepts whatever it is asked. */
export const acceptAll = (): object => ({ status: "Accepted" });

export async function connectCharger(
  serviceUrl: string,
  stationId: string,
  protocol: string,
  options: ConnectOptions = {},
): Promise<Charger> {
  const station: BareStation = await connectStation(serviceUrl.replace(/^http/, "ws"), stationId, {
    ...options,
    protocols: [protocol],
  });
  const { socket } = station;
  const waiting = new Map<string, { resolve: (frame: readonly unknown[]) => void; reject: (error: Error) => void }>();
  const taken: TakenCall[] = [];
  const displayed: TakenCall[] = [];
  let sent = 0;
  const charger: Charger = {
    taken,
    displayed,
    answers: acceptAll,
    async call(action, payload) {
      // What is sent on a connection that has ended goes nowhere, and nothing says so.
      if (socket.readyState !== socket.OPEN) throw new Error("The connection has ended.");
      sent += 1;
      const messageId = `m-${sent}`;
      const answered = new Promise<readonly unknown[]>((resolve, reject) => {
        waiting.set(messageId, { resolve, reject });
      });
      socket.send(JSON.stringify([2, messageId, action, payload]));
      const frame = await answered;
      if (frame[0] !== 3) throw new Error(`${action} was answered with ${JSON.stringify(frame)}`);
      return frame[2] as Readonly<Record<string, unknown>>;
    },
    close: () => station.close(),
  };
  socket.on("message", (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as readonly unknown[];
    const [type, messageId] = frame;
    if (type === 2) {
      const call = { action: String(frame[2]), payload: frame[3] as TakenCall["payload"] };
      (isAboutDisplay(call) ? displayed : taken).push(call);
      const answer = charger.answers(call);
      if (answer !== null) socket.send(JSON.stringify([3, messageId, answer]));
      return;
    }
    const waiter = waiting.get(String(messageId));
    waiting.delete(String(messageId));
    waiter?.resolve(frame);
  });
  socket.once("close", () => {
    for (const { reject } of waiting.values()) reject(new Error("The connection ended before a call was answered."));
  });
  return charger;
}
