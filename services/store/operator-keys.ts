import type { OperatorRole } from "../domain/operator-key.ts";

/** A key of the operator, as its digest. A name belongs to one key for ever, so that what was done stays attributed. */
export interface OperatorKey {
  readonly name: string;
  /** Hexadecimal. */
  readonly keySha256: string;
  readonly role: OperatorRole;
  readonly addedAtMs: number;
  /** The name of the key that added it. */
  readonly addedBy: string;
  /** `null` while the key is valid. */
  readonly revokedAtMs: number | null;
  readonly revokedBy: string | null;
}

/** The part of the ledger about who may act for the operator; durability and errors are those of the whole. */
export interface OperatorKeyStore {
  /** Adds a key, unless its name or the key itself was ever used. Durable on return. @returns whether it was added */
  addOperatorKey(key: Pick<OperatorKey, "name" | "keySha256" | "role" | "addedAtMs" | "addedBy">): Promise<boolean>;
  /** The valid key with this digest; `null` if there is none, or it was revoked. */
  findOperatorKey(keySha256: string): Promise<OperatorKey | null>;
  /** All keys that there ever were, in the order in which they were added. */
  listOperatorKeys(): Promise<readonly OperatorKey[]>;
  /** Durable on return. @returns `false` if no valid key has this name */
  revokeOperatorKey(name: string, revokedBy: string, revokedAtMs: number): Promise<boolean>;
}
