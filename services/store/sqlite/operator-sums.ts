import { quarterMs } from "../../domain/energy-totals.ts";

/**
 * Sums of sessions instead of charge detail records, for each operator: sessions that others settled by the meter's
 * signature have no record and are in them, and what a challenge or the operator gave back is not. The same as
 * `sumsOf` in services/domain/session-sums.ts says of one session; a test holds both together.
 */
export const operatorSumsStep = `
  DROP TRIGGER cdr_totals_begin;
  DROP TRIGGER cdr_totals_follow;
  DROP VIEW cdr_amounts;
  DROP TABLE cdr_totals;

  CREATE TABLE session_totals (
    -- Quarters of an hour since 1970.
    quarter INTEGER NOT NULL,
    session_id TEXT NOT NULL UNIQUE REFERENCES sessions (session_id),
    operator TEXT NOT NULL,
    energy_micro_wh INTEGER NOT NULL,
    billed_micro INTEGER NOT NULL,
    -- 0 until the chain has settled the session.
    settled_micro INTEGER NOT NULL,
    PRIMARY KEY (quarter, session_id)
  ) STRICT, WITHOUT ROWID;

  CREATE VIEW session_parts AS SELECT session_id, operator,
      -- Without a record a session counts from when its settlement was seen.
      coalesce (cdrs.created_at_ms,
        (SELECT max(at_ms) FROM session_events AS events WHERE events.session_id = sessions.session_id
           AND json_extract (events.event, '$.kind') = 'closed')) / ${quarterMs} AS quarter,
      coalesce (CAST (json_extract (content, '$.energyMicroWh') AS INTEGER),
        CAST (json_extract (state, '$.closing.energyMicroWh') AS INTEGER)) AS energy_micro_wh,
      coalesce (json_extract (state, '$.closing.kind'), 'none') AS ending,
      CAST (json_extract (content, '$.price.grossMicro') AS INTEGER) AS gross_micro,
      CAST (json_extract (terms, '$.holdMicro') AS INTEGER)
        + coalesce (CAST (json_extract (state, '$.topUps[#-1].totalMicro') AS INTEGER), 0) AS held_micro,
      max (0, coalesce (CAST (json_extract (state, '$.closing.chargedMicro') AS INTEGER), 0)
        - coalesce (CAST (json_extract (state, '$.refunds[#-1].totalMicro') AS INTEGER), 0)
        - max (0, coalesce (CAST (json_extract (state, '$.challenge.chargedMicro') AS INTEGER)
            - CAST (json_extract (state, '$.challenge.provenMicro') AS INTEGER), 0))) AS kept_micro
    FROM sessions LEFT JOIN cdrs USING (session_id)
    WHERE cdrs.session_id IS NOT NULL OR json_extract (state, '$.closing.kind') = 'settled';

  CREATE VIEW session_amounts AS SELECT quarter, session_id, operator, energy_micro_wh,
      CASE ending WHEN 'settled' THEN kept_micro WHEN 'expired' THEN 0 ELSE min (gross_micro, held_micro) END
        AS billed_micro,
      CASE ending WHEN 'settled' THEN kept_micro ELSE 0 END AS settled_micro
    FROM session_parts;

  INSERT INTO session_totals SELECT * FROM session_amounts WHERE quarter IS NOT NULL;
  CREATE TRIGGER session_totals_begin AFTER INSERT ON cdrs BEGIN
    DELETE FROM session_totals WHERE session_id = new.session_id;
    INSERT INTO session_totals SELECT * FROM session_amounts WHERE session_id = new.session_id;
  END;
  CREATE TRIGGER session_totals_follow AFTER UPDATE OF state ON sessions BEGIN
    DELETE FROM session_totals WHERE session_id = new.session_id;
    INSERT INTO session_totals SELECT * FROM session_amounts
      WHERE session_id = new.session_id AND quarter IS NOT NULL;
  END;

  CREATE INDEX sessions_operator_status ON sessions (operator, status);
`;
