import { Wallet, type BaseWallet, type Interface } from "ethers";

import { readContractInterfaces } from "../../services/chain/contracts.ts";
import { tariffIdOf } from "../../services/domain/packed-tariff.ts";
import { consentIdOf, type VehicleConsent } from "../../services/domain/vehicle-consent.ts";
import { operatorKey } from "./running-service.ts";
import type { ServiceChain } from "./service-chain.ts";
import { testTariff } from "./test-tariff.ts";

const gasWei = "0x3635c9adc5dea00000";
const daySeconds = 86_400;

/** A fleet whose key the service holds, and a relayer that pays for what it opens. */
export interface Fleet {
  readonly wallet: BaseWallet;
  readonly relayer: BaseWallet;
  /** Settings that a service needs for it. */
  readonly environment: Readonly<Record<string, string>>;
  /** The driver pays onto a new lane and consents to the fleet's key there. */
  consent(changes?: Partial<VehicleConsent>, depositMicro?: bigint): Promise<VehicleConsent>;
  /** All consents that the driver gave, the newest last. */
  granted(): readonly VehicleConsent[];
  revoke(consent: VehicleConsent): Promise<void>;
  /** Has the account that pays for gas have so much. */
  fundRelayer(balanceWei?: string): Promise<void>;
}

let lanes = 5_000;

export async function createFleet(chain: ServiceChain): Promise<Fleet> {
  const { settlement, vehicleConsents: consents } = readContractInterfaces();
  const wallet = Wallet.createRandom();
  const relayer = Wallet.createRandom();
  const { chargingSettlement, vehicleConsents } = chain.deployment.contracts;

  async function sendAsDriver(to: string, abi: Interface, name: string, values: readonly unknown[]): Promise<void> {
    const data = abi.encodeFunctionData(name, values);
    await chain.request("eth_sendTransaction", [{ from: chain.driver, to, data }]);
  }

  async function fundRelayer(balanceWei = gasWei): Promise<void> {
    await chain.request("hardhat_setBalance", [relayer.address, balanceWei]);
  }
  await fundRelayer();
  const granted: VehicleConsent[] = [];

  return {
    wallet,
    relayer,
    environment: {
      WATTPROOF_FLEET_PRIVATE_KEYS: wallet.privateKey,
      WATTPROOF_RELAYER_PRIVATE_KEY: relayer.privateKey,
      WATTPROOF_OPERATOR_KEY: operatorKey,
    },
    async consent(changes = {}, depositMicro = 50_000_000n) {
      lanes += 1;
      const consent: VehicleConsent = {
        driver: chain.driver,
        lane: lanes,
        vehicleKey: wallet.address.toLowerCase(),
        operators: [chain.operator],
        sessionCapMicro: 20_000_000n,
        periodCapMicro: 40_000_000n,
        periodSeconds: 7 * daySeconds,
        expiresAt: (await chain.headSeconds()) + 30 * daySeconds,
        ...changes,
      };
      if (depositMicro > 0n) {
        await sendAsDriver(chargingSettlement, settlement, "deposit", [consent.driver, consent.lane, depositMicro]);
      }
      await sendAsDriver(vehicleConsents, consents, "grant", [consent]);
      granted.push(consent);
      return consent;
    },
    granted: () => granted,
    revoke: (consent) => sendAsDriver(vehicleConsents, consents, "revoke", [consent]),
    fundRelayer,
  };
}

/** The body that binds an idToken to a consent. */
export function bindingOf(
  idToken: string,
  consent: VehicleConsent,
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    idToken,
    type: "ISO14443",
    consent: {
      ...consent,
      sessionCapMicro: consent.sessionCapMicro.toString(),
      periodCapMicro: consent.periodCapMicro.toString(),
    },
    tariffId: tariffIdOf(testTariff),
    ...changes,
  };
}

/** One request to the operator's doors for idTokens. */
export async function askIdTokens(
  url: string,
  path: "" | "/bind" | "/unbind",
  body?: unknown,
  key: string = operatorKey,
): Promise<{ readonly status: number; readonly code: string | undefined; readonly answer: Record<string, unknown> }> {
  const response = await fetch(`${url}/v1/id-tokens${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Record<string, unknown> & { readonly error?: { readonly code: string } };
  return { status: response.status, code: answer.error?.code, answer };
}

export { consentIdOf };
