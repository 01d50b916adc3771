/** The name of the key in the service's configuration; no other key has it. */
export const configuredKeyName = "configured";

/** Lower-case letters, digits, dots, hyphens and underscores, at most 40. */
export const operatorKeyNameGrammar = /^[a-z0-9][a-z0-9._-]{0,39}$/;

/** One of the people or programs that hold a key of the operator. */
export interface OperatorIdentity {
  readonly name: string;
  /** The beginning of the SHA-256 of the key: which key it was, and nothing more. */
  readonly keyId: string;
}

const keyIdCharacters = 16;

/** @param keySha256 hexadecimal */
export function operatorKeyIdOf(keySha256: string): string {
  return keySha256.slice(0, keyIdCharacters);
}
