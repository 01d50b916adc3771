import { concat, keccak256, toBeHex } from "ethers";

import type { DemoToken, HostileToken } from "../../types/index.ts";
import { networkHelpers } from "./chain.ts";
import type { SettlementFixture } from "./settlement-fixture.ts";

/** Storage slot of ChargingSettlement._accounts: after two of the EIP-712 base contract and the one of owedMicro. */
const ACCOUNTS_SLOT = 3n;

export interface StoredAccount {
  readonly freeMicro: bigint;
  readonly nonce: bigint;
  readonly commitment: bigint;
}

/**
 * Writes an account's slot, for states that calls reach only after billions of sessions. Reads it back through the
 * contract, so that a change of the layout fails here instead of hollowing out a test.
 */
export async function setAccount(
  { settlement }: SettlementFixture<DemoToken | HostileToken>,
  driver: string,
  lane: bigint,
  account: StoredAccount,
): Promise<void> {
  const key = (BigInt(driver) << 32n) | lane;
  const slot = keccak256(concat([toBeHex(key, 32), toBeHex(ACCOUNTS_SLOT, 32)]));
  const word = (account.commitment << 96n) | (account.nonce << 64n) | account.freeMicro;
  await networkHelpers.setStorageAt(await settlement.getAddress(), slot, toBeHex(word, 32));
  const [freeMicro, nonce, commitment] = await settlement.accountOf(driver, lane);
  if (freeMicro !== account.freeMicro || nonce !== account.nonce || commitment !== account.commitment) {
    throw new Error("The account does not lie where this helper writes it");
  }
}
