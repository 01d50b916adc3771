import type { DemoToken, HostileToken } from "../../types/index.ts";
import { type LiveTerms, SESSION_TERMS_TYPES, type Terms } from "./session-terms.ts";
import { sessionIn, type SettlementFixture, type Signer } from "./settlement-fixture.ts";

type AnyFixture = SettlementFixture<DemoToken | HostileToken>;

export const TOP_UP_TYPES = {
  TopUp: [
    { name: "sessionId", type: "bytes32" },
    { name: "toppedUpMicro", type: "uint64" },
    { name: "amountMicro", type: "uint64" },
  ],
};

export const AGREED_SETTLEMENT_TYPES = {
  AgreedSettlement: [
    { name: "sessionId", type: "bytes32" },
    { name: "openedAt", type: "uint40" },
    { name: "salt", type: "uint24" },
    { name: "toppedUpMicro", type: "uint64" },
    { name: "chargedMicro", type: "uint64" },
  ],
};

export const WITHDRAWAL_TYPES = {
  Withdrawal: [
    { name: "driver", type: "address" },
    { name: "lane", type: "uint32" },
    { name: "nonce", type: "uint32" },
    { name: "amount", type: "uint256" },
    { name: "recipient", type: "address" },
    { name: "deadline", type: "uint40" },
  ],
};

/** A driver's order to pay out, field by field as in Withdrawal of IChargingSettlement.sol. */
export interface Withdrawal {
  readonly driver: string;
  readonly lane: bigint;
  readonly nonce: bigint;
  readonly amount: bigint;
  readonly recipient: string;
  readonly deadline: bigint;
}

/** The driver's signature of the terms, for somebody else to open the session with. */
export async function signTerms(fixture: AnyFixture, signer: Signer, terms: Terms): Promise<string> {
  return await signer.signTypedData(fixture.domain, SESSION_TERMS_TYPES, terms);
}

/** The driver's signature of a top-up by `amountMicro`, after others of together `toppedUpMicro`. */
export async function signTopUp(
  fixture: AnyFixture,
  signer: Signer,
  terms: Terms,
  toppedUpMicro: bigint,
  amountMicro: bigint,
): Promise<string> {
  const sessionId = sessionIn(fixture, terms);
  return await signer.signTypedData(fixture.domain, TOP_UP_TYPES, { sessionId, toppedUpMicro, amountMicro });
}

/** What driver and operator both sign: that the session costs `chargedMicro`. */
export async function signAgreement(
  fixture: AnyFixture,
  signer: Signer,
  terms: LiveTerms,
  chargedMicro: bigint,
  toppedUpMicro = 0n,
): Promise<string> {
  const content = { sessionId: sessionIn(fixture, terms), ...terms.opening, toppedUpMicro, chargedMicro };
  return await signer.signTypedData(fixture.domain, AGREED_SETTLEMENT_TYPES, content);
}

export async function signWithdrawal(fixture: AnyFixture, signer: Signer, withdrawal: Withdrawal): Promise<string> {
  return await signer.signTypedData(fixture.domain, WITHDRAWAL_TYPES, withdrawal);
}
