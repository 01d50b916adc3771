import { challengesOf, paidBefore } from "../../../services/domain/session-amounts.ts";
import { priceOf, type Tariff } from "../../../services/domain/tariff.ts";
import { tokens } from "../../command-line/amounts.ts";
import type { CdrContent } from "../ocpi/cdr.ts";
import type { ChainSession } from "../sessions/session-book.ts";
import type { SessionEvidence } from "./evidence.ts";

/** Money that came back to a driver, by an event of the chain. */
export interface MoneyBack {
  readonly kind: "challenge" | "refund";
  readonly blockNumber: number;
  readonly logIndex: number;
  readonly txHash: string;
  readonly amountMicro: bigint;
}

/**
 * What the driver got back, in the order of the chain. Each challenge gives back what it takes off the price that the one
 * before it left; a challenge that proves more gives the driver nothing.
 */
export function moneyBackOf({ challenge, refunds }: Pick<ChainSession, "challenge" | "refunds">): readonly MoneyBack[] {
  const all: MoneyBack[] = [
    ...challengesOf(challenge)
      .map((one) => ({ one, amountMicro: paidBefore(one) - one.provenMicro }))
      .filter(({ amountMicro }) => amountMicro > 0n)
      .map(({ one, amountMicro }) => ({ kind: "challenge" as const, ...placeOf(one), amountMicro })),
    ...refunds.map((refund) => ({ kind: "refund" as const, ...placeOf(refund), amountMicro: refund.amountMicro })),
  ];
  return all.toSorted((left, right) => left.blockNumber - right.blockNumber || left.logIndex - right.logIndex);
}

/** A record after money came back: less is charged, and more credited. */
export function afterMoneyBack(content: CdrContent, amountMicro: bigint): CdrContent {
  const chargedMicro = content.chargedMicro > amountMicro ? content.chargedMicro - amountMicro : 0n;
  return { ...content, chargedMicro, creditedMicro: content.creditedMicro + amountMicro };
}

/**
 * A record after a challenge: energy, time and price are those of the records that were shown. The contract took them; they
 * are read again for what they say, not for whether they count.
 * @returns `null` if they cannot be read
 */
export function afterChallenge(
  content: CdrContent,
  shown: SessionEvidence | null,
  tariff: Tariff,
  withEvidence: boolean,
): CdrContent | null {
  const metered = shown?.metered ?? null;
  if (shown === null || metered === null) return null;
  const { energyMicroWh, chargingSeconds } = metered;
  return {
    ...content,
    ...metered,
    connectedSeconds: chargingSeconds,
    startSeconds: shown.startSeconds ?? content.startSeconds,
    endSeconds: shown.endSeconds ?? content.endSeconds,
    // What is taken back is what the other energy costs less, which is in the price.
    price: priceOf(tariff, energyMicroWh, chargingSeconds, chargingSeconds),
    evidence: withEvidence ? shown : null,
  };
}

/** Why money came back, for who reads the record. */
export function remarkOf({ kind, amountMicro }: MoneyBack): string {
  return kind === "challenge"
    ? "the meter signed another energy than was settled."
    : `the operator gave ${tokens(amountMicro)} back.`;
}

function placeOf({
  position,
}: {
  readonly position: { readonly blockNumber: number; readonly logIndex: number; readonly txHash: string };
}): Pick<MoneyBack, "blockNumber" | "logIndex" | "txHash"> {
  const { blockNumber, logIndex, txHash } = position;
  return { blockNumber, logIndex, txHash };
}
