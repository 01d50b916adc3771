/** The name of the key in the service's configuration; no other key has it. */
export const configuredKeyName = "configured";

/** Lower-case letters, digits, dots, hyphens and underscores, at most 40. */
export const operatorKeyNameGrammar = /^[a-z0-9][a-z0-9._-]{0,39}$/;

/**
 * What the holder of a key may do, each role with all that the ones before it may. `read`: look. `operate`: command chargers, and
 * retry what is stuck. `money`: decide about prices, about what sessions cost, about claims and sales, and about keys.
 */
export const operatorRoles = ["read", "operate", "money"] as const;
export type OperatorRole = (typeof operatorRoles)[number];

export function isRoleEnough(role: OperatorRole, needed: OperatorRole): boolean {
  return operatorRoles.indexOf(role) >= operatorRoles.indexOf(needed);
}

/** One of the people or programs that hold a key of the operator. */
export interface OperatorIdentity {
  readonly name: string;
  /** The beginning of the SHA-256 of the key: which key it was, and nothing more. */
  readonly keyId: string;
  readonly role: OperatorRole;
}

const keyIdCharacters = 16;

/** @param keySha256 hexadecimal */
export function operatorKeyIdOf(keySha256: string): string {
  return keySha256.slice(0, keyIdCharacters);
}
