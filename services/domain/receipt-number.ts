/** Digits of the session's id: no two of a thousand million sessions share them, as far as anybody can tell. */
const receiptDigits = 16;

/** The number of a session's receipt: the same for everybody who has the session's id, and told before it is written. */
export function receiptNumberOf(sessionId: string): string {
  return sessionId.slice(2, 2 + receiptDigits).toUpperCase();
}
