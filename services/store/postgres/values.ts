import type { CustomTypesConfig } from "pg";

import type { SqlValue } from "../sql/access.ts";

const bigintOid = 20;
const byteaOid = 17;
const textOids: ReadonlySet<number> = new Set([25, 1043]);

/** PostgreSQL keeps every character but this one, which a hostile charger may send. */
const nul = "\u0000";
/** Stands before a letter in its place, and for itself. */
const escape = "\u0001";

/** A value as it is sent. */
export function toPostgres(value: SqlValue): SqlValue | Buffer {
  if (typeof value === "string") return keepText(value);
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

/** Text as it is kept. */
export function keepText(text: string): string {
  if (!text.includes(nul) && !text.includes(escape)) return text;
  return text.replaceAll(escape, `${escape}b`).replaceAll(nul, `${escape}a`);
}

function readText(kept: string): string {
  if (!kept.includes(escape)) return kept;
  return kept.replaceAll(`${escape}a`, nul).replaceAll(`${escape}b`, escape);
}

/** How columns are read. Whole numbers beyond those of JavaScript are asked for as text (`sql/evidence.ts`). */
export const types: CustomTypesConfig = {
  getTypeParser(oid: number) {
    if (oid === bigintOid) return Number;
    if (textOids.has(oid)) return readText;
    if (oid === byteaOid) return readBytes;
    // Numbers of four bytes, and truth values as SQLite has them.
    if (oid === 23 || oid === 21) return Number;
    if (oid === 16) return (text: string) => (text === "t" ? 1 : 0);
    return (text: string) => text;
  },
};

function readBytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.slice(2), "hex"));
}
