import { readFileSync } from "node:fs";

import { WattproofError } from "../../services/errors.ts";

/** Nothing that a verb reads is longer, receipts with all their records included. */
const mostBytes = 128 * 1024 * 1024;

/** @throws INPUT_UNREADABLE */
export function readBytes(path: string): Uint8Array {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > mostBytes) throw new RangeError(`${bytes.length} bytes are too many`);

    return bytes;
  } catch (error) {
    throw new WattproofError("INPUT_UNREADABLE", path, { cause: error });
  }
}

/** @throws INPUT_UNREADABLE */
export function readJson(path: string): unknown {
  const bytes = readBytes(path);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new WattproofError("INPUT_UNREADABLE", `${path} is not JSON.`, { cause: error });
  }
}

/** A signed record; a line break behind it is not a part of it. @throws INPUT_UNREADABLE */
export function readRecord(path: string): Uint8Array {
  const bytes = readBytes(path);
  let length = bytes.length;
  while (length > 0 && (bytes[length - 1] === 0x0a || bytes[length - 1] === 0x0d)) length -= 1;

  return bytes.subarray(0, length);
}
