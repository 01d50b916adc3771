import { getAddress, ZeroAddress } from "ethers";

import { artifactOf } from "../../scripts/deploy/artifacts.ts";
import { createSoftwarePasskey, type AssertionChanges } from "../../scripts/gas/software-passkey.ts";
import { readContractInterfaces } from "../../services/chain/contracts.ts";
import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import {
  batchDigestOf,
  type AccountBatch,
  type AccountCall,
  type PasskeyAssertion,
} from "../../services/domain/passkey.ts";
import type { SessionTerms } from "../../services/domain/terms.ts";
import type { Answer } from "./running-service.ts";
import { testMaximumPowerW, testTariff } from "./service-chain.ts";
import type { WebWorld } from "./web-world.ts";

/** A driver with a passkey and tokens at the address of an account that does not exist yet. */
export interface PasskeyDriver {
  readonly account: string;
  termsOf(changes?: Partial<SessionTerms>): Promise<SessionTerms>;
  /** What an opening takes: allowance, deposit and opening. */
  openingCalls(terms: SessionTerms): readonly AccountCall[];
  call(name: keyof typeof calls, values: readonly unknown[]): AccountCall;
  batchOf(calls: readonly AccountCall[], nonce?: number): Promise<AccountBatch>;
  assert(batch: AccountBatch, changes?: AssertionChanges): PasskeyAssertion;
  /** What the service takes. */
  contentOf(batch: AccountBatch, assertion?: PasskeyAssertion): object;
  send(batch: AccountBatch, assertion?: PasskeyAssertion, changes?: object): Promise<BatchAnswer>;
}

export type BatchAnswer = Answer & { readonly location: string | null };

/** Contracts and functions that the tests call by a passkey. */
const calls = {
  approve: "erc20",
  transfer: "erc20",
  deposit: "chargingSettlement",
  open: "chargingSettlement",
  withdraw: "chargingSettlement",
} as const;

/** @param recovery Who may recover the account. */
export async function addPasskeyDriver(
  world: Pick<WebWorld, "chain" | "point" | "url">,
  { walletMicro = 50_000_000n, recovery = ZeroAddress } = {},
): Promise<PasskeyDriver> {
  const { chain, point, url } = world;
  const { contracts, ways, chainId } = chain.deployment;
  const { settlement, passkeyAccounts } = readContractInterfaces();
  const passkey = createSoftwarePasskey({ origin: `http://localhost:${new URL(url).port}` });
  const { x, y } = passkey.point;
  const data = passkeyAccounts.encodeFunctionData("addressOf", [x, y, recovery]);
  const answer = await chain.request("eth_call", [{ to: ways?.passkeyAccounts, data }, "latest"]);
  const account = getAddress(String(passkeyAccounts.decodeFunctionResult("addressOf", String(answer))[0]));
  if (walletMicro > 0n) await chain.fundDriver(account, 0n, walletMicro);

  const driver: PasskeyDriver = {
    account,
    termsOf: async (changes = {}) => ({
      driver: account,
      lane: 0,
      nonce: 0,
      operator: chain.operator,
      agreement: 0,
      evse: point.evse,
      meter: point.meter,
      maximumPowerW: testMaximumPowerW,
      tariffId: tariffIdOf(testTariff),
      holdMicro: 5_000_000n,
      expiresAt: (await chain.headSeconds()) + 86_400,
      ...changes,
    }),
    openingCalls: (terms) => [
      driver.call("approve", [contracts.chargingSettlement, terms.holdMicro]),
      driver.call("deposit", [account, terms.lane, terms.holdMicro]),
      driver.call("open", [terms]),
    ],
    call(name, values) {
      const role = calls[name];
      const abi = role === "erc20" ? artifactOf("erc20").interface : settlement;
      return { target: contracts[role], value: 0n, callData: abi.encodeFunctionData(name, values) };
    },
    batchOf: async (content, nonce = 0) => ({
      calls: content,
      nonce,
      deadline: (await chain.headSeconds()) + 600,
    }),
    assert: (batch, changes) => passkey.assert(batchDigestOf(batch, { chainId, account }), changes),
    contentOf: (batch, assertion = driver.assert(batch)) => ({ point: passkey.point, recovery, batch, assertion }),
    async send(batch, assertion = driver.assert(batch), changes = {}) {
      const content = { ...driver.contentOf(batch, assertion), ...changes };
      const response = await fetch(`${url}/v1/passkey-batches`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(content, (_name, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
      });
      return { status: response.status, body: await response.json(), location: response.headers.get("location") };
    },
  };
  return driver;
}
