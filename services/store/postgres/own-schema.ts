import { quarterMs } from "../../domain/energy-totals.ts";

/**
 * What the first version has in a form of its own: where the next frame of each station goes, what is never changed, and
 * the sums of the operator's page, which say the same as the triggers of `sqlite/agreed-sums.ts`.
 */
export const ownSchema = `
  -- Place of the newest frame of each station, and of the last one that was handed on. The row is locked in the
  -- transaction of the frame, so that places have no gap and come in the order of the commits.
  CREATE TABLE ocpp_station_places (
    station_id TEXT COLLATE "C" PRIMARY KEY,
    newest BIGINT NOT NULL,
    handed_on BIGINT NOT NULL DEFAULT 0
  );
  CREATE UNIQUE INDEX ocpp_frames_place ON ocpp_frames (station_id, station_ordinal);
  DROP TABLE ocpp_frame_cursor;
  DROP TABLE ocpp_station_cursors;

  CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% are never changed', TG_TABLE_NAME; END $$;
  CREATE TRIGGER ocpp_frames_unchanged BEFORE UPDATE ON ocpp_frames
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
  CREATE TRIGGER cdrs_unchanged BEFORE UPDATE ON cdrs FOR EACH ROW EXECUTE FUNCTION refuse_change();
  CREATE FUNCTION refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% are never removed', TG_TABLE_NAME; END $$;
  CREATE TRIGGER ocpp_frames_kept BEFORE DELETE ON ocpp_frames FOR EACH ROW EXECUTE FUNCTION refuse_removal();

  CREATE VIEW session_parts AS
    SELECT sessions.session_id, operator,
      coalesce (cdrs.created_at_ms,
        (SELECT max(at_ms) FROM session_events AS events WHERE events.session_id = sessions.session_id
           AND events.event::jsonb ->> 'kind' = 'closed')) / ${quarterMs} AS quarter,
      coalesce ((content::jsonb ->> 'energyMicroWh')::numeric, (state::jsonb #>> '{closing,energyMicroWh}')::numeric, 0)
        AS energy_micro_wh,
      coalesce (state::jsonb #>> '{closing,kind}', 'none') IN ('settled', 'agreed') AS is_settled,
      coalesce (state::jsonb #>> '{closing,kind}', 'none') = 'expired' AS is_expired,
      (content::jsonb #>> '{price,grossMicro}')::numeric AS gross_micro,
      (terms::jsonb ->> 'holdMicro')::numeric + coalesce ((state::jsonb #>> '{topUps,-1,totalMicro}')::numeric, 0)
        AS held_micro,
      greatest (0, coalesce ((state::jsonb #>> '{closing,chargedMicro}')::numeric, 0)
        - coalesce ((state::jsonb #>> '{refunds,-1,totalMicro}')::numeric, 0)
        - greatest (0, coalesce ((state::jsonb #>> '{challenge,chargedMicro}')::numeric
            - (state::jsonb #>> '{challenge,provenMicro}')::numeric, 0))) AS kept_micro
    FROM sessions LEFT JOIN cdrs ON cdrs.session_id = sessions.session_id
    WHERE cdrs.session_id IS NOT NULL OR state::jsonb #>> '{closing,kind}' IN ('settled', 'agreed');

  CREATE VIEW session_amounts AS
    SELECT quarter, session_id, operator, energy_micro_wh,
      CASE WHEN is_settled THEN kept_micro WHEN is_expired THEN 0 ELSE least (gross_micro, held_micro) END
        AS billed_micro,
      CASE WHEN is_settled THEN kept_micro ELSE 0 END AS settled_micro
    FROM session_parts;

  CREATE FUNCTION sum_session() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      DELETE FROM session_totals WHERE session_id = new.session_id;
      INSERT INTO session_totals (quarter, session_id, operator, energy_micro_wh, billed_micro, settled_micro)
        SELECT quarter, session_id, operator, energy_micro_wh, billed_micro, settled_micro FROM session_amounts
        WHERE session_id = new.session_id AND quarter IS NOT NULL;
      RETURN NULL;
    END $$;
  CREATE TRIGGER session_totals_begin AFTER INSERT ON cdrs FOR EACH ROW EXECUTE FUNCTION sum_session();
  CREATE TRIGGER session_totals_follow AFTER UPDATE OF state ON sessions FOR EACH ROW EXECUTE FUNCTION sum_session();
`;

/** Frames are removed by no one but the archive, which names each of them. */
export const archiveFunction = `
  CREATE OR REPLACE FUNCTION refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT 1 FROM archiving_frames WHERE frame_ordinal = old.ordinal) THEN RETURN old; END IF;
      RAISE EXCEPTION '% are never removed', TG_TABLE_NAME;
    END $$;
`;
