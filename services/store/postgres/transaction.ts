import { WattproofError } from "../../errors.ts";
import type { Connection } from "./connection.ts";
import type { Statement } from "./statement.ts";

/**
 * Runs work in a transaction. The statements that begin it go out together with the first of the work.
 * @throws what the work throws, and then nothing is written; STORE_UNAVAILABLE where it is not known whether it is
 */
export async function inTransaction<Result>(
  connection: Connection,
  beginning: readonly (Statement | string)[],
  work: () => Promise<Result>,
): Promise<Result> {
  const begun = Promise.all(beginning.map((statement) => connection.query(statement)));
  // Waited for below, and only after the work is over: nobody else gets the connection before.
  begun.catch(() => undefined);
  try {
    const result = await work();
    await begun;
    const { command } = await connection.query("COMMIT");
    // A transaction in which a statement failed is undone at its end, and the server calls that by its name.
    if (command !== "COMMIT") throw new WattproofError("STORE_UNAVAILABLE", "The transaction was undone.");
    return result;
  } catch (error) {
    await begun.catch(() => undefined);
    await connection.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
