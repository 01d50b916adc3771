import type { MatchingStore } from "../charging.ts";
import type { Access } from "./access.ts";

/** What stations said that belongs to no transaction, and may be of sessions that were there. */
export const unmatchedStep = `
  CREATE TABLE unmatched_messages (
    session_id TEXT NOT NULL REFERENCES sessions (session_id),
    frame_ordinal INTEGER NOT NULL REFERENCES ocpp_frames (ordinal),
    PRIMARY KEY (session_id, frame_ordinal)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX unmatched_messages_frame ON unmatched_messages (frame_ordinal);
`;

/** One is enough to hold a session; more are kept so that one which finds its transaction does not let it go. */
const messagesOfSession = 256;

export function createUnmatchedStore(
  access: Access,
): Pick<MatchingStore, "putUnmatched" | "hasUnmatched" | "removeUnmatched"> {
  return {
    putUnmatched: (sessionId, frameOrdinal) =>
      access.write(async () => {
        await access.run(
          `INSERT INTO unmatched_messages (session_id, frame_ordinal)
           SELECT ?, ? WHERE (SELECT count(*) FROM unmatched_messages WHERE session_id = ?) < ${messagesOfSession}
           ON CONFLICT DO NOTHING`,
          sessionId,
          frameOrdinal,
          sessionId,
        );
      }),
    hasUnmatched: (sessionId) =>
      access.read(
        async () =>
          (await access.get("SELECT 1 FROM unmatched_messages WHERE session_id = ? LIMIT 1", sessionId)) !== undefined,
      ),
    removeUnmatched: (frameOrdinal) =>
      access.write(async () => {
        await access.run("DELETE FROM unmatched_messages WHERE frame_ordinal = ?", frameOrdinal);
      }),
  };
}
