import { section } from "./section.ts";
import { choice, integer, parsed, setting, type Kind } from "./setting.ts";

const positiveMicro: Kind<bigint> = parsed(
  (given) => (/^[1-9][0-9]{0,19}$/.test(given) ? BigInt(given) : null),
  "1 or more micro-tokens",
  "a whole number of micro-tokens (1e-6), at least 1",
);

/** When sessions are settled, and how often it is tried. */
export const settlementSection = section("Settlement", {
  batchMaxItems: setting("BATCH_MAX_ITEMS", integer(1, 500), 100, "Close a batch when it has this many sessions."),
  batchMaxAgeMs: setting(
    "BATCH_MAX_AGE_MS",
    integer(0, 86_400_000, "ms"),
    10_000,
    "Close a batch when its oldest session is this old (ms).",
  ),
  batchMaxValueMicro: setting(
    "BATCH_MAX_VALUE_MICRO",
    positiveMicro,
    "1000000000",
    "Close a batch when its sessions cost this much together, in micro-tokens (1e-6).",
  ),
  batchesInFlight: setting("BATCHES_IN_FLIGHT", integer(1, 16), 4, "Batches that wait for the chain at once, at most."),
  settlementAttempts: setting(
    "SETTLEMENT_ATTEMPTS",
    integer(1, 20),
    3,
    "Stop settling a session after this many reverted transactions.",
  ),
  transactionStuckMs: setting(
    "TRANSACTION_STUCK_MS",
    integer(100, 86_400_000, "ms"),
    60_000,
    "Replace a pending transaction at a higher fee after this time (ms).",
  ),
  challenges: setting(
    "CHALLENGES",
    choice("send", "watch"),
    "send",
    "`send`: challenge wrong settlements automatically. `watch`: only raise an alert.",
  ),
  unboundRecords: setting(
    "UNBOUND_RECORDS",
    choice("refuse", "accept"),
    "refuse",
    "What happens to records that do not carry their session's idTag.",
  ),
});
