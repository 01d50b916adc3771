import type { EvidenceDesk } from "../../dossier/overview/evidence-desk.ts";
import type { EvidenceOverview } from "../../dossier/overview/evidence-overview.ts";
import { energyWhOf } from "../../domain/energy-totals.ts";
import type { Store } from "../../store/store.ts";
import type { HttpDoor } from "../door.ts";
import { toJson } from "../public/session-view.ts";
import { evidenceQuery, readQuery } from "./board-queries.ts";
import type { Operators } from "./operators.ts";

export interface EvidenceDeps {
  readonly store: Pick<Store, "listOperators">;
  readonly operators: Operators;
  readonly evidence: EvidenceDesk<EvidenceOverview>;
}

/**
 * `GET /v1/operator/evidence`: proven energy by purpose and month, and what became of it. Without an operator that of the
 * first one that the ledger has, and nothing where it has none.
 */
export function createEvidenceDoor({ store, operators, evidence }: EvidenceDeps): HttpDoor {
  return {
    path: "/v1/operator/evidence",
    method: "GET",
    async handler(request, response) {
      await operators.require(request, response, "read");
      const asked = readQuery(evidenceQuery, request.query).operator;
      const operator = asked ?? (await store.listOperators(1)).at(0);
      if (operator === undefined) {
        response.json({ evidence: null });
        return;
      }
      const { value, asOfMs } = await evidence.read(operator);
      response.json({ evidence: { ...viewOf(value), asOfMs } });
    },
  };
}

function viewOf({ months, outside, claims, offers, shares, ...others }: EvidenceOverview): object {
  return {
    ...others,
    months: months.map(({ claimedMicroWh, claimableMicroWh, outsideMicroWh, ...month }) => ({
      ...month,
      claimedWh: energyWhOf(claimedMicroWh),
      claimableWh: energyWhOf(claimableMicroWh),
      outsideWh: energyWhOf(outsideMicroWh),
    })),
    outside: outside.map(({ energyMicroWh, ...sums }) => ({ ...sums, energyWh: energyWhOf(energyMicroWh) })),
    claims: claims.map(({ claimId, purpose, status, holder, root, periodEnd, energyMicroWh, provenMicroWh }) => ({
      ...{ claimId, purpose, status, holder, root, periodEndsAtMs: periodEnd * 1_000 },
      ...{ energyWh: energyWhOf(energyMicroWh), provenWh: energyWhOf(provenMicroWh) },
    })),
    offers: offers.map(({ expiresAt, ...offer }) => ({ ...(toJson(offer) as object), expiresAtMs: expiresAt * 1_000 })),
    shares: toJson(shares),
  };
}
