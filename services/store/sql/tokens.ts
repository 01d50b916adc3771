import { z } from "zod";

import { boundIdTokenTypes } from "../../domain/charging/id-token.ts";
import type { IdTokenBinding, TokenOpening, TokenStore } from "../tokens.ts";
import type { Access } from "./access.ts";
import { chargingColumns, readChargingRow } from "./charging-rows.ts";
import { decodeTerms, encode } from "./codec.ts";
import { reader } from "./rows.ts";

const bigInteger = z
  .string()
  .regex(/^[0-9]+$/)
  .transform(BigInt);
const consent = z.strictObject({
  driver: z.string(),
  lane: z.number(),
  vehicleKey: z.string(),
  operators: z.array(z.string()),
  sessionCapMicro: bigInteger,
  periodCapMicro: bigInteger,
  periodSeconds: z.number(),
  expiresAt: z.number(),
});
const consentText = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(consent);

const furtherTypesText = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(z.array(z.enum(boundIdTokenTypes)));
const bindingColumns =
  "id_token, id_token_type, consent_id, consent, tariff_id, agreement, hold_micro, certificate_pem, bound_at_ms, further_types";
const readBindingRow = reader(
  "binding of an idToken",
  z
    .object({
      id_token: z.string(),
      id_token_type: z.enum(boundIdTokenTypes),
      consent_id: z.string(),
      consent: consentText,
      tariff_id: z.string(),
      agreement: z.number(),
      hold_micro: bigInteger,
      certificate_pem: z.string().nullable(),
      bound_at_ms: z.number(),
      further_types: furtherTypesText,
    })
    .transform((row): IdTokenBinding => ({
      idToken: row.id_token,
      type: row.id_token_type,
      consentId: row.consent_id,
      consent: row.consent,
      tariffId: row.tariff_id,
      agreement: row.agreement,
      holdMicro: row.hold_micro,
      certificatePem: row.certificate_pem,
      boundAtMs: row.bound_at_ms,
      furtherTypes: row.further_types,
    })),
);

/** A session as the key of a consent has signed it. */
export const intentSchema = z
  .strictObject({
    sessionId: z.string(),
    consent,
    terms: z.unknown(),
    signature: z.string(),
    blockNumber: z.number(),
  })
  .transform(({ terms, ...content }) => ({ ...content, terms: decodeTerms(JSON.stringify(terms)) }));
const intentText = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(intentSchema);
const openingColumns = `transaction_ordinal, station_id, ocpp_transaction_id, id_token, account, status, intent, reason,
  attempts, next_at_ms, at_ms`;
const readOpeningRow = reader(
  "opening for an idToken",
  z
    .object({
      transaction_ordinal: z.number(),
      station_id: z.string(),
      ocpp_transaction_id: z.string(),
      id_token: z.string(),
      account: z.string(),
      status: z.enum(["prepared", "open", "attached", "refused"]),
      intent: intentText.nullable(),
      reason: z.string().nullable(),
      attempts: z.number(),
      next_at_ms: z.number(),
      at_ms: z.number(),
    })
    .transform((row): TokenOpening => ({
      ordinal: row.transaction_ordinal,
      stationId: row.station_id,
      ocppTransactionId: row.ocpp_transaction_id,
      idToken: row.id_token,
      account: row.account,
      status: row.status,
      intent: row.intent,
      reason: row.reason,
      attempts: row.attempts,
      nextAtMs: row.next_at_ms,
      atMs: row.at_ms,
    })),
);

/** The schema of this part, a step of the migrations. */
export const tokenStep = `
  -- What opens sessions when it is presented at a charger.
  CREATE TABLE id_token_bindings (
    id_token TEXT PRIMARY KEY,
    id_token_type TEXT NOT NULL,
    consent_id TEXT NOT NULL,
    consent TEXT NOT NULL,
    tariff_id TEXT NOT NULL,
    agreement INTEGER NOT NULL,
    hold_micro TEXT NOT NULL,
    certificate_pem TEXT,
    bound_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- What was decided about transactions that began with one of them: one row each, for ever.
  CREATE TABLE token_openings (
    transaction_ordinal INTEGER PRIMARY KEY REFERENCES charging_transactions (ordinal),
    station_id TEXT NOT NULL,
    ocpp_transaction_id TEXT NOT NULL,
    id_token TEXT NOT NULL,
    account TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('prepared', 'open', 'attached', 'refused')),
    -- No reference: the session is known here only after it was opened.
    session_id TEXT UNIQUE,
    intent TEXT,
    reason TEXT,
    attempts INTEGER NOT NULL,
    next_at_ms INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX token_openings_id ON token_openings (station_id, ocpp_transaction_id);
  CREATE INDEX token_openings_account ON token_openings (account) WHERE status = 'prepared';
  CREATE INDEX token_openings_due ON token_openings (next_at_ms) WHERE status IN ('prepared', 'open');
  CREATE INDEX token_openings_late ON token_openings (session_id) WHERE status = 'refused' AND session_id IS NOT NULL;
`;

export function createTokenStore(access: Access): TokenStore {
  return { ...bindingsOf(access), ...openingsOf(access) };
}

/** What opens a session when it is presented. */
function bindingsOf(access: Access) {
  return {
    putIdTokenBinding: (binding) =>
      access.write(async () => {
        await access.run(
          `INSERT INTO id_token_bindings (${bindingColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (id_token) DO UPDATE SET id_token_type = excluded.id_token_type,
             consent_id = excluded.consent_id, consent = excluded.consent, tariff_id = excluded.tariff_id,
             agreement = excluded.agreement, hold_micro = excluded.hold_micro,
             certificate_pem = excluded.certificate_pem, bound_at_ms = excluded.bound_at_ms,
             further_types = excluded.further_types`,
          binding.idToken,
          binding.type,
          binding.consentId,
          encode(binding.consent),
          binding.tariffId,
          binding.agreement,
          binding.holdMicro.toString(),
          binding.certificatePem,
          binding.boundAtMs,
          JSON.stringify(binding.furtherTypes ?? []),
        );
      }),
    removeIdTokenBinding: (idToken) =>
      access.write(async () => (await access.run("DELETE FROM id_token_bindings WHERE id_token = ?", idToken)) > 0),
    findIdTokenBinding: (idToken) =>
      access.read(async () => {
        const row = await access.get(`SELECT ${bindingColumns} FROM id_token_bindings WHERE id_token = ?`, idToken);
        return row === undefined ? null : readBindingRow(row);
      }),
    listIdTokenBindings: (limit) =>
      access.read(async () =>
        (await access.all(`SELECT ${bindingColumns} FROM id_token_bindings ORDER BY id_token LIMIT ?`, limit)).map(
          readBindingRow,
        ),
      ),
  } satisfies Partial<TokenStore>;
}

/** What was decided about the transactions that began with it. */
function openingsOf(access: Access) {
  const openingOf = async (condition: string, ...values: (string | number)[]): Promise<TokenOpening | null> => {
    const row = await access.get(`SELECT ${openingColumns} FROM token_openings WHERE ${condition} LIMIT 1`, ...values);
    return row === undefined ? null : readOpeningRow(row);
  };

  return {
    listTransactionsToOpen: (sinceMs, limit) =>
      access.snapshot(async () => {
        // Where nothing is bound, the transactions of strangers are not looked through.
        if ((await access.get("SELECT 1 FROM id_token_bindings LIMIT 1")) === undefined) return [];
        return (
          await access.all(
            `SELECT ${chargingColumns} FROM charging_transactions AS begun INDEXED BY charging_transactions_loose
             WHERE session_id IS NULL AND last_message_at_ms >= ? AND id_token IS NOT NULL
               AND (upper(id_token) IN (SELECT id_token FROM id_token_bindings)
                 OR replace(upper(id_token), '-', '') IN
                   (SELECT id_token FROM id_token_bindings WHERE id_token_type = 'eMAID'))
               AND NOT EXISTS (SELECT 1 FROM token_openings WHERE transaction_ordinal = begun.ordinal)
             ORDER BY ordinal LIMIT ?`,
            sinceMs,
            limit,
          )
        ).map(readChargingRow);
      }),
    putTokenOpening: (opening) =>
      access.write(async () => {
        await access.run(
          `INSERT INTO token_openings (${openingColumns}, session_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (transaction_ordinal) DO NOTHING`,
          opening.ordinal,
          opening.stationId,
          opening.ocppTransactionId,
          opening.idToken,
          opening.account,
          opening.status,
          opening.intent === null ? null : encode(opening.intent),
          opening.reason,
          opening.attempts,
          opening.nextAtMs,
          opening.atMs,
          opening.intent?.sessionId ?? null,
        );
        return (await openingOf("transaction_ordinal = ?", opening.ordinal)) ?? opening;
      }),
    updateTokenOpening: ({ ordinal, status, reason, attempts, nextAtMs }) =>
      access.write(async () => {
        await access.run(
          `UPDATE token_openings SET status = ?, reason = ?, attempts = ?, next_at_ms = ? WHERE transaction_ordinal = ?`,
          status,
          reason,
          attempts,
          nextAtMs,
          ordinal,
        );
      }),
    findTokenOpening: (stationId, ocppTransactionId) =>
      access.read(() =>
        openingOf(
          "station_id = ? AND ocpp_transaction_id = ? ORDER BY transaction_ordinal DESC",
          stationId,
          ocppTransactionId,
        ),
      ),
    findPreparedOpening: (account) => access.read(() => openingOf("account = ? AND status = 'prepared'", account)),
    hasRunningOpening: (stationId, idToken) =>
      access.read(
        async () =>
          (await access.get(
            `SELECT 1 FROM token_openings AS opening JOIN charging_transactions AS begun ON ordinal = transaction_ordinal
             WHERE opening.station_id = ? AND opening.id_token = ? AND status <> 'refused' AND is_open = 1 LIMIT 1`,
            stationId,
            idToken,
          )) !== undefined,
      ),
    listOpeningsToPursue: (nowMs, limit) =>
      access.read(async () =>
        (
          await access.all(
            // Nothing waits for a minute: what is due later than that was written before the clock was set back.
            `SELECT ${openingColumns} FROM token_openings INDEXED BY token_openings_due WHERE status IN ('prepared', 'open')
               AND (next_at_ms NOT BETWEEN ? AND ?
                 OR EXISTS (SELECT 1 FROM sessions WHERE sessions.session_id = token_openings.session_id))
             UNION ALL
             SELECT ${openingColumns} FROM token_openings INDEXED BY token_openings_late
               WHERE status = 'refused' AND session_id IS NOT NULL
                 AND EXISTS (SELECT 1 FROM sessions WHERE sessions.session_id = token_openings.session_id)
             ORDER BY transaction_ordinal LIMIT ?`,
            nowMs + 1,
            nowMs + 60_000,
            limit,
          )
        ).map(readOpeningRow),
      ),
    listTokenOpenings: (status, limit) =>
      access.read(async () =>
        (
          await access.all(
            `SELECT ${openingColumns} FROM token_openings WHERE CAST(? AS TEXT) IS NULL OR status = ?
             ORDER BY transaction_ordinal DESC LIMIT ?`,
            status,
            status,
            limit,
          )
        ).map(readOpeningRow),
      ),
  } satisfies Partial<TokenStore>;
}
