import type { ClaimEvidence } from "../domain/claim-evidence.ts";
import type { Claim, SignedClaims } from "../domain/claims.ts";
import type { Opening } from "../domain/opening.ts";
import type { MeterCurve } from "../domain/meter-curve.ts";
import type { Provenance } from "../domain/provenance.ts";
import type { Tariff } from "../domain/tariff.ts";
import type { LoweredPrice } from "../domain/lowered-price.ts";
import type { SessionTerms, SettlementDomain } from "../domain/terms.ts";
import type { Fees } from "../domain/chain-transaction.ts";
import type { Omission } from "./complete-logs.ts";
import type { ChainEvent } from "./events.ts";

export interface ChainBlock {
  readonly number: number;
  readonly hash: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

export interface RegisteredEvse {
  readonly operator: string;
  /** The most that it can deliver, which sessions carry in their terms. */
  readonly maximumPowerW: number;
  /** Number of the meter that measures there now; 0 if there is none. */
  readonly activeMeter: number;
  readonly evseId: string;
}

/** How an operator shares. Whether it was ended since does not matter to sessions that are open. */
export interface RegisteredAgreement {
  readonly operator: string;
  /** Every partner has signed. */
  readonly isSigned: boolean;
}

/** The oracles whose claims settle at the newest block, without those who resigned. */
export interface Committee {
  readonly version: number;
  readonly members: readonly string[];
  /** Signatures that a batch needs. */
  readonly threshold: number;
}

export type { MeterCurve };

/** A meter of the registry. Times are seconds since 1970. */
export interface RegisteredMeter {
  readonly number: number;
  readonly evse: number;
  readonly curve: MeterCurve;
  readonly status: "pending" | "active" | "retired" | "revoked";
  /** How it is known that the registrant has the meter; `null` as long as it is not. */
  readonly possession: "proven-on-chain" | "attested-by-oracle" | null;
  /** Who says that the key belongs to a meter, as of now; `null` as long as the meter was not activated. */
  readonly provenance: Provenance | null;
  /** Number of the maker that vouched for it, whose key may have been revoked since; 0 if none did. */
  readonly maker: number;
  readonly validFrom: number;
  readonly validUntil: number;
  readonly calibrationExpiresAt: number;
  /** X and Y, big-endian; `0x` and hexadecimal digits. */
  readonly publicKey: string;
}

/** A session to be settled. */
export interface SettlementItem {
  readonly terms: SessionTerms;
  readonly opening: Opening;
  readonly tariff: Tariff;
  readonly energyMicroWh: bigint;
  readonly chargingSeconds: number;
  readonly connectedSeconds: number;
  /** By how much the driver raised the hold. */
  readonly toppedUpMicro: bigint;
  /** The contract can read the records behind it, and they give exactly this. */
  readonly isReadable: boolean;
}

/** An oracle's signature of a batch, in the compact form of ERC-2098. */
export interface OracleSignature {
  readonly signer: string;
  readonly r: string;
  readonly vs: string;
}

/** What a meter signed: the bytes, and the two numbers of the signature. */
export interface MeterSignedRecord {
  readonly payload: Uint8Array;
  readonly r: bigint;
  readonly s: bigint;
}

/** A session to be settled from what its meter signed. */
export interface MeteredSession {
  readonly terms: SessionTerms;
  readonly opening: Opening;
  readonly toppedUpMicro: bigint;
  readonly tariff: Tariff;
  readonly records: readonly MeterSignedRecord[];
}

/** A claim of oracles at its place in the batch that settled it. */
export interface ClaimPlace {
  readonly batch: number;
  readonly index: number;
  readonly count: number;
  /** The siblings of the claim in the tree of settled claims, from the leaf up. */
  readonly proof: readonly string[];
  readonly evidenceRoot: string;
  readonly metering: bigint;
  readonly isReadable: boolean;
}

/** A settled claim, and the meter's records that cost its driver less. */
export interface ChallengeContent extends ClaimPlace, Omit<MeteredSession, "opening" | "toppedUpMicro"> {}

/** A demand for the records behind a claim that nobody has answered or concluded. */
export interface OpenDemand {
  readonly evidenceRoot: string;
  readonly index: number;
  /** The last second (since 1970) at which it can be answered. */
  readonly answerableUntil: number;
}

/** What answers a demand. */
export interface EvidenceAnswer {
  readonly terms: SessionTerms;
  readonly evidence: ClaimEvidence;
  readonly proof: readonly string[];
}

/** What of a session is needed to read again what was claimed of it. */
export interface HeldOpening extends Opening {
  /** In the terms, in 10⁻⁶ token. */
  readonly holdMicro: bigint;
}

/** A contract that the service sends transactions to. */
export type CallTarget =
  | "chargingSettlement"
  | "meterSettlement"
  | "challenges"
  | "authorizedFunding"
  | "vehicleConsents"
  | "passkeyAccounts"
  | "walletOpenings";

/** A call of a contract. */
export interface ContractCall {
  readonly target: CallTarget;
  readonly calldata: string;
}

export type GasEstimate =
  { readonly kind: "estimated"; readonly gas: bigint } | { readonly kind: "refused"; readonly detail: string };

/** What became of handing over a transaction. `detail` holds the endpoint's words. */
export interface BroadcastOutcome {
  readonly kind: "taken" | "nonce-used" | "underpriced" | "unfunded" | "refused";
  readonly detail: string;
}

export interface TransactionReceipt {
  readonly isSuccess: boolean;
  readonly blockNumber: number;
  readonly blockHash: string;
}

/** What a range of blocks says. */
export interface ChainReading {
  readonly events: readonly ChainEvent[];
  /** Blocks whose events the endpoint left out where it was asked for them, and that were read otherwise. */
  readonly omissions: readonly Omission[];
}

/**
 * The chain, and the oracle's account on it. All waits are limited.
 * Errors: CHAIN_UNAVAILABLE if the endpoint does not answer, CHAIN_MISMATCH if it answers what cannot be.
 */
export interface Chain {
  readonly domain: SettlementDomain;
  /** The account that settles. */
  readonly oracle: string;

  /** The endpoint is on the deployment's chain and the contracts are there. @throws CHAIN_MISMATCH */
  checkDeployment(): Promise<void>;
  /** The account is one of the oracles. */
  isMember(): Promise<boolean>;
  readCommittee(): Promise<Committee>;
  /** How long an epoch is, in seconds. */
  readEpochSeconds(): Promise<number>;
  /** Time from scheduling a committee to its first signature, and so from a session's opening to the oracles' last, in seconds. */
  readChangeDelaySeconds(): Promise<number>;
  readHead(): Promise<ChainBlock>;
  /** `null` if the chain is not that long. */
  readBlock(number: number): Promise<ChainBlock | null>;
  /**
   * All events of these blocks, both included, in order; `null` if the chain changed while they were read.
   * @param parentHash Of the block before `from`; `null` where it is not known.
   * @throws CHAIN_EVENTS_MISSING while the endpoint does not tell all of them
   */
  readEvents(from: number, to: ChainBlock, parentHash: string | null): Promise<ChainReading | null>;
  /** `null` if there is no such EVSE. */
  readEvse(evse: number): Promise<RegisteredEvse | null>;
  /** `null` if there is no such agreement. */
  readAgreement(agreement: number): Promise<RegisteredAgreement | null>;
  /** `null` if there is no such meter. */
  readMeter(meter: number): Promise<RegisteredMeter | null>;
  /** The contract can read this payload of a record, the bytes between its first and its second `|`. */
  canContractRead(payload: Uint8Array): Promise<boolean>;
  /** `null` if nobody published it. */
  readTariff(tariffId: string): Promise<Tariff | null>;
  /** Whether the operator offers the tariff now; not if it never did or has retired it. */
  isOffered(operator: string, tariffId: string): Promise<boolean>;

  /** The account signed this digest, with its key or as a contract (ERC-1271). */
  isSignedBy(account: string, digest: string, signature: string): Promise<boolean>;

  /** The next nonce of the oracle's account at the newest block. */
  readAccountNonce(): Promise<number>;
  /** What a transaction should offer to be mined soon. */
  readFees(): Promise<Fees>;
  /** What the oracles claim with these sessions, in the order in which the contract links them. No I/O. */
  claimsOf(items: readonly SettlementItem[]): readonly Claim[];
  /** Signs claims as an oracle. No I/O. */
  signClaims(signed: SignedClaims): Promise<OracleSignature>;
  /** Who signed these claims; `null` if it is no signature. No I/O. */
  recoverSigner(signed: SignedClaims, signature: Omit<OracleSignature, "signer">): string | null;
  /** Signs a lower price as an oracle. No I/O. */
  signLowering(lowered: LoweredPrice): Promise<OracleSignature>;
  /** Who signed this lower price; `null` if it is no signature. No I/O. */
  recoverLoweringSigner(lowered: LoweredPrice, signature: Omit<OracleSignature, "signer">): string | null;
  /** Signs what a dossier commits to as an oracle, by its EIP-712 digest. No I/O. */
  signDossier(digest: string): Promise<OracleSignature>;
  /** Signs an offer of a tariff at an EVSE, by its EIP-712 digest. No I/O. */
  signOffer(digest: string): Promise<OracleSignature>;
  /** The call that settles these sessions by what a quorum signed. No I/O. */
  encodeSettlement(
    items: readonly SettlementItem[],
    evidenceRoot: string,
    signatures: readonly OracleSignature[],
  ): ContractCall;
  /** The call that settles these sessions from what their meters signed. No I/O. */
  encodeMeterSettlement(sessions: readonly MeteredSession[]): ContractCall;
  /** The call that challenges a settlement. No I/O. */
  encodeChallenge(challenge: ChallengeContent): ContractCall;
  /** The call that lowers what a session costs by what a quorum signed. No I/O. */
  encodeLowering(terms: SessionTerms, priceMicro: bigint, signatures: readonly OracleSignature[]): ContractCall;
  /** The call that shows the records behind a claim. No I/O. */
  encodeAnswer(answer: EvidenceAnswer): ContractCall;
  /**
   * What these records prove of a session that settles then, in seconds since 1970, as the contract measures them:
   * `PackedMetering`; `null` if it refuses them.
   */
  measure(session: Omit<MeteredSession, "tariff"> & { readonly settledAt: number }): Promise<bigint | null>;
  /** The last second (since 1970) at which a quorum can lower what the session costs; `null` if it never could. */
  readLowerableUntil(sessionId: string): Promise<number | null>;
  /** `null` if no demand for the session's records is open. */
  readDemand(sessionId: string): Promise<OpenDemand | null>;
  /**
   * Where a session's claim is in the batch that settled it; `null` if it cannot be found out.
   * @param sessionOf Hold and opening of a session; `null` for one that is not known.
   */
  findClaim(
    txHash: string,
    batch: number,
    sessionId: string,
    sessionOf: (sessionId: string) => Promise<HeldOpening | null>,
  ): Promise<ClaimPlace | null>;
  estimateCall(call: ContractCall): Promise<GasEstimate>;
  /** Signs a transaction of the oracle's account. No I/O: nothing is sent. */
  signCall(
    call: ContractCall & Fees & { readonly nonce: number; readonly gasLimit: bigint },
  ): Promise<{ readonly txHash: string; readonly rawTransaction: string }>;
  /** Hands over a signed transaction. Doing it again is harmless. */
  broadcast(rawTransaction: string): Promise<BroadcastOutcome>;
  readReceipt(txHash: string): Promise<TransactionReceipt | null>;
  /** The endpoint has the transaction, pending or mined. */
  isKnown(txHash: string): Promise<boolean>;
}
