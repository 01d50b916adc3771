const name = "wattproof.operatorKey";

/** Of this tab, until it is closed; `null` where none is kept. */
export function readKey(): string | null {
  try {
    return sessionStorage.getItem(name);
  } catch {
    // Without storage the key is typed again after a reload.
    return null;
  }
}

export function keepKey(key: string | null): void {
  try {
    if (key === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, key);
  } catch {
    // Without storage the key is typed again after a reload.
  }
}
