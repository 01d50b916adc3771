import { toBeHex } from "ethers";

import { packTariff } from "../domain/packed-tariff.ts";
import type { SessionTerms } from "../domain/terms.ts";
import type {
  ChallengeContent,
  ContractCall,
  EvidenceAnswer,
  MeteredSession,
  MeterSignedRecord,
  OracleSignature,
} from "./chain.ts";
import type { ContractInterfaces } from "./contracts.ts";
import { bySigner } from "./settlement-call.ts";

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

/** The call that shows that a meter signed less than oracles claimed. */
export function encodeChallenge(
  { challenges }: ContractInterfaces,
  { records, tariff, ...claim }: ChallengeContent,
): ContractCall {
  const parameters = [{ ...claim, tariff: packTariff(tariff) }, records.map(encodeRecord)];
  return { target: "challenges", calldata: challenges.encodeFunctionData("challenge", parameters) };
}

/** The call that lowers what a session costs. @param signatures In any order. */
export function encodeLowering(
  { challenges }: ContractInterfaces,
  terms: SessionTerms,
  priceMicro: bigint,
  signatures: readonly OracleSignature[],
): ContractCall {
  const parameters = [terms, priceMicro, bySigner(signatures)];
  return { target: "challenges", calldata: challenges.encodeFunctionData("lowerPrice", parameters) };
}

/** The call that shows the records behind a claim. */
export function encodeAnswer(
  { challenges }: ContractInterfaces,
  { terms, evidence, proof }: EvidenceAnswer,
): ContractCall {
  const calldata = evidence.isReadable
    ? challenges.encodeFunctionData("showRecords", [terms, evidence.records.map(encodeRecord), proof])
    : challenges.encodeFunctionData("showDocuments", [terms, evidence.documents, proof]);
  return { target: "challenges", calldata };
}

/** The records as a contract takes them. */
export function encodeRecord({ payload, r, s }: MeterSignedRecord): object {
  return { payload, r: toBeHex(r, 32), s: toBeHex(s, 32) };
}
