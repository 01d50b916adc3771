const prefix = "wattproof.receipt.";

/** Keeps a receipt on this device, so that it can be shown and checked with the service stopped. */
export function keepReceipt(sessionId: string, content: unknown): void {
  try {
    localStorage.setItem(prefix + sessionId, JSON.stringify(content));
  } catch {
    // Where storage is full or forbidden the receipt can be downloaded.
  }
}

/** `null` where this device has none. */
export function keptReceipt(sessionId: string): unknown {
  try {
    const text = localStorage.getItem(prefix + sessionId);
    return text === null ? null : JSON.parse(text);
  } catch {
    // What cannot be read is as good as not kept.
    return null;
  }
}
