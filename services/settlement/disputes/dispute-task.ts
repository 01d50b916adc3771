import type { Chain, ContractCall, HeldOpening } from "../../chain/chain.ts";
import { linkClaims } from "../../domain/claims.ts";
import { openingOf } from "../../domain/opening.ts";
import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { Batch, Store, StoredAct, StoredSession } from "../../store/store.ts";
import type { MeterProofs } from "../meter-proofs.ts";
import type { BatchTask } from "../pursue-transactions.ts";

/** With the pause between them this is longer than the usual trouble of an endpoint, and far shorter than the window. */
const attemptLimit = 20;

/** Challenges, answers and conclusions on their way to the chain. */
export function createDisputeTask(deps: {
  readonly store: Store;
  readonly chain: Chain;
  readonly proofs: MeterProofs;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  /** Pause before something that the chain would not take is tried again. */
  readonly retryMs: number;
}): BatchTask {
  const { store, chain, proofs, desk, now } = deps;

  async function giveUp(act: StoredAct, reason: string): Promise<null> {
    const { sessionId, act: kind } = act;
    desk.alert("dispute-given-up", { sessionId, act: kind, reason });
    await store.giveUpAct(act, reason);
    return null;
  }

  async function tryLater(batch: Batch, reason: string, revertedTxHash: string | null): Promise<void> {
    const act = await store.findActOfBatch(batch.batchId);
    if (act === null) return;
    if (revertedTxHash !== null) await store.releaseSessions(batch.batchId, [], revertedTxHash);
    if (act.status === "done") {
      await store.releaseSessions(batch.batchId, [], null);
    } else if (act.attempts + 1 >= attemptLimit) {
      await giveUp(act, reason);
    } else {
      await store.postponeAct(act, now() + deps.retryMs, reason);
    }
  }

  /** `null`, with the reason kept, where it cannot be done at all. */
  async function callOf(act: StoredAct): Promise<ContractCall | null> {
    const session = await store.findSession(act.sessionId);
    if (session === null) throw new WattproofError("STORE_CORRUPT", `Session ${act.sessionId} is missing.`);
    const { terms } = session;
    if (act.act === "conclude") return chain.encodeConclusion(terms);
    const tariff = await store.findTariff(terms.tariffId);
    if (tariff === null) throw new WattproofError("TARIFF_MISSING", `Tariff ${terms.tariffId}.`);
    const proof = await proofs.findProof(act.sessionId);
    if (proof === null) return giveUp(act, "NO_RECORDS_THAT_THE_CONTRACT_TAKES");
    const { records } = proof;
    if (act.act === "answer") return chain.encodeAnswer({ terms, tariff, records });
    const place = await placeOf(session);
    return place === null
      ? giveUp(act, "CLAIMS_CANNOT_BE_READ")
      : chain.encodeChallenge({ ...place, terms, tariff, records });
  }

  /** Where the session's claim is in the batch that oracles signed. */
  async function placeOf({ sessionId, state }: StoredSession): Promise<{
    readonly batch: number;
    readonly previousLink: string;
    readonly metering: bigint;
    readonly later: readonly { readonly sessionId: string; readonly metering: bigint }[];
  } | null> {
    const { closing } = state;
    if (closing?.kind !== "settled" || closing.batch === null) return null;
    const sessionOf = async (id: string): Promise<HeldOpening | null> => {
      const session = await store.findSession(id);
      return session === null ? null : { ...openingOf(session.state.opening), holdMicro: session.terms.holdMicro };
    };
    const claims = await chain.readSettledClaims(closing.position.txHash, closing.batch, sessionOf);
    const index = claims?.findIndex((claim) => claim.sessionId === sessionId) ?? -1;
    const claim = claims?.[index];
    if (claims === null || claim === undefined) return null;
    const previousLink = linkClaims(claims.slice(0, index));
    return { batch: closing.batch, previousLink, metering: claim.metering, later: claims.slice(index + 1) };
  }

  return {
    async prepare(batch) {
      const act = await store.findActOfBatch(batch.batchId);
      if (act?.status !== "prepared") {
        // Somebody else did it first.
        await store.releaseSessions(batch.batchId, [], null);
        return null;
      }
      return callOf(act);
    },
    refused: (batch, detail) => tryLater(batch, detail.slice(0, 200), null),
    tooLarge: (batch) => tryLater(batch, "TOO_LARGE_FOR_A_TRANSACTION", null),
    reverted: (batch, txHash) => tryLater(batch, "REVERTED", txHash),
  };
}
