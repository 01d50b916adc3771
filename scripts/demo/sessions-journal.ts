import { z } from "zod";

import type { SessionTerms } from "../../services/domain/terms.ts";
import { WattproofError } from "../../services/errors.ts";
import { openAppendOnlyFile } from "../journal/append-only-file.ts";
import type { MeterState } from "../simulator/meter.ts";
import type { PlannedDelivery } from "./plan.ts";

const decimal = z
  .string()
  .regex(/^[0-9]+$/u)
  .transform(BigInt);

const line = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("agreed"),
    name: z.string(),
    sessionId: z.string(),
    openedSeconds: z.int(),
    terms: z.strictObject({
      driver: z.string(),
      lane: z.int(),
      nonce: z.int(),
      operator: z.string(),
      agreement: z.int(),
      evse: z.int(),
      meter: z.int(),
      maximumPowerW: z.int(),
      tariffId: z.string(),
      holdMicro: decimal,
      expiresAt: z.int(),
    }),
  }),
  z.strictObject({
    kind: z.literal("recorded"),
    name: z.string(),
    deliveries: z.array(
      z.strictObject({
        record: z.base64(),
        what: z.string(),
        stationId: z.string(),
        names: z.enum(["nothing", "its session", "another session"]),
        expected: z.enum(["accepted", "duplicate", "refused"]),
      }),
    ),
    /** What the simulated meters keep. */
    meters: z.record(z.string(), z.strictObject({ registerMicroWh: decimal, pagination: decimal })),
  }),
]);

/** A session whose terms the driver has agreed to. */
export interface AgreedSession {
  readonly name: string;
  readonly sessionId: string;
  readonly openedSeconds: number;
  readonly terms: SessionTerms;
}

/**
 * What drivers and chargers of a demo would remember: which terms were signed and which records the meters made. Both
 * are written before they leave, so that a run that was interrupted goes on with the same ones.
 */
export interface SessionsJournal {
  readonly agreed: ReadonlyMap<string, AgreedSession>;
  readonly recorded: ReadonlyMap<string, readonly PlannedDelivery[]>;
  readonly meterStates: Readonly<Record<string, MeterState>>;
  /** The last one under a name counts. */
  agree(session: AgreedSession): void;
  record(name: string, deliveries: readonly PlannedDelivery[], meters: Readonly<Record<string, MeterState>>): void;
  close(): void;
}

/** @throws WattproofError JOURNAL_INVALID */
export function openSessionsJournal(path: string): SessionsJournal {
  const file = openAppendOnlyFile(path, z.unknown());
  const agreed = new Map<string, AgreedSession>();
  const recorded = new Map<string, readonly PlannedDelivery[]>();
  let meterStates: Readonly<Record<string, MeterState>> = {};
  for (const [index, value] of file.lines.entries()) {
    const parsed = parseLine(path, value, index + 1);
    if (parsed.kind === "agreed") {
      agreed.set(parsed.name, parsed);
    } else {
      const deliveries = parsed.deliveries.map((item) => ({ ...item, record: Buffer.from(item.record, "base64") }));
      recorded.set(parsed.name, deliveries);
      meterStates = parsed.meters;
    }
  }

  return {
    agreed,
    recorded,
    meterStates,
    agree(session) {
      const terms = { ...session.terms, holdMicro: session.terms.holdMicro.toString() };
      file.append({ kind: "agreed", ...session, terms });
      agreed.set(session.name, session);
    },
    record(name, deliveries, meters) {
      file.append({
        kind: "recorded",
        name,
        deliveries: deliveries.map((item) => ({ ...item, record: Buffer.from(item.record).toString("base64") })),
        meters: Object.fromEntries(
          Object.entries(meters).map(([meterId, state]) => [
            meterId,
            { registerMicroWh: state.registerMicroWh.toString(), pagination: state.pagination.toString() },
          ]),
        ),
      });
      recorded.set(name, deliveries);
    },
    close() {
      file.close();
    },
  };
}

function parseLine(path: string, value: unknown, number: number): z.infer<typeof line> {
  const parsed = line.safeParse(value);
  if (!parsed.success) {
    throw new WattproofError("JOURNAL_INVALID", `${path}, line ${number}`, { cause: parsed.error });
  }

  return parsed.data;
}
