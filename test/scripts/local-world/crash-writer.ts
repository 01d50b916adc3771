// Run as a process of its own by chain.test.ts: sends transactions to a chain with a journal until it is killed, and
// writes the hash of each and of its block as soon as the chain has acknowledged it.
import { writeSync } from "node:fs";

import { Wallet } from "ethers";

import { createLocalChain } from "../../../scripts/local-world/chain.ts";
import { createRunningClock } from "../../../scripts/local-world/clock.ts";

async function sendUntilKilled(): Promise<void> {
  const [journalPath = ""] = process.argv.slice(2);
  const wallet = new Wallet(`0x${"11".repeat(32)}`);
  const clock = createRunningClock(0);
  const chain = await createLocalChain({ clock, genesisSeconds: clock.nowSeconds(), journalPath });

  await chain.fund(wallet.address, 10n ** 21n);
  const first = Number(await chain.request("eth_getTransactionCount", [wallet.address, "latest"]));
  for (let nonce = first; nonce < first + 10_000; nonce += 1) {
    const raw = await wallet.signTransaction({
      to: wallet.address,
      nonce,
      gasLimit: 21_000n,
      maxFeePerGas: 10n ** 10n,
      maxPriorityFeePerGas: 1n,
      chainId: chain.chainId,
      type: 2,
    });
    const txHash = await chain.request("eth_sendRawTransaction", [raw]);
    const { hash } = (await chain.request("eth_getBlockByNumber", ["latest", false])) as { hash: string };
    writeSync(1, `${String(txHash)} ${hash}\n`);
  }
}

// The test runner loads every file under test/; only a process of its own may run this one.
if (import.meta.main) {
  await sendUntilKilled();
}
