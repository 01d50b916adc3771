import { z } from "zod";

import type { ViewKeyStore } from "../view-keys.ts";
import type { Access } from "./access.ts";
import { reader } from "./rows.ts";

/** Who may see sessions whole. No reference: a key may come before the session is known here. */
export const viewKeyStep = `
  CREATE TABLE session_view_keys (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT NOT NULL,
    key_sha256 TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    UNIQUE (session_id, key_sha256)
  ) STRICT;
`;

/** A telephone, a computer, and each of them lost once. */
const keysPerSession = 4;
const readKeyRow = reader("key of a session", z.object({ key_sha256: z.string() }));

export function createViewKeyStore(access: Access): ViewKeyStore {
  return {
    putFirstViewKey: ({ sessionId, keySha256, atMs }) =>
      access.write(async () => {
        await access.run(
          `INSERT INTO session_view_keys (session_id, key_sha256, at_ms)
           SELECT ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM session_view_keys WHERE session_id = ?)`,
          sessionId,
          keySha256,
          atMs,
          sessionId,
        );
      }),
    putViewKey: ({ sessionId, keySha256, atMs }) =>
      access.write(async () => {
        await access.run(
          `INSERT INTO session_view_keys (session_id, key_sha256, at_ms) VALUES (?, ?, ?)
           ON CONFLICT (session_id, key_sha256) DO NOTHING`,
          sessionId,
          keySha256,
          atMs,
        );
        await access.run(
          `DELETE FROM session_view_keys WHERE session_id = ? AND ordinal NOT IN
             (SELECT ordinal FROM session_view_keys WHERE session_id = ? ORDER BY ordinal DESC LIMIT ${keysPerSession})`,
          sessionId,
          sessionId,
        );
      }),
    listViewKeys: (sessionId) =>
      access.read(async () =>
        (await access.all("SELECT key_sha256 FROM session_view_keys WHERE session_id = ?", sessionId)).map(
          (row) => readKeyRow(row).key_sha256,
        ),
      ),
  };
}
