import type { CatalogueEntries } from "./catalogue-entry.ts";

/** Oracles among each other, the store and the chain. */
export const settlementErrors = {
  PEER_UNAUTHENTICATED: { httpStatus: 401, isRetryable: false, title: "The oracle is unknown or its key is wrong." },
  PEER_RATE_EXCEEDED: { httpStatus: 429, isRetryable: true, title: "The oracle asks for more than it may." },
  PEER_UNAVAILABLE: { httpStatus: 503, isRetryable: true, title: "Another oracle gave no usable answer." },
  CLAIM_DIFFERS: { httpStatus: 409, isRetryable: true, title: "Records and chain give another claim for the session." },
  CLAIM_EVIDENCE_DIFFERS: {
    httpStatus: 409,
    isRetryable: true,
    title: "The contract reads the claim's records otherwise than was said.",
  },
  PRICE_FINAL: { httpStatus: 409, isRetryable: false, title: "Nobody can lower what the session costs." },
  CLAIM_UNPROVEN: { httpStatus: 409, isRetryable: true, title: "No signed readings known here tell what is claimed." },
  CLAIM_CONTRADICTED: { httpStatus: 409, isRetryable: false, title: "This oracle signed another claim before." },
  CLAIM_OPENING_DIFFERS: {
    httpStatus: 409,
    isRetryable: true,
    title: "The claim is about another opening of the session.",
  },
  CLAIM_ABOVE_POWER: {
    httpStatus: 409,
    isRetryable: true,
    title: "The EVSE cannot have delivered so much since the session opened.",
  },
  CLAIM_TIMES_INVALID: {
    httpStatus: 409,
    isRetryable: false,
    title: "The claim has more time charged than connected.",
  },
  CLAIM_LONGER_THAN_OPEN: {
    httpStatus: 409,
    isRetryable: true,
    title: "The claim is longer than the session has been open.",
  },
  CLAIM_WINDOW_CLOSED: {
    httpStatus: 409,
    isRetryable: false,
    title: "Oracles can no longer settle the session: it opened too long ago.",
  },
  // Store and chain.
  STORE_UNAVAILABLE: { httpStatus: 503, isRetryable: true, title: "The store did not answer." },
  STORE_CORRUPT: { httpStatus: 503, isRetryable: true, title: "The store holds what this service cannot read." },
  STORE_FOREIGN: { httpStatus: 500, isRetryable: false, title: "The store is of another deployment or oracle." },
  STORE_OF_OLDER_CONTRACTS: {
    httpStatus: 500,
    isRetryable: false,
    title: "The store is of contracts that this version reads and cannot settle.",
  },
  STORE_MISSING: { httpStatus: 500, isRetryable: false, title: "The data folder holds no store." },
  STORE_INCOMPLETE: {
    httpStatus: 500,
    isRetryable: false,
    title: "A ledger is being moved into this store, and not all of it is there yet.",
  },
  STORE_CONTENDED: { httpStatus: 503, isRetryable: true, title: "The same session is being changed by others." },
  CHAIN_UNAVAILABLE: { httpStatus: 503, isRetryable: true, title: "The chain's endpoint did not answer." },
  CHAIN_EVENTS_MISSING: {
    httpStatus: 503,
    isRetryable: true,
    title: "The endpoint does not tell all events of a block.",
  },
  CHAIN_MISMATCH: { httpStatus: 500, isRetryable: false, title: "The chain is not the one of the deployment." },
  CHAIN_UNSUITABLE: { httpStatus: 500, isRetryable: false, title: "The chain lacks what the contracts are made of." },
  SIGNER_UNAVAILABLE: { httpStatus: 503, isRetryable: true, title: "The signer does not sign." },
  SIGNER_WRONG: { httpStatus: 500, isRetryable: false, title: "The signer has another key." },
  RESCAN_RANGE_INVALID: { httpStatus: 422, isRetryable: false, title: "These blocks cannot be read again." },
  RESOLUTION_INVALID: { httpStatus: 422, isRetryable: false, title: "This says no way to resolve a session." },
  RESOLUTION_UNAVAILABLE: { httpStatus: 409, isRetryable: false, title: "The session cannot be resolved in this way." },
  RESOLUTION_ABOVE_CAP: { httpStatus: 409, isRetryable: false, title: "The driver did not agree to pay so much." },
  SETTLEMENT_STUCK: { httpStatus: 503, isRetryable: true, title: "A batch has waited for the chain for too long." },
  DEPLOYMENT_INVALID: { httpStatus: 500, isRetryable: false, title: "The deployment file is not valid." },
} as const satisfies CatalogueEntries;
