import { type Provider, type Signer, Transaction } from "ethers";

import { WattproofError } from "../../services/errors.ts";
import { receiptOf } from "./receipt.ts";

/**
 * The transaction that puts the usual CREATE2 factory (github.com/Arachnid/deterministic-deployment-proxy) on any chain at
 * the same address. It was made from a chosen signature, so that nobody has its account's key; most chains have it.
 */
const creation =
  "0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffff" +
  "ffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba022222222222222222222222222" +
  "22222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222";

/** Where the factory is. It takes a salt of 32 bytes and then the code. */
export const factoryAddress = "0x4e59b44847b379578588920cA78FbF26c0B4956C";

/**
 * Puts the factory on the chain unless it is there.
 *
 * @throws WattproofError TRANSACTION_FAILED where the chain does not take a transaction without its number (EIP-155).
 */
export async function installFactory(provider: Provider, signer: Signer): Promise<void> {
  if ((await provider.getCode(factoryAddress)) !== "0x") return;
  const { from, gasLimit, gasPrice } = Transaction.from(creation);
  const missing = gasLimit * (gasPrice ?? 0n) - (await provider.getBalance(from ?? factoryAddress));
  if (missing > 0n) await receiptOf(await signer.sendTransaction({ to: from, value: missing }));
  await receiptOf(await provider.broadcastTransaction(creation));
  if ((await provider.getCode(factoryAddress)) === "0x") {
    throw new WattproofError("TRANSACTION_FAILED", `The CREATE2 factory is not at ${factoryAddress}`);
  }
}
