import { quarterMs } from "../../domain/energy-totals.ts";

/**
 * Sessions that driver and operator settled by agreement are in the sums, with what the driver pays and, where nothing was
 * signed or measured, without energy.
 */
export const agreedSumsStep = `
  DROP VIEW session_amounts;
  DROP VIEW session_parts;

  CREATE VIEW session_parts AS SELECT session_id, operator,
      -- Without a record a session counts from when its settlement was seen.
      coalesce (cdrs.created_at_ms,
        (SELECT max(at_ms) FROM session_events AS events WHERE events.session_id = sessions.session_id
           AND json_extract (events.event, '$.kind') = 'closed')) / ${quarterMs} AS quarter,
      coalesce (CAST (json_extract (content, '$.energyMicroWh') AS INTEGER),
        CAST (json_extract (state, '$.closing.energyMicroWh') AS INTEGER), 0) AS energy_micro_wh,
      coalesce (json_extract (state, '$.closing.kind'), 'none') IN ('settled', 'agreed') AS is_settled,
      coalesce (json_extract (state, '$.closing.kind'), 'none') = 'expired' AS is_expired,
      CAST (json_extract (content, '$.price.grossMicro') AS INTEGER) AS gross_micro,
      CAST (json_extract (terms, '$.holdMicro') AS INTEGER)
        + coalesce (CAST (json_extract (state, '$.topUps[#-1].totalMicro') AS INTEGER), 0) AS held_micro,
      max (0, coalesce (CAST (json_extract (state, '$.closing.chargedMicro') AS INTEGER), 0)
        - coalesce (CAST (json_extract (state, '$.refunds[#-1].totalMicro') AS INTEGER), 0)
        - max (0, coalesce (CAST (json_extract (state, '$.challenge.chargedMicro') AS INTEGER)
            - CAST (json_extract (state, '$.challenge.provenMicro') AS INTEGER), 0))) AS kept_micro
    FROM sessions LEFT JOIN cdrs USING (session_id)
    WHERE cdrs.session_id IS NOT NULL OR json_extract (state, '$.closing.kind') IN ('settled', 'agreed');

  CREATE VIEW session_amounts AS SELECT quarter, session_id, operator, energy_micro_wh,
      CASE WHEN is_settled THEN kept_micro WHEN is_expired THEN 0 ELSE min (gross_micro, held_micro) END
        AS billed_micro,
      CASE WHEN is_settled THEN kept_micro ELSE 0 END AS settled_micro
    FROM session_parts;
`;
