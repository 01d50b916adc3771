import type { VehicleOpenings } from "../../chain/vehicle-openings.ts";
import { WattproofError } from "../../errors.ts";
import type { OperatorDesk } from "../../observability/operator-desk.ts";
import type { Store } from "../../store/store.ts";
import type { IdTokenBinding } from "../../store/tokens.ts";
import { judgeCertificate } from "../../evidence/contract-certificate.ts";
import type { MeterDirectory } from "../../evidence/meter-directory.ts";
import type { TariffDirectory } from "../../evidence/tariff-directory.ts";
import type { IdTokenDecision, IdTokenPolicy, IdTokenQuestion, IdTokenStatus } from "../../ocpp/id-token-policy.ts";
import { findBinding } from "./find-binding.ts";
import { offerTerms } from "./offer-terms.ts";
import type { TokenOpener } from "./open-for-tokens.ts";
import { statusOfRefusal } from "./refusal-status.ts";

export interface TokenPolicyDeps {
  /** Decides about idTags of sessions. */
  readonly sessions: IdTokenPolicy;
  readonly store: Pick<Store, "findIdTokenBinding" | "findStation" | "hasRunningOpening">;
  readonly opener: Pick<TokenOpener, "awaitOutcome">;
  readonly meters: Pick<MeterDirectory, "readEvse">;
  readonly tariffs: Pick<TariffDirectory, "findRefusal">;
  readonly vehicles: VehicleOpenings;
  readonly desk: OperatorDesk;
  readonly now: () => number;
  readonly openingWaitMs: number;
  readonly sessionSeconds: number;
}

/**
 * Accepts idTags of sessions, and idTokens that are bound to a consent under which the contract would open a session at
 * this station now. Beforehand that is asked of the chain; once charging has begun, it is what became of the opening.
 */
export function createTokenPolicy(deps: TokenPolicyDeps): IdTokenPolicy {
  const { sessions, store, opener, meters, tariffs, vehicles, desk, now, openingWaitMs, sessionSeconds } = deps;

  /** What the chain says about a session at the station; the EVSE is seldom known beforehand. */
  async function judge(binding: IdTokenBinding, question: IdTokenQuestion): Promise<IdTokenStatus> {
    const { stationId, stationEvse } = question;
    // With this it is stopped, too.
    if (await store.hasRunningOpening(stationId, binding.idToken)) return "Accepted";
    if (!vehicles.canSign(binding.consent)) return "Invalid";
    const evses = (await store.findStation(stationId))?.evses ?? [];
    for (const evse of stationEvse === null ? evses : evses.slice(stationEvse - 1, stationEvse)) {
      const offered = await offerTerms(meters, binding, evse);
      // A card has its own price, which not every charging point offers.
      if (offered === null) continue;
      if ((await tariffs.findRefusal({ ...offered, driver: binding.consent.driver })) !== null) continue;
      const reason = await vehicles.findRefusal(await vehicles.sign(binding.consent, offered, sessionSeconds));
      return reason === null ? "Accepted" : statusOfRefusal(reason);
    }
    return "NotAtThisLocation";
  }

  async function authorize(binding: IdTokenBinding, question: IdTokenQuestion): Promise<IdTokenDecision> {
    const expiresAtMs = binding.consent.expiresAt * 1_000;
    const { certificate } = question;
    const certificateStatus =
      certificate === null ? null : judgeCertificate(binding.certificatePem, certificate, now());
    if (certificateStatus !== null && certificateStatus !== "Accepted") {
      return { status: "Invalid", expiresAtMs: null, certificateStatus };
    }
    try {
      const status = await judge(binding, question);
      const isCancelled = certificateStatus !== null && status === "Blocked";
      return {
        status,
        expiresAtMs: status === "Accepted" ? expiresAtMs : null,
        certificateStatus: isCancelled ? "ContractCancelled" : certificateStatus,
      };
    } catch (error) {
      // Without the chain nobody can say that somebody pays, and the station should not lose its connection for that.
      if (!(error instanceof WattproofError && error.code === "CHAIN_UNAVAILABLE")) throw error;
      desk.note("token-authorize", { stationId: question.stationId, outcome: "failed", code: error.code });
      return { status: "NotAtThisTime", expiresAtMs: null, certificateStatus };
    }
  }

  /** Once begun: what became of its opening, as far as it is known in time. */
  async function outcome(
    binding: IdTokenBinding,
    { stationId, ocppTransactionId }: IdTokenQuestion,
  ): Promise<IdTokenStatus> {
    if (ocppTransactionId === null) return "Invalid";
    const opening = await opener.awaitOutcome(
      { stationId, ocppTransactionId, idToken: binding.idToken },
      openingWaitMs,
    );
    // One that is on its way passed all checks; if it fails all the same, the station is told to stop.
    if (opening === null) return "NotAtThisTime";
    return opening.status === "refused" ? statusOfRefusal(opening.reason ?? "") : "Accepted";
  }

  return {
    async decide(question) {
      const decision = await sessions.decide(question);
      if (decision.status === "Accepted") return decision;
      const binding = await findBinding(store, question.idToken, question.idTokenType);
      if (binding === null) return decision;
      if (question.occasion === "authorize") return authorize(binding, question);
      // Who may begin may end, whatever has become of the consent.
      const status = question.occasion === "ended" ? "Accepted" : await outcome(binding, question);
      return { status, expiresAtMs: null };
    },
  };
}
