import type { Opening } from "../../services/domain/opening.ts";

/** What sessions open with where no chain says it: a Tuesday morning, and any 24 bits. */
export const testOpening: Opening = { openedAt: Date.UTC(2026, 2, 3, 9) / 1_000, salt: 0x5a17ed };
