import { z } from "zod";

import { sessionIdOf } from "../../domain/terms.ts";
import { WattproofError } from "../../errors.ts";
import type { LedgerIdentity, LedgerStore } from "../ledger.ts";
import type { Access } from "./access.ts";
import { decodeTerms } from "./codec.ts";
import { reader } from "./rows.ts";

/** Whose ledger it is. */
export const identityStep = `
  CREATE TABLE ledger_identity (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    chain_id INTEGER NOT NULL,
    settlement TEXT NOT NULL,
    oracle TEXT NOT NULL
  ) STRICT;
`;

const readIdentityRow = reader(
  "identity",
  z
    .object({ chain_id: z.number(), settlement: z.string(), oracle: z.string() })
    .transform((row): LedgerIdentity => ({ chainId: row.chain_id, settlement: row.settlement, oracle: row.oracle })),
);
const sessionRow = z.object({ session_id: z.string(), terms: z.string() });

export function createIdentityStore(access: Access): Pick<LedgerStore, "claimLedger"> {
  /** A ledger that older versions kept names nobody, but its sessions are of one deployment. */
  async function isOfAnother({ chainId, settlement }: LedgerIdentity): Promise<boolean> {
    const row = await access.get("SELECT session_id, terms FROM sessions ORDER BY ordinal LIMIT 1");
    if (row === undefined) return false;
    const { session_id: sessionId, terms } = sessionRow.parse(row);
    return sessionIdOf(decodeTerms(terms), { chainId, verifyingContract: settlement }) !== sessionId;
  }

  async function write({ chainId, settlement, oracle }: LedgerIdentity): Promise<void> {
    await access.run(
      `INSERT INTO ledger_identity (only_row, chain_id, settlement, oracle) VALUES (1, ?, ?, ?)
       ON CONFLICT (only_row) DO UPDATE
       SET chain_id = excluded.chain_id, settlement = excluded.settlement, oracle = excluded.oracle`,
      chainId,
      settlement,
      oracle,
    );
  }

  async function requirePresentContracts(): Promise<void> {
    if ((await access.get("SELECT 1 FROM older_contracts")) === undefined) return;
    throw new WattproofError(
      "STORE_OF_OLDER_CONTRACTS",
      "Its sessions opened under contracts that this version cannot settle. Export what is in it, and begin an empty data folder.",
    );
  }

  async function claim(
    owner: LedgerIdentity,
    formerOracle: string | null,
  ): Promise<"claimed" | "known" | "handed-over"> {
    await requirePresentContracts();
    const row = await access.get("SELECT chain_id, settlement, oracle FROM ledger_identity");
    if (row === undefined) {
      if (await isOfAnother(owner)) throw foreign("Its sessions are of another deployment.");
      await write(owner);
      return "claimed";
    }
    const kept = readIdentityRow(row);
    if (kept.chainId !== owner.chainId || kept.settlement !== owner.settlement) {
      throw foreign(
        `It is of ${kept.settlement} on chain ${kept.chainId}, not of ${owner.settlement} on ${owner.chainId}.`,
      );
    }
    if (kept.oracle === owner.oracle) return "known";
    if (kept.oracle !== formerOracle) {
      throw foreign(
        `It is of oracle ${kept.oracle}, not of ${owner.oracle}. Where the key was rotated, start once with WATTPROOF_FORMER_ORACLE=${kept.oracle}.`,
      );
    }
    await write(owner);
    return "handed-over";
  }

  return { claimLedger: (owner, formerOracle) => access.write(() => claim(owner, formerOracle)) };
}

function foreign(detail: string): WattproofError {
  return new WattproofError("STORE_FOREIGN", detail);
}
