import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { HDNodeWallet } from "ethers";

import { startServiceChain, type ServiceChain } from "../../helpers/service-chain.ts";
import { runScript, type ScriptRun } from "../run-script.ts";

/** What the test chain's accounts are derived from; everybody knows it. */
const developmentPhrase = "test test test test test test test test test test test junk";

/** A run of the program with `--json`. */
export interface JsonRun extends ScriptRun {
  /** The one document on stdout. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** A real chain, and the operator's program as processes of its own. */
export interface OperatorWorld {
  readonly chain: ServiceChain;
  readonly folder: string;
  /** Runs the program as the operator. */
  run(parameters: readonly string[], environment?: Readonly<Record<string, string>>): Promise<ScriptRun>;
  /** The same with `--json`; fails unless stdout is exactly one JSON object. */
  runJson(parameters: readonly string[], environment?: Readonly<Record<string, string>>): Promise<JsonRun>;
  /** Writes a file into the folder, and gives its path. */
  write(name: string, content: string | Uint8Array): string;
  headBlock(): Promise<number>;
  close(): Promise<void>;
}

/** The private key of one of the test chain's accounts: 0 owns, 1 operates, 2 drives. */
export function developmentKey(index: number): string {
  return HDNodeWallet.fromPhrase(developmentPhrase, undefined, `m/44'/60'/0'/0/${index}`).privateKey;
}

export async function openOperatorWorld(options: Parameters<typeof startServiceChain>[0] = {}): Promise<OperatorWorld> {
  const chain = await startServiceChain(options);
  const folder = mkdtempSync(join(tmpdir(), "wattproof-operator-"));
  const usual = {
    WATTPROOF_RPC_URL: chain.rpcUrl,
    WATTPROOF_DEPLOYMENT: chain.deploymentPath,
    WATTPROOF_OPERATOR_PRIVATE_KEY: developmentKey(1),
  };
  const run: OperatorWorld["run"] = (parameters, environment = {}) =>
    runScript("wattproof", parameters, { ...usual, ...environment });

  return {
    chain,
    folder,
    run,
    async runJson(parameters, environment) {
      const result = await run([...parameters, "--json"], environment);
      const lines = result.stdout.split("\n").filter((line) => line !== "");
      if (lines.length !== 1) throw new Error(`${parameters.join(" ")}: ${result.stdout}\n${result.stderr}`);
      return { ...result, document: JSON.parse(lines[0] ?? "") as Record<string, unknown> };
    },
    write(name, content) {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    },
    headBlock: async () => Number(await chain.request("eth_blockNumber")),
    async close() {
      await chain.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The code of the error that a run ended with. */
export function errorCodeOf({ document }: JsonRun): unknown {
  const error = document["error"];
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}

/** The detail of the error that a run ended with. */
export function errorDetailOf({ document }: JsonRun): string {
  const error = document["error"];
  return typeof error === "object" && error !== null && "detail" in error ? String(error.detail) : "";
}
