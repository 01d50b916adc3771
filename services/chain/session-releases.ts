import { openingOf } from "../domain/opening.ts";
import { totalOf } from "../domain/session-amounts.ts";
import { WattproofError } from "../errors.ts";
import type { RelayChain } from "../relay/relay-chain.ts";
import type { RelayDesk } from "../relay/relay-desk.ts";
import type { RelayedCall } from "../store/relay.ts";
import type { StoredSession } from "../store/store.ts";
import type { ContractInterfaces } from "./contracts.ts";
import { accountOf } from "./opening-relay.ts";

/** Gives whole holds back, as an account that the operator appointed (`operator appoint-releaser`). */
export interface SessionReleases {
  /** Whether the contract would release the session for the service's account now, or has. @throws CHAIN_UNAVAILABLE */
  canRelease(session: StoredSession): Promise<boolean>;
  /** @throws ORDER_REFUSED, and what `RelayDesk.relay` throws */
  release(
    session: StoredSession,
    client: string,
  ): Promise<{ readonly status: "done" | "sent"; readonly txHash: string | null }>;
}

export function createSessionReleases(deps: {
  readonly relayChain: RelayChain;
  readonly relay: RelayDesk;
  readonly settlement: ContractInterfaces["settlement"];
}): SessionReleases {
  const { relayChain, relay, settlement } = deps;

  function callOf({ terms, state }: StoredSession): Pick<RelayedCall, "kind" | "target" | "calldata"> {
    const values = [terms, openingOf(state.opening), totalOf(state.topUps)];
    return {
      kind: "release",
      target: "chargingSettlement",
      calldata: settlement.encodeFunctionData("release", values),
    };
  }

  return {
    canRelease: async (session) => (await relayChain.judge(callOf(session))).kind !== "refused",
    async release(session, client) {
      const call = callOf(session);
      const state = await relayChain.judge(call);
      if (state.kind === "done") return { status: "done", txHash: null };
      const { driver } = session.terms;
      const asked = { ...call, driver, client, payer: driver, subject: accountOf(session.terms) };
      const { status, txHash, code } = await relay.relay(asked);
      if (status === "failed") throw new WattproofError("ORDER_REFUSED", code ?? "UNKNOWN");
      return { status, txHash };
    },
  };
}
