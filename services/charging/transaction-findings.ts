import type { FindingCode } from "../domain/charging/findings.ts";
import { standingIdToken } from "../domain/charging/id-token.ts";
import { isTransactionMessage, type StationMessage } from "../domain/charging/message.ts";
import { isCostDifferent } from "../domain/charging/stated-cost.ts";
import { meteredSoFar } from "../domain/charging/watched-energy.ts";
import { isSameIdTag, normalizeIdTag } from "../domain/id-tag.ts";
import { heldMicroOf } from "../domain/session-amounts.ts";
import { priceOf } from "../domain/tariff.ts";
import type { ChargingTransaction } from "../store/charging.ts";
import type { Store, StoredSession } from "../store/store.ts";

/** Of more idTokens in one transaction no sessions are looked for. */
const presentedLimit = 8;

/**
 * What of a transaction no single message shows.
 * @param all All its messages.
 * @param messages Those that count: a start that the station sent again is left out.
 */
export type TransactionFindings = (
  transaction: ChargingTransaction,
  all: readonly StationMessage[],
  messages: readonly StationMessage[],
  session: StoredSession | null,
) => Promise<readonly FindingCode[]>;

export function createTransactionFindings(deps: {
  readonly store: Pick<Store, "findSessionByIdTag" | "findTariff">;
  /** Of more messages than this after the end of a transaction, no further ones were read. */
  readonly lateMessageLimit: number;
}): TransactionFindings {
  const { store, lateMessageLimit } = deps;

  /** By what the service counted as the readings came, which is what it has told the station. */
  async function isCostStatedOtherwise(
    { watched }: ChargingTransaction,
    messages: readonly StationMessage[],
    session: StoredSession | null,
  ): Promise<boolean> {
    const ended = messages.find((message) => message.kind === "transaction-ended");
    const tariff = session === null ? null : await store.findTariff(session.terms.tariffId);
    if (session === null || tariff === null || watched === null || ended?.statedCost === undefined) return false;
    const { energyMicroWh, chargingSeconds, connectedSeconds } = meteredSoFar(watched);
    const { netMicro, grossMicro } = priceOf(tariff, energyMicroWh, chargingSeconds, connectedSeconds);
    const heldMicro = heldMicroOf(session);
    // A station that keeps the limit shows no more than the hold, and of that nobody knows the tax.
    if (grossMicro > heldMicro)
      return isCostDifferent({ ...ended.statedCost, netMicro: null }, { netMicro, grossMicro: heldMicro });
    return isCostDifferent(ended.statedCost, { netMicro, grossMicro });
  }

  return async (transaction, all, messages, session) => {
    const { lateFrames } = transaction;
    const findings: FindingCode[] = [];
    if (await isCostStatedOtherwise(transaction, messages, session)) findings.push("STATION_COST_DIFFERS");
    if (lateFrames > lateMessageLimit) findings.push("LATE_MESSAGES_IGNORED");
    if (hasRedatedStart(all, messages)) findings.push("START_RETRIED");
    const others = new Set(
      messages.flatMap((message) => {
        const idToken = isTransactionMessage(message) ? standingIdToken(message.idToken) : null;
        return idToken === null || session === null || isSameIdTag(idToken, session.idTag) ? [] : [idToken];
      }),
    );
    for (const idToken of [...others].slice(0, presentedLimit)) {
      const named = await store.findSessionByIdTag(normalizeIdTag(idToken));
      // A tag of its own that a reorganisation has replaced names no other one.
      if (named !== null && named.sessionId !== session?.sessionId) findings.push("OTHER_SESSION_PRESENTED");
    }
    return findings;
  };
}

/** A start that was left out says another time than the one that stayed: the same time would be a plain repeat. */
function hasRedatedStart(all: readonly StationMessage[], messages: readonly StationMessage[]): boolean {
  const kept = new Set(messages);
  const times = new Set(messages.filter(({ kind }) => kind === "transaction-started").map(({ time }) => time?.epochMs));
  return all.some((message) => !kept.has(message) && !times.has(message.time?.epochMs));
}
