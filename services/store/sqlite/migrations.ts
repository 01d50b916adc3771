import { laterSteps } from "./later-steps.ts";
import { connectedTimeStep } from "../sql/connected-time.ts";
import { readingStep } from "../sql/evidence.ts";
import { framePlacesStep } from "./frame-places.ts";
import { identityStep } from "../sql/identity.ts";
import { livenessStep } from "../sql/liveness.ts";
import { dossierStep } from "../sql/dossiers.ts";
import { possessionStep } from "../sql/possessions.ts";
import { operatorKeyStep } from "../sql/operator-keys.ts";
import { operatorStep } from "../sql/operator.ts";
import { sourceStep } from "../sql/messages.ts";
import { matchingStep } from "../sql/matching.ts";
import { relayStep } from "../sql/relay.ts";
import { openingStep } from "../sql/sessions.ts";
import { signedEvidenceStep } from "../sql/signed-evidence.ts";
import { tariffStep } from "../sql/tariffs.ts";
import { operatorSumsStep } from "./operator-sums.ts";
import { tokenStep } from "../sql/tokens.ts";
import { unmatchedStep } from "../sql/unmatched.ts";
import { viewKeyStep } from "../sql/view-keys.ts";

/** Committees, top-ups, settlement by meters and challenges. */
const quorumStep = `
  -- The highest block with an event that changed amounts of the session and neither opened nor closed it.
  ALTER TABLE sessions ADD COLUMN amounts_block INTEGER;
  CREATE INDEX sessions_amounts_block ON sessions (amounts_block) WHERE amounts_block IS NOT NULL;
  ALTER TABLE sessions ADD COLUMN lane TEXT NOT NULL DEFAULT 'oracles' CHECK (lane IN ('oracles', 'meter'));
  ALTER TABLE sessions ADD COLUMN not_before_ms INTEGER;

  ALTER TABLE batches ADD COLUMN kind TEXT NOT NULL DEFAULT 'oracles'
    CHECK (kind IN ('oracles', 'meter', 'dispute'));

  -- What this oracle said of a session, for ever: it never says anything else.
  CREATE TABLE signed_claims (
    session_id TEXT PRIMARY KEY,
    energy_micro_wh TEXT NOT NULL,
    charging_seconds INTEGER NOT NULL,
    idle_seconds INTEGER NOT NULL,
    signed_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- What is to be done about wrong settlements and wrong challenges.
  CREATE TABLE dispute_acts (
    session_id TEXT NOT NULL REFERENCES sessions (session_id),
    act TEXT NOT NULL CHECK (act IN ('challenge', 'answer', 'conclude')),
    status TEXT NOT NULL CHECK (status IN ('due', 'prepared', 'done', 'given-up')),
    due_at_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- The batch that carries its transactions.
    batch_id TEXT REFERENCES batches (batch_id),
    reason TEXT,
    PRIMARY KEY (session_id, act)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX dispute_acts_due ON dispute_acts (due_at_ms) WHERE status = 'due';
  CREATE INDEX dispute_acts_batch ON dispute_acts (batch_id) WHERE batch_id IS NOT NULL;
`;

/** What happens between the frames of stations and the sessions of the chain. */
const chargingStep = `
  CREATE TABLE charging_transactions (
    ordinal INTEGER PRIMARY KEY,
    station_id TEXT NOT NULL,
    protocol TEXT NOT NULL,
    ocpp_transaction_id TEXT NOT NULL,
    evse INTEGER,
    connector INTEGER,
    id_token TEXT,
    session_id TEXT UNIQUE REFERENCES sessions (session_id),
    started_at_ms INTEGER,
    ended_at_ms INTEGER,
    last_message_at_ms INTEGER NOT NULL,
    end_sign_at_ms INTEGER,
    asked_at_ms INTEGER,
    is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
    watched TEXT,
    stop_order TEXT,
    assessment TEXT,
    assessed_frame INTEGER
  ) STRICT;
  CREATE INDEX charging_transactions_id ON charging_transactions (station_id, ocpp_transaction_id);
  CREATE INDEX charging_transactions_latest ON charging_transactions (station_id, ordinal);
  CREATE INDEX charging_transactions_open ON charging_transactions (ordinal)
    WHERE is_open = 1 AND (end_sign_at_ms IS NOT NULL OR stop_order IS NOT NULL);
  CREATE INDEX charging_transactions_loose ON charging_transactions (last_message_at_ms) WHERE session_id IS NULL;

  CREATE TABLE charging_frames (
    transaction_ordinal INTEGER NOT NULL REFERENCES charging_transactions (ordinal),
    frame_ordinal INTEGER NOT NULL REFERENCES ocpp_frames (ordinal),
    PRIMARY KEY (transaction_ordinal, frame_ordinal)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE charging_starts (
    session_id TEXT PRIMARY KEY REFERENCES sessions (session_id),
    since_ms INTEGER NOT NULL,
    next_at_ms INTEGER NOT NULL,
    asked_at_ms INTEGER,
    attempts INTEGER NOT NULL,
    may_have_begun INTEGER NOT NULL CHECK (may_have_begun IN (0, 1)),
    inquired_at_ms INTEGER
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE unsigned_consents (
    session_id TEXT PRIMARY KEY REFERENCES sessions (session_id),
    cap_micro TEXT NOT NULL,
    signature TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Sessions that were opened for an idToken that is no idTag.
  CREATE TABLE id_token_links (
    session_id TEXT PRIMARY KEY REFERENCES sessions (session_id),
    station_id TEXT NOT NULL,
    id_token TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX id_token_links_token ON id_token_links (station_id, id_token);
`;

/** A card stands for a session by its binding alone (docs/decisions/0043). */
const unlinkStep = "DROP TABLE id_token_links;";

/**
 * The schema, step by step. A step that was released is never edited: a change is a new step at the end. The number of
 * steps that were applied is in `user_version`.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE stations (
    station_id TEXT PRIMARY KEY,
    api_key_sha256 TEXT NOT NULL
  ) STRICT;

  CREATE TABLE station_evses (
    station_id TEXT NOT NULL REFERENCES stations (station_id) ON DELETE CASCADE,
    evse INTEGER NOT NULL,
    PRIMARY KEY (station_id, evse)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE messages (
    ordinal INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL UNIQUE,
    station_id TEXT NOT NULL,
    body BLOB NOT NULL,
    media_type TEXT NOT NULL,
    -- NULL where the body is the record.
    record BLOB,
    session_reference TEXT,
    received_at_ms INTEGER NOT NULL,
    outcome TEXT CHECK (outcome IN ('accepted', 'refused', 'unsupported')),
    code TEXT,
    detail TEXT,
    record_identity TEXT
  ) STRICT;
  CREATE INDEX messages_pending ON messages (ordinal) WHERE outcome IS NULL;

  CREATE TABLE tariffs (
    tariff_id TEXT PRIMARY KEY,
    content TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE sessions (
    ordinal INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL UNIQUE,
    id_tag TEXT NOT NULL,
    terms TEXT NOT NULL,
    state TEXT NOT NULL,
    status TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    opening_block INTEGER NOT NULL,
    closing_block INTEGER,
    completed_at_ms INTEGER
  ) STRICT;
  CREATE INDEX sessions_id_tag ON sessions (id_tag);
  CREATE INDEX sessions_status ON sessions (status, ordinal);
  CREATE INDEX sessions_completed ON sessions (completed_at_ms, ordinal) WHERE status = 'completed';
  CREATE INDEX sessions_opening_block ON sessions (opening_block);
  CREATE INDEX sessions_closing_block ON sessions (closing_block) WHERE closing_block IS NOT NULL;

  CREATE TABLE session_events (
    session_id TEXT NOT NULL REFERENCES sessions (session_id),
    sequence INTEGER NOT NULL,
    event TEXT NOT NULL,
    message_id TEXT,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (session_id, sequence)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE records (
    record_identity TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (session_id),
    message_id TEXT NOT NULL REFERENCES messages (message_id),
    record BLOB NOT NULL,
    payload_sha256 TEXT NOT NULL,
    meter_key_id TEXT NOT NULL,
    pagination_context TEXT NOT NULL,
    pagination_number INTEGER NOT NULL,
    is_bound INTEGER NOT NULL,
    energy_wh TEXT
  ) STRICT;
  CREATE INDEX records_session ON records (session_id, pagination_number);

  CREATE TABLE meter_keys (
    meter_key_id TEXT PRIMARY KEY,
    record_count INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE register_spans (
    meter_key_id TEXT NOT NULL,
    register TEXT NOT NULL,
    pagination_context TEXT NOT NULL,
    pagination_number INTEGER NOT NULL,
    begin_micro_wh INTEGER NOT NULL,
    end_micro_wh INTEGER NOT NULL,
    PRIMARY KEY (meter_key_id, register, pagination_context, pagination_number)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE cdrs (
    session_id TEXT PRIMARY KEY REFERENCES sessions (session_id),
    content TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE batches (
    ordinal INTEGER PRIMARY KEY,
    batch_id TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('formed', 'sent', 'confirmed', 'failed')),
    created_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX batches_open ON batches (ordinal) WHERE status IN ('formed', 'sent');

  CREATE TABLE batch_items (
    batch_id TEXT NOT NULL REFERENCES batches (batch_id),
    position INTEGER NOT NULL,
    session_id TEXT NOT NULL REFERENCES sessions (session_id),
    is_released INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (batch_id, position)
  ) STRICT, WITHOUT ROWID;
  -- A session is carried by one batch at a time.
  CREATE UNIQUE INDEX batch_items_session ON batch_items (session_id) WHERE is_released = 0;

  CREATE TABLE transactions (
    tx_hash TEXT PRIMARY KEY,
    batch_id TEXT NOT NULL REFERENCES batches (batch_id),
    attempt INTEGER NOT NULL,
    nonce INTEGER NOT NULL,
    gas_limit TEXT NOT NULL,
    max_fee_per_gas TEXT NOT NULL,
    max_priority_fee_per_gas TEXT NOT NULL,
    calldata TEXT NOT NULL,
    raw_transaction TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('prepared', 'sent', 'confirmed', 'reverted', 'replaced')),
    sent_at_ms INTEGER,
    block_number INTEGER,
    UNIQUE (batch_id, attempt)
  ) STRICT;
  CREATE INDEX transactions_nonce ON transactions (nonce) WHERE status IN ('prepared', 'sent');
  CREATE INDEX transactions_block ON transactions (block_number) WHERE block_number IS NOT NULL;

  CREATE TABLE block_marks (
    number INTEGER PRIMARY KEY,
    hash TEXT NOT NULL
  ) STRICT;

  CREATE TABLE chain_cursor (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    number INTEGER NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;

  CREATE TABLE probe (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    value INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- NULL where nobody could say, as with every record from before this step.
  ALTER TABLE records ADD COLUMN is_settleable_by_meter INTEGER CHECK (is_settleable_by_meter IN (0, 1));
  `,
  `
  -- NULL where stations were registered before this step: by number then.
  ALTER TABLE station_evses ADD COLUMN position INTEGER;
  CREATE INDEX station_evses_evse ON station_evses (evse);

  CREATE TABLE ocpp_frames (
    ordinal INTEGER PRIMARY KEY,
    station_id TEXT NOT NULL,
    protocol TEXT NOT NULL,
    direction TEXT NOT NULL,
    received_at_ms INTEGER NOT NULL,
    text TEXT NOT NULL,
    action TEXT,
    message_id TEXT,
    answer TEXT,
    ocpp_transaction_id TEXT,
    faults TEXT
  ) STRICT;
  CREATE INDEX ocpp_frames_quarantined ON ocpp_frames (station_id, ordinal) WHERE faults IS NOT NULL;
  CREATE TRIGGER ocpp_frames_unchanged BEFORE UPDATE ON ocpp_frames
    BEGIN SELECT RAISE (ABORT, 'frames are never changed'); END;
  CREATE TRIGGER ocpp_frames_kept BEFORE DELETE ON ocpp_frames
    BEGIN SELECT RAISE (ABORT, 'frames are never removed'); END;

  CREATE TABLE ocpp_transactions (
    ordinal INTEGER PRIMARY KEY,
    station_id TEXT NOT NULL,
    protocol TEXT NOT NULL,
    ocpp_transaction_id TEXT NOT NULL,
    natural_key TEXT NOT NULL,
    evse INTEGER,
    connector INTEGER,
    id_token TEXT,
    id_token_status TEXT,
    started_at_text TEXT,
    started_frame INTEGER NOT NULL REFERENCES ocpp_frames (ordinal),
    ended_frame INTEGER REFERENCES ocpp_frames (ordinal),
    UNIQUE (station_id, natural_key)
  ) STRICT;
  CREATE INDEX ocpp_transactions_id ON ocpp_transactions (station_id, ocpp_transaction_id);
  -- The ids of 1.6 are ours, so no station gets one twice; those of 2.x are the stations'.
  CREATE UNIQUE INDEX ocpp_transactions_ours ON ocpp_transactions (station_id, ocpp_transaction_id)
    WHERE protocol = 'ocpp1.6';

  CREATE TABLE ocpp_frame_cursor (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    ordinal INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE ocpp_parked_frames (
    ordinal INTEGER PRIMARY KEY REFERENCES ocpp_frames (ordinal),
    station_id TEXT NOT NULL
  ) STRICT;

  CREATE TABLE ocpp_stations (
    station_id TEXT PRIMARY KEY REFERENCES stations (station_id) ON DELETE CASCADE,
    least_security_profile INTEGER NOT NULL DEFAULT 1 CHECK (least_security_profile IN (0, 1, 2, 3)),
    boot_status TEXT NOT NULL DEFAULT 'Accepted' CHECK (boot_status IN ('Accepted', 'Pending', 'Rejected')),
    protocol TEXT,
    security_profile INTEGER,
    last_seen_at_ms INTEGER,
    boot TEXT
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE ocpp_keys (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    station_id TEXT NOT NULL REFERENCES stations (station_id) ON DELETE CASCADE,
    key_sha256 TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX ocpp_keys_station ON ocpp_keys (station_id, ordinal);

  CREATE TABLE ocpp_connectors (
    station_id TEXT NOT NULL REFERENCES stations (station_id) ON DELETE CASCADE,
    evse INTEGER NOT NULL,
    connector INTEGER NOT NULL,
    status TEXT NOT NULL,
    error_code TEXT,
    timestamp_text TEXT,
    received_at_ms INTEGER NOT NULL,
    PRIMARY KEY (station_id, evse, connector)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE ocpp_unknown_stations (
    station_id TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    protocols TEXT NOT NULL,
    first_seen_at_ms INTEGER NOT NULL,
    last_seen_at_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX ocpp_unknown_stations_seen ON ocpp_unknown_stations (last_seen_at_ms);
  `,
  quorumStep,
  chargingStep,
  tokenStep,
  operatorStep,
  unlinkStep,
  readingStep,
  matchingStep,
  viewKeyStep,
  relayStep,
  identityStep,
  tariffStep,
  operatorSumsStep,
  livenessStep,
  sourceStep,
  unmatchedStep,
  possessionStep,
  framePlacesStep,
  connectedTimeStep,
  operatorKeyStep,
  openingStep,
  dossierStep,
  signedEvidenceStep,
  ...laterSteps,
];
