import { createHmac, timingSafeEqual } from "node:crypto";

/** How a station makes the codes that it shows (WebPaymentsCtrlr of OCPP 2.1). */
export interface ScreenCodeSettings {
  readonly secret: string;
  /** How long one code is shown. */
  readonly validitySeconds: number;
  /** Characters of a code. */
  readonly length: number;
}

/** Digits, small and capital letters: 62. Some copies of the specification lack one of them. */
const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const lowNibble = 0x0f;
/** A clock may be behind or ahead by one interval. */
const neighbours = [0, -1, 1] as const;

/** The code of an interval: version 1 of the algorithm of OCPP 2.1 (C25). */
export function screenCodeOf({ secret, length }: ScreenCodeSettings, interval: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(interval));
  const digest = createHmac("sha256", secret).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & lowNibble;
  const characters = Array.from(
    { length },
    (_none, index) => alphabet[(digest[(offset + index) % digest.length] ?? 0) % alphabet.length],
  );
  return characters.join("");
}

/** The interval in which a time is. */
export function intervalAt({ validitySeconds }: ScreenCodeSettings, nowMs: number): number {
  return Math.floor(nowMs / 1_000 / validitySeconds);
}

/** The interval whose code this is: the present one, the one before or the one after; `null` if it is none of these. */
export function intervalOfCode(settings: ScreenCodeSettings, code: string, nowMs: number): number | null {
  const present = intervalAt(settings, nowMs);
  return neighbours.map((step) => present + step).find((one) => isSame(screenCodeOf(settings, one), code)) ?? null;
}

function isSame(expected: string, given: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}
