/** What the page remembers on this device, and nowhere else. */
export type KeptSetting = "language" | "appearance" | "wallet" | "batteryKwh" | "notifications";

const prefix = "wattproof.";

/** `null` where nothing is kept, or the browser keeps nothing. */
export function readSetting(name: KeptSetting): string | null {
  try {
    return localStorage.getItem(prefix + name);
  } catch {
    // Without storage the page works and forgets.
    return null;
  }
}

export function keepSetting(name: KeptSetting, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, value);
  } catch {
    // Without storage the page works and forgets.
  }
}
