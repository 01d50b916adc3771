import { rm } from "node:fs/promises";

import { Wallet } from "ethers";
import type { BrowserContext } from "playwright-core";

import type { ServiceOptions } from "../../services/index.ts";
import { idTagOf } from "../../services/domain/id-tag.ts";
import { ensureBuiltPage } from "./browser.ts";
import { injectWallet, type InjectedWallet } from "./injected-wallet.ts";
import {
  addStation,
  post,
  runService,
  type Answer,
  type RunningService,
  type StationCredentials,
} from "./running-service.ts";
import { startServiceChain, type ChargingPoint, type ServiceChain } from "./service-chain.ts";

/** A driver with a key, gas money for own transactions, and a balance. */
export interface TestDriver {
  readonly address: string;
  readonly privateKey: string;
}

/** A chain, a service that serves the page, and a charger with its station. */
export interface WebWorld {
  readonly chain: ServiceChain;
  readonly running: RunningService;
  readonly url: string;
  /** The account with which the service sends what drivers signed. */
  readonly relayer: string;
  readonly point: ChargingPoint;
  readonly station: StationCredentials;
  addDriver(options?: { readonly depositMicro?: bigint; readonly walletMicro?: bigint }): Promise<TestDriver>;
  wallet(context: BrowserContext, driver: TestDriver): Promise<InjectedWallet>;
  /** Posts what the meter signs for a session. */
  step(sessionId: string, transaction: "B" | "C" | "E", energyMicroWh: bigint, seconds: number): Promise<Answer>;
  /** The same record, not posted yet. */
  signStep(sessionId: string, transaction: "B" | "C" | "E", energyMicroWh: bigint, seconds: number): Promise<string>;
  postRecord(record: string): Promise<Answer>;
  /** Ends the service and starts it again on the same data and port. */
  stopService(): Promise<void>;
  startService(): Promise<void>;
  close(): Promise<void>;
}

const gasWei = "0x3635c9adc5dea00000";
const beginSeconds = 1_700_000_000;

export async function startWebWorld(
  options: ServiceOptions = {},
  chainOptions: Parameters<typeof startServiceChain>[0] = {},
  settings: Readonly<Record<string, string>> = {},
): Promise<WebWorld> {
  await ensureBuiltPage();
  const chain = await startServiceChain(chainOptions);
  const relayer = Wallet.createRandom();
  await chain.request("hardhat_setBalance", [relayer.address, gasWei]);
  const overrides = {
    WATTPROOF_PAGE_RPC: "on",
    WATTPROOF_RELAYER_PRIVATE_KEY: relayer.privateKey,
    WATTPROOF_CHAIN_NAME: "Test chain",
    WATTPROOF_WALLET_RPC_URL: chain.rpcUrl,
    WATTPROOF_OPENINGS_PER_MINUTE: "6000",
    WATTPROOF_POLL_INTERVAL_MS: "100",
    ...settings,
  };
  let running = await runService(chain, overrides, options);
  const { url } = running.service;
  const port = new URL(url).port;
  const { dataPath } = running;
  const point = await chain.addChargingPoint();
  const station = await addStation(running.service.store, "CS-WEB", [point.evse]);

  const signStep: WebWorld["signStep"] = async (sessionId, transaction, energyMicroWh, seconds) =>
    point.device.step({
      idTag: idTagOf(sessionId, await chain.openingOf(sessionId)),
      transaction,
      energyMicroWh,
      epochSeconds: beginSeconds + seconds,
    });

  return {
    chain,
    get running() {
      return running;
    },
    url,
    relayer: relayer.address,
    point,
    station,
    async addDriver({ depositMicro = 50_000_000n, walletMicro = 100_000_000n } = {}) {
      const wallet = Wallet.createRandom();
      await chain.request("hardhat_setBalance", [wallet.address, gasWei]);
      await chain.fundDriver(wallet.address, depositMicro, walletMicro);
      return { address: wallet.address, privateKey: wallet.privateKey };
    },
    wallet: (context, { privateKey }) => injectWallet(context, { privateKey, rpcUrl: chain.rpcUrl }),
    async step(...step) {
      const [, transaction, , seconds] = step;
      // What the meter has signed by then was not faster than time.
      if (transaction === "E") await chain.pass(seconds);
      return post(url, station, await signStep(...step));
    },
    signStep,
    postRecord: (record) => post(url, station, record),
    async stopService() {
      await running.service.close();
    },
    async startService() {
      running = await runService(chain, { ...overrides, WATTPROOF_DATA: dataPath, WATTPROOF_PORT: port }, options);
    },
    async close() {
      await running.close();
      await rm(dataPath, { recursive: true, force: true });
      await chain.close();
    },
  };
}
