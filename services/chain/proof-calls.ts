import { toBeHex } from "ethers";

import { packTariff } from "../domain/packed-tariff.ts";
import type { SessionTerms } from "../domain/terms.ts";
import type { ChallengeContent, ContractCall, MeteredSession, MeterSignedRecord } from "./chain.ts";
import type { ContractInterfaces } from "./contracts.ts";

/** The call that settles sessions from what their meters signed. */
export function encodeMeterSettlement(
  { meterSettlement }: ContractInterfaces,
  sessions: readonly MeteredSession[],
): ContractCall {
  const content = sessions.map((session) => ({
    ...session,
    tariff: packTariff(session.tariff),
    records: session.records.map(encodeRecord),
  }));
  return {
    target: "meterSettlement",
    calldata: meterSettlement.encodeFunctionData("settleBatchWithMeter", [content]),
  };
}

/** The call that shows that oracles claimed something else than a meter signed. */
export function encodeChallenge({ challenges }: ContractInterfaces, challenge: ChallengeContent): ContractCall {
  const content = {
    ...challenge,
    tariff: packTariff(challenge.tariff),
    records: challenge.records.map(encodeRecord),
  };
  return { target: "challenges", calldata: challenges.encodeFunctionData("challenge", [content]) };
}

/** The call that shows that a meter signed what oracles claimed. */
export function encodeAnswer(
  { challenges }: ContractInterfaces,
  { terms, tariff, records }: Pick<MeteredSession, "terms" | "tariff" | "records">,
): ContractCall {
  const parameters = [terms, packTariff(tariff), records.map(encodeRecord)];
  return { target: "challenges", calldata: challenges.encodeFunctionData("answer", parameters) };
}

/** The call that lets the bonds pay after a challenge that nobody answered. */
export function encodeConclusion({ challenges }: ContractInterfaces, terms: SessionTerms): ContractCall {
  return { target: "challenges", calldata: challenges.encodeFunctionData("conclude", [terms]) };
}

function encodeRecord({ payload, r, s }: MeterSignedRecord): object {
  return { payload, r: toBeHex(r, 32), s: toBeHex(s, 32) };
}
