import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { expect } from "chai";
import { Wallet } from "ethers";

import { localChainId } from "../../../scripts/local-world/chain-id.ts";
import { createLocalChain, type LocalChain } from "../../../scripts/local-world/chain.ts";
import { createSteeredClock, type SteeredClock } from "../../../scripts/local-world/clock.ts";
import { WattproofError } from "../../../services/errors.ts";

const genesisSeconds = 1_483_225_200;
const wallet = new Wallet(`0x${"22".repeat(32)}`);

describe("Local chain", () => {
  let folder = "";
  let journalPath = "";
  let clock: SteeredClock;
  const open: LocalChain[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wattproof-chain-"));
    journalPath = join(folder, "chain.journal");
    clock = createSteeredClock(genesisSeconds);
  });

  afterEach(async () => {
    await Promise.all(open.splice(0).map((chain) => chain.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(path: string | null = journalPath): Promise<LocalChain> {
    const chain = await createLocalChain({ clock, genesisSeconds, ...(path === null ? {} : { journalPath: path }) });
    open.push(chain);

    return chain;
  }

  async function startFailure(): Promise<string> {
    const failure: unknown = await start().catch((error: unknown) => error);

    return failure instanceof WattproofError ? failure.code : String(failure);
  }

  /** Some of everything that can change a chain: funding, good transactions, refused ones, a failed one, a block. */
  async function change(chain: LocalChain): Promise<void> {
    await chain.fund(wallet.address, 10n ** 20n);
    await chain.request("eth_sendRawTransaction", [await transfer(0)]);
    await chain.request("eth_sendRawTransaction", [await transfer(0)]).catch(() => undefined);
    await chain.request("eth_sendRawTransaction", [await transfer(2)]).catch(() => undefined);
    clock.set(genesisSeconds + 3_600);
    await chain.request("eth_sendRawTransaction", [await transfer(1)]);
    await chain.request("eth_sendRawTransaction", [await transfer(2, "0xfe")]);
    await chain.mine();
  }

  it("refuses a journal of which a line cannot be read", async () => {
    const chain = await start();
    await chain.mine();
    await chain.close();
    open.pop();
    writeFileSync(journalPath, readFileSync(journalPath, "utf8").replace('"block"', '"blick"'));

    expect(await startFailure()).to.equal("JOURNAL_INVALID");
  });

  it("refuses a journal that does not give the chain it was written on", async () => {
    const chain = await start();
    await change(chain);
    await chain.close();
    open.pop();
    writeFileSync(
      journalPath,
      readFileSync(journalPath, "utf8").replace(`${genesisSeconds + 3_600}`, `${genesisSeconds + 3_601}`),
    );

    expect(await startFailure()).to.equal("LOCAL_CHAIN_DIVERGED");
  });

  it("gives the same blocks with the same hashes after a restart", async () => {
    const first = await start();
    await change(first);
    const blocks = await blocksOf(first);
    await first.close();
    open.pop();

    const second = await start();

    expect(second.restoredEntries).to.equal(7);
    expect(await blocksOf(second)).to.deep.equal(blocks);
  });

  it("gives the same blocks whether or not it was asked things in between", async () => {
    const quiet = await start();
    await change(quiet);
    clock = createSteeredClock(genesisSeconds);
    const asked = await start(null);
    await asked.request("eth_estimateGas", [{ from: wallet.address, to: wallet.address }]);
    await asked.request("eth_call", [{ from: wallet.address, to: wallet.address }, "pending"]);
    await asked.request("eth_getBlockByNumber", ["pending", false]);
    await change(asked);

    expect(await blocksOf(asked)).to.deep.equal(await blocksOf(quiet));
  });

  it("drops a last line that was cut off and goes on after it", async () => {
    const first = await start();
    await change(first);
    const blocks = await blocksOf(first);
    await first.close();
    open.pop();
    appendFileSync(journalPath, '{"kind":"block","parentHa');

    const second = await start();
    expect(await blocksOf(second)).to.deep.equal(blocks);
    await second.mine();
    const more = await blocksOf(second);
    await second.close();
    open.pop();

    expect(await blocksOf(await start())).to.deep.equal(more);
  });

  it("puts blocks at the time of its clock and never before the last one", async () => {
    const chain = await start(null);
    clock.set(genesisSeconds + 86_400);
    await chain.mine();
    await chain.mine();

    expect((await blocksOf(chain)).map((block) => Number(block.timestamp) - genesisSeconds)).to.deep.equal([
      0, 86_400, 86_400,
    ]);
    expect(() => {
      clock.set(genesisSeconds);
    }).to.throw(RangeError);
  });

  it("keeps every transaction that it acknowledged when its process is killed", async () => {
    const acknowledged: string[] = [];
    for (const kills of [1, 2, 3]) {
      const child = spawn(process.execPath, [join(import.meta.dirname, "crash-writer.ts"), journalPath], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const exited = once(child, "exit");
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged.push(line);
        if (acknowledged.length === 12 * kills) {
          child.kill("SIGKILL");
          break;
        }
      }
      await exited;
    }

    const chain = await start();
    for (const line of acknowledged) {
      const [txHash = "", blockHash = ""] = line.split(" ");
      const receipt = (await chain.request("eth_getTransactionReceipt", [txHash])) as { blockHash: string } | null;
      expect(receipt?.blockHash).to.equal(blockHash);
    }
    expect(acknowledged).to.have.length(36);
  });
});

interface Block {
  readonly hash: string;
  readonly timestamp: string;
}

async function blocksOf(chain: LocalChain): Promise<Block[]> {
  const last = Number(await chain.request("eth_blockNumber", []));
  const numbers = Array.from({ length: last + 1 }, (_, number) => `0x${number.toString(16)}`);

  return Promise.all(
    numbers.map(async (number) => (await chain.request("eth_getBlockByNumber", [number, false])) as Block),
  );
}

async function transfer(nonce: number, data = "0x"): Promise<string> {
  return wallet.signTransaction({
    // Creates a contract whose code fails where there is data; moves nothing otherwise.
    to: data === "0x" ? wallet.address : null,
    data,
    nonce,
    gasLimit: 100_000n,
    maxFeePerGas: 10n ** 10n,
    maxPriorityFeePerGas: 1n,
    chainId: localChainId,
    type: 2,
  });
}
