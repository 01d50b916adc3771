import { AbiCoder, keccak256 } from "ethers";

import type { Opening } from "./opening.ts";

// RFC 4648 §6.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const tagCharacters = 20;
const bitsPerCharacter = 5n;

/**
 * The idTag of a session: the tag of keccak256(abi.encode(sessionId, openedAt, salt)). The driver chooses the terms, but
 * not the salt, so nobody can search for two sessions with one tag before they open.
 * @param sessionId `0x` and 64 hexadecimal digits.
 */
export function idTagOf(sessionId: string, { openedAt, salt }: Opening): string {
  const content = AbiCoder.defaultAbiCoder().encode(["bytes32", "uint40", "uint24"], [sessionId, openedAt, salt]);
  return tagOf(keccak256(content));
}

/**
 * The tag of a digest: its first 100 bits in base32, 20 characters, upper case. It fits the 20 characters of an OCPP 1.6
 * idTag.
 * @param digest `0x` and 64 hexadecimal digits.
 */
export function tagOf(digest: string): string {
  if (!/^0x[0-9a-fA-F]{64}$/.test(digest)) throw new RangeError("A digest is 0x and 64 hexadecimal digits.");
  let bits = BigInt(digest) >> (256n - bitsPerCharacter * BigInt(tagCharacters));
  let tag = "";
  for (let index = 0; index < tagCharacters; index += 1) {
    tag = alphabet.charAt(Number(bits & 31n)) + tag;
    bits >>= bitsPerCharacter;
  }
  return tag;
}

/** Both tags are the same, upper and lower case of ASCII letters apart. */
export function isSameIdTag(left: string, right: string): boolean {
  return normalizeIdTag(left) === normalizeIdTag(right);
}

/** How meters of BAUER's BSM family write the tag into `ID`; documented as this and no other. */
const bsmGrammar = /^contract-id: rfid:(?<tag>[A-Za-z0-9]{1,36})$/;

/**
 * The spelling under which tags are stored and compared: ASCII letters in upper case, all else as it is. What a meter writes
 * around the tag in a documented form is left out.
 */
export function normalizeIdTag(tag: string): string {
  return (bsmGrammar.exec(tag)?.groups?.["tag"] ?? tag).replace(/[a-z]/g, (letter) => letter.toUpperCase());
}
