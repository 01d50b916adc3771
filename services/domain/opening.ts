/**
 * What the chain said when a session opened. Both values are part of what the driver's account commits to, so every later
 * call about the session names them.
 */
export interface Opening {
  /** Time of the block, in seconds since 1970. */
  readonly openedAt: number;
  /** 24 bits of the hash of the block before: nobody knows them before the session opens. */
  readonly salt: number;
}

/** The opening alone, without what stands beside it. */
export function openingOf({ openedAt, salt }: Opening): Opening {
  return { openedAt, salt };
}

/** Both name the same opening. */
export function isSameOpening(left: Opening, right: Opening): boolean {
  return left.openedAt === right.openedAt && left.salt === right.salt;
}
