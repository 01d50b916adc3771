import { Result, type Interface } from "ethers";
import { z } from "zod";

import { tariffIdOf, unpackTariff } from "../../../domain/packed-tariff.ts";
import { provenanceOf, type Provenance } from "../../../domain/provenance.ts";
import type { Tariff } from "../../../domain/tariff.ts";
import type { PageConfiguration } from "../configuration.ts";
import type { ChainAccess } from "./chain-access.ts";
import { lanes } from "./driver-accounts.ts";
import {
  agreementInterface,
  erc20Interface,
  meterInterface,
  settlementInterface,
  tariffInterface,
} from "./contracts.ts";

/** A charging point as the registry has it. */
export interface Charger {
  readonly evse: number;
  /** As printed on the charger; anybody may have written it. */
  readonly evseId: string;
  readonly operator: string;
  /** The most that it can deliver, in watts. */
  readonly maximumPowerW: number;
  /** 0 if there is none. */
  readonly meter: number;
  /** The meter's records count now. */
  readonly isMeterValid: boolean;
  /** Who says that the key belongs to a meter; `null` if there is none. */
  readonly provenance: Provenance | null;
}

/** One of a driver's accounts, each of which charges one car at a time. Amounts are in 10⁻⁶ token. */
export interface DriverAccount {
  readonly lane: number;
  readonly freeMicro: bigint;
  readonly nonce: number;
  /** The first 160 bits of the live session's id; 0 if there is none. */
  readonly commitment: bigint;
}

/** What a driver's wallet holds of the token. */
export interface TokenAccount {
  readonly symbol: string;
  /** The token's smallest unit in 10⁻⁶ token. */
  readonly unit: bigint;
  readonly balanceMicro: bigint;
  /** What the settlement contract may take, in the token's smallest unit. */
  readonly allowance: bigint;
}

/** Answers from the chain alone. */
export interface ChainReader {
  /** `null` if there is no such EVSE. */
  readCharger(evse: number): Promise<Charger | null>;
  /** Those of these tariffs that the operator offers now, with their content. */
  readOffers(
    operator: string,
    tariffIds: readonly string[],
  ): Promise<readonly { readonly tariffId: string; readonly tariff: Tariff }[]>;
  /** Numbers of the EVSEs that are registered under a printed id, however its separators are typed. */
  findEvses(printedId: string): Promise<readonly number[]>;
  readTariff(tariffId: string): Promise<Tariff>;
  /**
   * The number under which the operator shares: that which the service names, if it is this operator's, else the newest that
   * binds on the chain, else 0.
   * @returns `null` if the one that the service names is this operator's and does not bind.
   */
  readAgreement(operator: string): Promise<number | null>;
  readAccount(driver: string, lane: number): Promise<DriverAccount>;
  /** The accounts that the page uses, the usual one first. */
  readAccounts(driver: string): Promise<readonly DriverAccount[]>;
  readToken(driver: string): Promise<TokenAccount>;
  readSymbol(): Promise<string>;
  /** The longest time between opening and expiry. */
  readMaximumSessionSeconds(): Promise<number>;
  readHead(): Promise<{ readonly number: number; readonly timestamp: number }>;
}

const hex = z.string().regex(/^0x[0-9a-fA-F]*$/u);
const blockSchema = z.object({ number: hex.transform(Number), timestamp: hex.transform(Number) });
const number = z.bigint().transform(Number);
const evseSchema = z.object({ operator: z.string(), maximumPowerW: number, activeMeter: number, evseId: z.string() });
const registeredSchema = z.object({ evse: number, evseId: z.string() });
const accountSchema = z.object({ freeMicro: z.bigint(), nonce: number, commitment: z.bigint() });
const tariffSchema = z
  .object({
    flatFeeMicro: z.bigint(),
    priceNanoPerKwh: z.bigint(),
    energyStepWh: number,
    priceNanoPerChargingHour: z.bigint(),
    chargingStepSeconds: number,
    taxes: z.bigint(),
    limits: z.bigint(),
    energyBands: z.bigint(),
    connectedFee: z.bigint(),
    chargesWithoutEnergy: z.boolean(),
  })
  .transform(unpackTariff);
const nobody = "0x0000000000000000000000000000000000000000";
/** An operator with more agreements than this is read from the newest on. */
const agreementLimit = 20;

export function createChainReader(
  chain: ChainAccess,
  configuration: PageConfiguration,
  readLogs: LogReader,
): ChainReader {
  const { contracts } = configuration;

  async function call(to: string, abi: Interface, name: string, values: readonly unknown[]): Promise<Result> {
    const data = abi.encodeFunctionData(name, values);
    return abi.decodeFunctionResult(name, hex.parse(await chain.request("eth_call", [{ to, data }, "latest"])));
  }
  async function readHead(): Promise<z.output<typeof blockSchema>> {
    return blockSchema.parse(await chain.request("eth_getBlockByNumber", ["latest", false]));
  }
  async function readTariff(tariffId: string): Promise<Tariff> {
    const content: unknown = (await call(contracts.tariffRegistry, tariffInterface, "tariffOf", [tariffId]))[0];
    return tariffSchema.parse(objectOf(content));
  }
  async function readSymbol(): Promise<string> {
    return z.string().parse((await call(contracts.erc20, erc20Interface, "symbol", []))[0]);
  }

  async function readAccount(driver: string, lane: number): Promise<DriverAccount> {
    const answer = await call(contracts.chargingSettlement, settlementInterface, "accountOf", [driver, lane]);
    return { lane, ...accountSchema.parse(answer.toObject()) };
  }

  return {
    readHead,
    async readMaximumSessionSeconds() {
      const answer = await call(contracts.chargingSettlement, settlementInterface, "maximumSessionSeconds", []);
      return number.parse(answer[0]);
    },
    readSymbol,
    async readCharger(evse) {
      const content: unknown = (await call(contracts.meterRegistry, meterInterface, "evseOf", [evse]))[0];
      const { operator, maximumPowerW, evseId, activeMeter } = evseSchema.parse(objectOf(content));
      if (operator === nobody) return null;
      const { timestamp } = await readHead();
      const isMeterValid =
        activeMeter !== 0 &&
        z
          .boolean()
          .parse((await call(contracts.meterRegistry, meterInterface, "isValidAt", [activeMeter, timestamp]))[0]);
      const level = number.parse(
        (await call(contracts.meterRegistry, meterInterface, "provenanceOf", [activeMeter]))[0],
      );
      return {
        evse,
        evseId,
        operator,
        maximumPowerW,
        meter: activeMeter,
        isMeterValid,
        provenance: provenanceOf(level),
      };
    },
    async findEvses(printedId) {
      const wanted = comparable(printedId);
      const topics = meterInterface.encodeFilterTopics("EvseRegistered", []);
      const logs = await readLogs(contracts.meterRegistry, topics);
      return logs
        .map(({ data, topics: words }) => registeredSchema.parse(decodeRegistered(data, words)))
        .filter(({ evseId }) => comparable(evseId) === wanted)
        .map(({ evse }) => evse);
    },
    async readOffers(operator, tariffIds) {
      const offered: { tariffId: string; tariff: Tariff }[] = [];
      for (const tariffId of tariffIds) {
        const answer = await call(contracts.tariffRegistry, tariffInterface, "isOffered", [operator, tariffId]);
        if (!z.boolean().parse(answer[0])) continue;
        const tariff = await readTariff(tariffId);
        // The id is the hash of the content: a price that was changed on the way is not shown.
        if (tariffIdOf(tariff) === tariffId) offered.push({ tariffId, tariff });
      }
      return offered;
    },
    async readAgreement(operator) {
      const { partnerAgreements } = contracts;
      const binds = async (agreement: number): Promise<boolean> =>
        z.boolean().parse((await call(partnerAgreements, agreementInterface, "isBinding", [operator, agreement]))[0]);
      const named = configuration.partnerAgreement;
      if (named !== null) {
        const owner: unknown = (await call(partnerAgreements, agreementInterface, "agreementOf", [named]))[0];
        if (owner === operator) return (await binds(named)) ? named : null;
      }
      const topics = agreementInterface.encodeFilterTopics("AgreementProposed", [null, operator]);
      const proposed = await readLogs(partnerAgreements, topics);
      for (const { topics: words } of proposed.toReversed().slice(0, agreementLimit)) {
        const agreement = Number(hex.parse(words[1]));
        if (await binds(agreement)) return agreement;
      }
      return 0;
    },
    readTariff,
    readAccount,
    readAccounts: (driver) => Promise.all(lanes.map((lane) => readAccount(driver, lane))),
    async readToken(driver) {
      const integer = async (to: string, abi: Interface, name: string, values: readonly unknown[]): Promise<bigint> =>
        z.bigint().parse((await call(to, abi, name, values))[0]);
      const { erc20, chargingSettlement } = contracts;
      const unit = await integer(chargingSettlement, settlementInterface, "unit", []);
      const balance = await integer(erc20, erc20Interface, "balanceOf", [driver]);
      const allowance = await integer(erc20, erc20Interface, "allowance", [driver, chargingSettlement]);
      return {
        symbol: await readSymbol(),
        unit,
        balanceMicro: balance / unit,
        allowance,
      };
    },
  };
}

/** One event as an endpoint gives it. */
export interface EventLog {
  readonly topics: readonly string[];
  readonly data: string;
  readonly txHash: string;
  readonly blockNumber: number;
  readonly logIndex: number;
}

/** All events of a contract with these topics, in order: since it was deployed, or of one block. */
export type LogReader = (
  contract: string,
  topics: readonly (string | readonly string[] | null)[],
  block?: number,
) => Promise<readonly EventLog[]>;

function decodeRegistered(data: string, topics: readonly string[]): unknown {
  return meterInterface.decodeEventLog("EvseRegistered", data, [...topics]).toObject();
}

/** Separators are for the eye: DE*ABC*E1 and de abc e1 are one id. */
function comparable(evseId: string): string {
  return evseId.toUpperCase().replace(/[^A-Z0-9]/gu, "");
}

function objectOf(value: unknown): unknown {
  return value instanceof Result ? value.toObject() : value;
}
