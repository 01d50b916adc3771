import { Client, type ClientConfig } from "pg";

import { WattproofError } from "../../errors.ts";
import type { SqlRow, SqlValue } from "../sql/access.ts";
import { asStoreError, isLost } from "./postgres-errors.ts";
import type { Statement } from "./statement.ts";
import { clientConfigOf, type PostgresTarget } from "./target.ts";
import { toPostgres, types } from "./values.ts";

/** How connections are used. */
export interface PoolSettings {
  /** Connections at once. */
  readonly connections: number;
  /** How long a caller waits for a connection, also while the database is away. */
  readonly waitMs: number;
  /** How long one statement may take. */
  readonly statementTimeoutMs: number;
  /** When the server ends a transaction of a process that has stopped, so that others go on. */
  readonly idleTransactionMs: number;
}

/** What a statement has brought. */
export interface Answer {
  readonly rows: readonly SqlRow[];
  readonly changed: number;
  /** The word for what was done, such as `COMMIT`. */
  readonly command: string;
}

/** A connection that its holder has for itself. Statements are sent at once and answered in order. */
export interface Connection {
  query(statement: Statement | string, values?: readonly SqlValue[]): Promise<Answer>;
}

/** A connection as the pool has it. */
export interface Slot extends Connection {
  /** It is of no use any more. */
  readonly isLost: boolean;
  end(): Promise<void>;
}

const connectTimeoutMs = 5_000;

/**
 * Connects to the first host that answers and is as wanted.
 * @throws what the last one said
 */
export async function connectToOne(target: PostgresTarget, settings: PoolSettings): Promise<Slot> {
  let last: unknown = null;
  for (const host of target.hosts) {
    try {
      return await connect(clientConfigOf(target, host), settings, target.isReadWriteOnly);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

async function connect(config: ClientConfig, settings: PoolSettings, isReadWriteOnly: boolean): Promise<Slot> {
  const client = new Client({
    ...config,
    types,
    pipeline: true,
    keepAlive: true,
    application_name: "wattproof",
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: settings.statementTimeoutMs,
    lock_timeout: settings.statementTimeoutMs,
    idle_in_transaction_session_timeout: settings.idleTransactionMs,
    // A server that is gone cannot say so.
    query_timeout: settings.statementTimeoutMs + connectTimeoutMs,
  });
  const slot = slotOf(client);
  await client.connect();
  try {
    if (isReadWriteOnly) await requireReadWrite(slot);
  } catch (error) {
    await slot.end();
    throw error;
  }
  return slot;
}

function slotOf(client: Client): Slot {
  let isOver = false;
  client.on("error", () => {
    isOver = true;
  });
  client.on("end", () => {
    isOver = true;
  });
  return {
    get isLost() {
      return isOver;
    },
    async query(statement, values = []) {
      try {
        const given = typeof statement === "string" ? { text: statement } : statement;
        const answer = await client.query<SqlRow>(
          values.length === 0 ? given : { ...given, values: values.map(toPostgres) },
        );
        // A text of several statements has an answer for each.
        const last = [answer].flat().at(-1);
        return { rows: last?.rows ?? [], changed: last?.rowCount ?? 0, command: last?.command ?? "" };
      } catch (error) {
        if (isLost(error)) isOver = true;
        throw asStoreError(error);
      }
    },
    async end() {
      const ended = client.end().catch(() => undefined);
      // A connection that is gone never says that it has ended.
      if (!isOver) await ended;
    },
  };
}

async function requireReadWrite(connection: Connection): Promise<void> {
  const { rows } = await connection.query("SHOW transaction_read_only");
  if (rows[0]?.["transaction_read_only"] !== "off") {
    throw new WattproofError("STORE_UNAVAILABLE", "The database that answers is a standby.");
  }
}
