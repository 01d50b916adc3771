/** What queries look for inside JSON stands in columns, by which any database finds it. */
export const jsonColumnsStep = `
  ALTER TABLE charging_transactions ADD COLUMN stop_next_at_ms INTEGER
    AS (json_extract (stop_order, '$.nextAtMs')) VIRTUAL;
  ALTER TABLE sessions ADD COLUMN resolution_way TEXT AS (json_extract (state, '$.resolution.way')) VIRTUAL;
  ALTER TABLE sessions ADD COLUMN expires_at_seconds INTEGER AS (json_extract (terms, '$.expiresAt')) VIRTUAL;
`;
