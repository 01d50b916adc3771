import { expect } from "chai";

import type { VehicleOpenings } from "../../../services/chain/vehicle-openings.ts";
import { WattproofError } from "../../../services/errors.ts";
import type { IdTokenQuestion } from "../../../services/ocpp/id-token-policy.ts";
import { createTokenPolicy, type TokenPolicyDeps } from "../../../services/charging/cards/token-policy.ts";
import type { IdTokenBinding, TokenOpening } from "../../../services/store/tokens.ts";

const binding: IdTokenBinding = {
  idToken: "04AA",
  type: "ISO14443",
  consentId: "0x1",
  consent: {
    driver: "0xd",
    lane: 1,
    vehicleKey: "0xf",
    operators: ["0xo"],
    sessionCapMicro: 9n,
    periodCapMicro: 9n,
    periodSeconds: 1,
    expiresAt: 3,
  },
  tariffId: "0x2",
  agreement: 0,
  holdMicro: 9n,
  certificatePem: null,
  boundAtMs: 0,
};
const question: IdTokenQuestion = {
  stationId: "CS",
  protocol: "ocpp2.0.1",
  idToken: "04aa",
  idTokenType: "ISO14443",
  stationEvse: null,
  occasion: "authorize",
  ocppTransactionId: null,
  certificate: null,
};
const evse = { operator: "0xo", maximumPowerW: 1, activeMeter: 5, evseId: "E" };

interface Situation {
  readonly refusal?: string | null | Error;
  readonly canSign?: boolean;
  readonly isRunning?: boolean;
  readonly activeMeter?: number;
  readonly opening?: Pick<TokenOpening, "status" | "reason"> | null;
  readonly session?: "Accepted" | "Invalid";
  readonly isBound?: boolean;
  /** EVSEs that do not offer the binding's tariff. */
  readonly pricelessEvses?: readonly number[];
}

/** What the policy says in a situation of the chain and the store. */
function decide(situation: Situation, changes: Partial<IdTokenQuestion> = {}) {
  const { refusal = null, canSign = true, isRunning = false, activeMeter = 5, opening = null } = situation;
  const { session = "Invalid", isBound = true, pricelessEvses = [] } = situation;
  const vehicles = {
    canSign: () => canSign,
    sign: () => Promise.resolve({}),
    findRefusal: () => (refusal instanceof Error ? Promise.reject(refusal) : Promise.resolve(refusal)),
  } as unknown as VehicleOpenings;
  const deps: TokenPolicyDeps = {
    sessions: { decide: () => Promise.resolve({ status: session, expiresAtMs: null }) },
    store: {
      findIdTokenBinding: (idToken) => Promise.resolve(isBound && idToken === "04AA" ? binding : null),
      findStation: () => Promise.resolve({ stationId: "CS", apiKeySha256: "", evses: [7, 8] }),
      hasRunningOpening: () => Promise.resolve(isRunning),
    },
    opener: { awaitOutcome: () => Promise.resolve(opening as TokenOpening | null) },
    meters: { readEvse: () => Promise.resolve({ ...evse, activeMeter }) },
    tariffs: {
      findRefusal: ({ evse }) =>
        Promise.resolve(pricelessEvses.includes(evse) ? ("TARIFF_NOT_ASSIGNED" as const) : null),
    },
    vehicles,
    desk: { alert: () => undefined, note: () => undefined },
    now: () => 0,
    openingWaitMs: 1,
    sessionSeconds: 1,
  };
  return createTokenPolicy(deps).decide({ ...question, ...changes });
}
const statusOf = async (...parameters: Parameters<typeof decide>) => (await decide(...parameters)).status;

describe("What a station is told about bound idTokens", function () {
  it("leaves sessions' idTags and unbound idTokens to those who know them", async function () {
    expect(await statusOf({ session: "Accepted" })).to.equal("Accepted");
    expect(await statusOf({ isBound: false })).to.equal("Invalid");
    expect(await statusOf({}, { idToken: "" })).to.equal("Invalid");
    expect(await statusOf({}, { idTokenType: "KeyCode" })).to.equal("Invalid");
    expect(await statusOf({}, { idTokenType: null, protocol: "ocpp1.6" })).to.equal("Accepted");
  });

  it("is what the contract says beforehand, in the protocol's words", async function () {
    const words: Readonly<Record<string, string>> = {
      CONSENT_NOT_GRANTED: "Invalid",
      CONSENT_REVOKED: "Blocked",
      CONSENT_EXPIRED: "Expired",
      ACCOUNT_MISMATCH: "Invalid",
      OPERATOR_NOT_ALLOWED: "NotAtThisLocation",
      HOLD_ABOVE_SESSION_CAP: "NoCredit",
      HOLD_ABOVE_PERIOD_CAP: "NoCredit",
      VEHICLE_SIGNATURE_INVALID: "Invalid",
      OPENING_PAUSED: "NotAtThisTime",
      TARIFF_NOT_OFFERED: "Invalid",
      AGREEMENT_NOT_BINDING: "Invalid",
      SESSION_LIVE: "ConcurrentTx",
      NONCE_MISMATCH: "ConcurrentTx",
      NONCE_EXHAUSTED: "Invalid",
      HOLD_ABOVE_BALANCE: "NoCredit",
      EXPIRY_TOO_LATE: "Invalid",
    };
    for (const [refusal, word] of Object.entries(words)) expect(await statusOf({ refusal }), refusal).to.equal(word);
    expect(await decide({})).to.deep.equal({ status: "Accepted", expiresAtMs: 3_000, certificateStatus: null });
  });

  it("is Invalid without the key, without a meter and without an answer of the chain", async function () {
    expect(await statusOf({ canSign: false })).to.equal("Invalid");
    expect(await statusOf({ activeMeter: 0 })).to.equal("NotAtThisLocation");
    expect(await statusOf({}, { stationEvse: 3 })).to.equal("NotAtThisLocation");
    expect(await statusOf({ refusal: new WattproofError("CHAIN_UNAVAILABLE", "") })).to.equal("NotAtThisTime");
    const fault = await decide({ refusal: new WattproofError("INTERNAL", "") }).catch((error: unknown) => error);
    expect(fault).to.be.instanceOf(WattproofError);
  });

  it("is NotAtThisLocation where no EVSE in question offers the binding's tariff", async function () {
    expect(await statusOf({ pricelessEvses: [7, 8] })).to.equal("NotAtThisLocation");
    expect(await statusOf({ pricelessEvses: [7] }, { stationEvse: 1 })).to.equal("NotAtThisLocation");
    expect(await statusOf({ pricelessEvses: [7] })).to.equal("Accepted");
    const opening = { status: "refused", reason: "TARIFF_NOT_ASSIGNED" } as const;
    expect(await statusOf({ opening }, { occasion: "started", ocppTransactionId: "T" })).to.equal("NotAtThisLocation");
  });

  it("lets a charge be stopped by what began it", async function () {
    expect(await statusOf({ isRunning: true, refusal: "SESSION_LIVE" })).to.equal("Accepted");
    expect(await statusOf({ refusal: "CONSENT_REVOKED" }, { occasion: "ended" })).to.equal("Accepted");
  });

  it("is what became of the opening once charging has begun", async function () {
    for (const occasion of ["started", "updated"] as const) {
      const begun = { occasion, ocppTransactionId: "T" };
      for (const status of ["prepared", "open", "attached"] as const) {
        expect(await statusOf({ opening: { status, reason: null } }, begun), status).to.equal("Accepted");
      }
      const refused = { status: "refused", reason: "START_TOO_OLD" } as const;
      expect(await statusOf({ opening: refused }, begun)).to.equal("NotAtThisTime");
      expect(await statusOf({ opening: { ...refused, reason: "OPENING_TIMEOUT" } }, begun)).to.equal("NotAtThisTime");
      expect(await statusOf({ opening: { ...refused, reason: "EVSE_NOT_METERED" } }, begun)).to.equal("Invalid");
      expect(await statusOf({ opening: null }, begun)).to.equal("NotAtThisTime");
      expect(await statusOf({}, { occasion })).to.equal("Invalid");
    }
  });
});
