import type { RegisteredMeter } from "../../chain/chain.ts";
import type { Deployment } from "../../chain/deployment.ts";
import type { EvidenceMarket } from "../../chain/evidence-market.ts";
import { WattproofError } from "../../errors.ts";
import type { MeterDirectory } from "../../evidence/meter-directory.ts";
import type { MeterOfSessions } from "../../store/dossiers.ts";
import type {
  DossierCommitment,
  DossierManifest,
  DossierMonth,
  DossierSummary,
  DossierTotals,
} from "../format/dossier-schema.ts";
import { isConsenting, neededScopesOf, type ConsentRule, type ConsentsAt } from "../format/consents.ts";
import { commitmentOf } from "../format/commitment.ts";
import { createTotalsCounter, summaryOf } from "../format/totals.ts";
import type { MeterIdentity, ProvenSession, UnprovenSession } from "./judge-session.ts";
import { layOutMonths } from "./lay-out-months.ts";
import { createSessionReader, type SessionReaderDeps } from "./read-sessions.ts";

/** What a dossier is asked to be. The same request gives the same dossier to each service that has the same records. */
export interface DossierRequest {
  readonly purpose: string;
  readonly operator: string;
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** EVSEs by number; `null`: all of the operator. */
  readonly evses: readonly number[] | null;
  /** What the purpose asks for besides, by number of the EVSE. */
  readonly identifiers: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** 32 bytes from which the salts of the leaves follow. */
  readonly seed: string;
  /** Leaves out sessions of drivers who did not consent; `null`: rests on no consent. */
  readonly consent: ConsentRule | null;
}

/** What comes behind the months. */
export interface DossierSums {
  readonly totals: DossierTotals;
  readonly summary: DossierSummary;
  readonly commitment: DossierCommitment;
}

/** Makes dossiers from the ledger, one month of one meter at a time. */
export interface DossierMaker {
  /**
   * @throws DOSSIER_EMPTY if the meters had no session in the period, DOSSIER_CONSENT_MISSING if the purpose needs consents
   * that the request does not name, EVIDENCE_NOT_DEPLOYED
   */
  readManifest(request: DossierRequest): Promise<DossierManifest>;
  /** Gives the months, and at its end the sums. */
  makeMonths(request: DossierRequest, manifest: DossierManifest): AsyncGenerator<DossierMonth, DossierSums>;
}

export interface DossierMakerDeps extends SessionReaderDeps {
  readonly meters: Pick<MeterDirectory, "readMeter" | "readEvse">;
  readonly deployment: Deployment;
  readonly market: Pick<EvidenceMarket, "readConsentsAt" | "addressOf">;
}

export function createDossierMaker(deps: DossierMakerDeps): DossierMaker {
  const { meters, deployment } = deps;
  const sessionsOf = createSessionReader(deps);

  async function requireMeter({ meter, evse }: MeterOfSessions): Promise<{ meter: RegisteredMeter; powerW: number }> {
    const found = await meters.readMeter(meter);
    const place = await meters.readEvse(evse);
    if (found === null || place === null) {
      throw new WattproofError("CHAIN_UNAVAILABLE", `The registry has no meter ${meter} at EVSE ${evse}.`);
    }
    return { meter: found, powerW: place.maximumPowerW };
  }

  /** What the first proven session says of its meter; `undefined` if the meter had no session in the period. */
  async function identify(request: DossierRequest, of: MeterOfSessions): Promise<MeterIdentity | undefined> {
    const { meter, powerW } = await requireMeter(of);
    let isUsed = false;
    for await (const one of sessionsOf(request, meter, powerW)) {
      isUsed = true;
      if (one.kind === "proven") return one.identity;
    }
    const unknown = { vendor: null, model: null, serial: null, register: "", restartsWithTransaction: false };
    return isUsed ? unknown : undefined;
  }

  return {
    async readManifest(request) {
      const { purpose, fromSeconds, toSeconds, operator, evses, identifiers, consent: rule } = request;
      const needed = neededScopesOf(purpose);
      if (((rule?.scopes ?? 0) & needed) !== needed) {
        throw new WattproofError("DOSSIER_CONSENT_MISSING", `${purpose} needs the scopes ${needed}.`);
      }
      const all = await deps.store.listMetersOf(operator);
      const wanted = all.filter(({ evse }) => evses?.includes(evse) ?? true);
      const own: DossierManifest["meters"] = [];
      for (const one of wanted) {
        const identity = await identify(request, one);
        if (identity === undefined) continue;
        const { meter } = await requireMeter(one);
        const { number, evse, curve, publicKey, possession, provenance, maker } = meter;
        const { validFrom, validUntil, calibrationExpiresAt } = meter;
        own.push({
          ...{ number, evse, curve, publicKey, possession, provenance, maker },
          ...{ validFrom, validUntil, calibrationExpiresAt },
          ...identity,
        });
      }
      if (own.length === 0) throw new WattproofError("DOSSIER_EMPTY", "There is no session of these EVSEs then.");
      const places: DossierManifest["evses"] = [];
      for (const evse of [...new Set(own.map((meter) => meter.evse))].toSorted((left, right) => left - right)) {
        const place = await meters.readEvse(evse);
        if (place === null) throw new WattproofError("CHAIN_UNAVAILABLE", `The registry has no EVSE ${evse}.`);
        const { evseId, maximumPowerW } = place;
        places.push({ number: evse, evseId, maximumPowerW, identifiers: { ...identifiers[String(evse)] } });
      }
      const { chainId, contracts, evidence, blockNumber: firstBlock } = deployment;
      const energyClaims = evidence?.energyClaims ?? null;
      const dataConsents = rule === null ? null : deps.market.addressOf("dataConsents");
      return {
        purpose,
        fromSeconds,
        toSeconds,
        operator,
        chainId,
        contracts,
        energyClaims,
        ...(rule !== null && dataConsents !== null && { consent: { dataConsents, firstBlock, ...rule } }),
        evses: places,
        meters: own,
      };
    },

    async *makeMonths(request, manifest) {
      const counter = createTotalsCounter();
      const { consent: rule, operator } = request;
      const consents = rule === null ? null : await deps.market.readConsentsAt(operator, rule.blockNumber);
      for (const meter of manifest.meters) {
        const { meter: registered, powerW } = await requireMeter({ meter: meter.number, evse: meter.evse });
        const found: (ProvenSession | UnprovenSession)[] = [];
        for await (const one of sessionsOf(request, registered, powerW)) found.push(withConsent(one, rule, consents));
        for (const month of layOutMonths(meter.number, found, meter, request.seed)) {
          counter.add(month, meter.evse);
          yield month;
        }
      }
      const totals = counter.totals();
      const summary = summaryOf(totals);
      return { totals, summary, commitment: commitmentOf(manifest, totals, summary) };
    },
  };
}

/** The same, excluded where it would count and its driver did not consent. */
function withConsent(
  one: ProvenSession | UnprovenSession,
  rule: ConsentRule | null,
  consents: ConsentsAt | null,
): ProvenSession | UnprovenSession {
  if (rule === null || consents === null || one.kind !== "proven" || one.exclusion !== null) return one;
  return isConsenting(consents, one.session.terms.driver, rule) ? one : { ...one, exclusion: "no-consent" };
}
