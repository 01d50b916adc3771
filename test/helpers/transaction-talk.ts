import type { Charger } from "./charger.ts";
import type { ChargingWorld } from "./charging-world.ts";
import type { OpenedSession, ServiceChain } from "./service-chain.ts";

/** An event of OCPP 2.x, as a charger of these tests tells it. */
export interface Talk2 {
  readonly type: "Started" | "Updated" | "Ended";
  readonly seqNo: number;
  readonly atSeconds: number;
  /** The register; without it the event has no meter value. */
  readonly wh?: number;
  readonly transactionId?: string;
  readonly evse?: number;
  readonly idToken?: { readonly idToken: string; readonly type: string };
  readonly remoteStartId?: number;
  readonly chargingState?: string;
}

const contexts = { Started: "Transaction.Begin", Updated: "Sample.Periodic", Ended: "Transaction.End" };

/** Tells the event, and resolves with what the service says of its idToken. */
export async function tell2(world: ChargingWorld, charger: Charger, talk: Talk2): Promise<string | null> {
  const { type, seqNo, atSeconds, wh, transactionId = "T-1", evse, idToken, remoteStartId, chargingState } = talk;
  const timestamp = world.at(atSeconds);
  const sampledValue = [{ value: wh, context: contexts[type] }];
  const answer = await charger.call("TransactionEvent", {
    eventType: type,
    seqNo,
    timestamp,
    triggerReason: "Trigger",
    transactionInfo: {
      transactionId,
      ...(remoteStartId === undefined ? {} : { remoteStartId }),
      ...(chargingState === undefined ? {} : { chargingState }),
    },
    ...(evse === undefined ? {} : { evse: { id: evse } }),
    ...(idToken === undefined ? {} : { idToken }),
    ...(wh === undefined ? {} : { meterValue: [{ timestamp, sampledValue }] }),
  });
  const info = answer["idTokenInfo"] as { readonly status: string } | undefined;
  return info?.status ?? null;
}

/** The type of 2.x under which the service asks for its idTags. */
export const central = (idToken: string) => ({ idToken, type: "Central" });

/** The driver agrees to pay for energy that nobody signed. */
export async function agree(
  chain: ServiceChain,
  world: ChargingWorld,
  session: OpenedSession,
  capMicro = 5_000_000n,
): Promise<void> {
  const signature = await chain.signConsent(session, capMicro);
  await fetch(`${world.service.url}/v1/sessions/${session.sessionId}/unsigned-energy-consent`, {
    method: "PUT",
    body: JSON.stringify({ capMicro: capMicro.toString(), signature }),
  });
}

/** How often the service gave an alert since it was started. */
export async function countAlerts(world: ChargingWorld, alert: string): Promise<number> {
  const text = await (await fetch(`${world.service.url}/metrics`)).text();
  const line = new RegExp(`^\\S+\\{[^}]*alert="${alert}"[^}]*\\} (\\d+)$`, "m").exec(text);
  return Number(line?.[1] ?? 0);
}
