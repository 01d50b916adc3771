import type { Chain } from "../chain/chain.ts";
import type { Store } from "../store/store.ts";

/** Gives out the nonces of an account. There is one per account, and one service per store. */
export interface NonceManager {
  /** The lowest nonce that neither a mined transaction has nor one of ours that may still be mined. */
  nextNonce(): Promise<number>;
}

export function createNonceManager(deps: {
  readonly store: Pick<Store, "listLiveNonces">;
  readonly chain: Pick<Chain, "readAccountNonce">;
}): NonceManager {
  return {
    async nextNonce() {
      const accountNonce = await deps.chain.readAccountNonce();
      const taken = new Set(await deps.store.listLiveNonces());
      // A gap below a transaction of ours would keep it from being mined for ever, so gaps are filled first.
      let nonce = accountNonce;
      while (taken.has(nonce)) nonce += 1;
      return nonce;
    },
  };
}
