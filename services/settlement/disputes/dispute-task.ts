import type { Chain, ContractCall, HeldOpening } from "../../chain/chain.ts";
import { evidenceProofOf } from "../../domain/claim-evidence.ts";
import { openingOf } from "../../domain/opening.ts";
import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { Batch, Store, StoredAct, StoredSession } from "../../store/store.ts";
import type { MeterProofs } from "../meter-proofs.ts";
import type { BatchTask } from "../pursue-transactions.ts";
import type { PriceLowering } from "../quorum/lower-price.ts";

/** With the pause between them this is longer than the usual trouble of an endpoint, and far shorter than the window. */
const attemptLimit = 20;

/** Challenges and answers to demands on their way to the chain. */
export function createDisputeTask(deps: {
  readonly store: Store;
  readonly chain: Chain;
  readonly proofs: MeterProofs;
  readonly lowering: PriceLowering;
  readonly desk: OperatorDesk;
  /** For waits that are kept in the ledger. */
  readonly steadyNow: () => number;
  /** Pause before something that the chain would not take is tried again. */
  readonly retryMs: number;
}): BatchTask {
  const { store, chain, proofs, lowering, desk, steadyNow } = deps;

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
      await store.postponeAct(act, steadyNow() + deps.retryMs, reason);
    }
  }

  /** `null`, with the reason kept, where it cannot be done at all. */
  async function callOf(batch: Batch, act: StoredAct, signal: AbortSignal): Promise<ContractCall | null> {
    const session = await store.findSession(act.sessionId);
    if (session === null) throw new WattproofError("STORE_CORRUPT", `Session ${act.sessionId} is missing.`);
    if (act.act === "answer") return answerOf(act, session);
    const { closing } = session.state;
    const isProven = closing?.kind === "settled" && closing.batch === null;
    return isProven ? loweringOf(batch, act, session, signal) : challengeOf(act, session);
  }

  async function challengeOf(act: StoredAct, session: StoredSession): Promise<ContractCall | null> {
    const { terms, state, sessionId } = session;
    const tariff = await store.findTariff(terms.tariffId);
    if (tariff === null) throw new WattproofError("TARIFF_MISSING", `Tariff ${terms.tariffId}.`);
    const proof = await proofs.findProof(sessionId);
    if (proof === null) return giveUp(act, "NO_RECORDS_THAT_THE_CONTRACT_TAKES");
    const { closing } = state;
    if (closing?.kind !== "settled" || closing.batch === null) return giveUp(act, "NOT_SETTLED_BY_ORACLES");
    const sessionOf = async (id: string): Promise<HeldOpening | null> => {
      const found = await store.findSession(id);
      return found === null ? null : { ...openingOf(found.state.opening), holdMicro: found.terms.holdMicro };
    };
    const place = await chain.findClaim(closing.position.txHash, closing.batch, sessionId, sessionOf);
    if (place === null) return giveUp(act, "CLAIMS_CANNOT_BE_READ");
    return chain.encodeChallenge({ ...place, terms, tariff, records: proof.records });
  }

  /** A meter settled it. Where no maker vouches for that meter, a quorum can lower the price. */
  async function loweringOf(
    batch: Batch,
    act: StoredAct,
    session: StoredSession,
    signal: AbortSignal,
  ): Promise<ContractCall | null> {
    const { sessionId, terms } = session;
    const until = await chain.readLowerableUntil(sessionId);
    if (until === null || until <= (await chain.readHead()).timestamp) return giveUp(act, "PRICE_IS_FINAL");
    const lowered = await lowering.findLowering(session);
    if (lowered === null) return giveUp(act, "NOTHING_TO_LOWER");
    const signatures = await lowering.gather(lowered, signal);
    if (signatures === null) {
      await tryLater(batch, "QUORUM_LACKING", null);
      return null;
    }
    return chain.encodeLowering(terms, lowered.priceMicro, signatures);
  }

  /** What this oracle signed, from its store. Nothing is to be done where another one has answered. */
  async function answerOf(act: StoredAct, { sessionId, terms }: StoredSession): Promise<ContractCall | null> {
    const demand = await chain.readDemand(sessionId);
    if (demand === null) return giveUp(act, "DEMAND_IS_OVER");
    const signed = await store.findEvidence(demand.evidenceRoot);
    const evidence = signed?.[demand.index];
    if (signed === null || evidence?.sessionId !== sessionId) return giveUp(act, "EVIDENCE_NOT_KEPT");
    return chain.encodeAnswer({ terms, evidence, proof: evidenceProofOf(signed, demand.index) });
  }

  return {
    async prepare(batch, signal) {
      const act = await store.findActOfBatch(batch.batchId);
      if (act?.status !== "prepared") {
        // Somebody else did it first.
        await store.releaseSessions(batch.batchId, [], null);
        return null;
      }
      return callOf(batch, act, signal);
    },
    refused: (batch, detail) => tryLater(batch, detail.slice(0, 200), null),
    tooLarge: (batch) => tryLater(batch, "TOO_LARGE_FOR_A_TRANSACTION", null),
    reverted: (batch, txHash) => tryLater(batch, "REVERTED", txHash),
  };
}
