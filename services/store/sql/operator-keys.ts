import { z } from "zod";

import { operatorRoles } from "../../domain/operator-key.ts";
import type { OperatorKey, OperatorKeyStore } from "../operator-keys.ts";
import type { Access } from "./access.ts";
import { reader } from "./rows.ts";

/** Who may act for the operator, and who it was that acted. */
export const operatorKeyStep = `
  CREATE TABLE operator_keys (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    key_sha256 TEXT NOT NULL UNIQUE,
    added_at_ms INTEGER NOT NULL,
    added_by TEXT NOT NULL,
    revoked_at_ms INTEGER,
    revoked_by TEXT
  ) STRICT;

  -- NULL where the action is from before keys had names.
  ALTER TABLE operator_actions ADD COLUMN key_name TEXT;
`;

/** What keys may do, and what came of commands. Keys and commands from before may do everything, and were carried out. */
export const operatorRoleStep = `
  ALTER TABLE operator_keys ADD COLUMN role TEXT NOT NULL DEFAULT 'money';
  ALTER TABLE operator_actions ADD COLUMN result TEXT NOT NULL DEFAULT 'done';
`;

const readKeyRow = reader(
  "key of the operator",
  z
    .object({
      name: z.string(),
      key_sha256: z.string(),
      role: z.enum(operatorRoles),
      added_at_ms: z.number(),
      added_by: z.string(),
      revoked_at_ms: z.number().nullable(),
      revoked_by: z.string().nullable(),
    })
    .transform((row): OperatorKey => ({
      name: row.name,
      keySha256: row.key_sha256,
      role: row.role,
      addedAtMs: row.added_at_ms,
      addedBy: row.added_by,
      revokedAtMs: row.revoked_at_ms,
      revokedBy: row.revoked_by,
    })),
);

export function createOperatorKeyStore(access: Access): OperatorKeyStore {
  return {
    addOperatorKey: ({ name, keySha256, role, addedAtMs, addedBy }) =>
      access.write(
        async () =>
          (await access.run(
            `INSERT INTO operator_keys (name, key_sha256, role, added_at_ms, added_by) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT DO NOTHING`,
            name,
            keySha256,
            role,
            addedAtMs,
            addedBy,
          )) > 0,
      ),
    findOperatorKey: (keySha256) =>
      access.read(async () => {
        const row = await access.get(
          "SELECT * FROM operator_keys WHERE key_sha256 = ? AND revoked_at_ms IS NULL",
          keySha256,
        );
        return row === undefined ? null : readKeyRow(row);
      }),
    listOperatorKeys: () =>
      access.read(async () => (await access.all("SELECT * FROM operator_keys ORDER BY ordinal")).map(readKeyRow)),
    revokeOperatorKey: (name, revokedBy, revokedAtMs) =>
      access.write(
        async () =>
          (await access.run(
            "UPDATE operator_keys SET revoked_at_ms = ?, revoked_by = ? WHERE name = ? AND revoked_at_ms IS NULL",
            revokedAtMs,
            revokedBy,
            name,
          )) > 0,
      ),
  };
}
