/** The command cannot be done with what it was given; the message says what to change. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A whole number given as text, within limits. @throws UsageError */
export function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^[0-9]{1,15}$/u.test(text) || value < least || value > most) {
    throw new UsageError(`${name} must be a whole number from ${least} to ${most}, and is "${text}"`);
  }

  return value;
}
