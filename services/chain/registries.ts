import type { Interface, Result } from "ethers";
import { ZeroAddress } from "ethers";
import { z } from "zod";

import { meterCurves } from "../domain/meter-curve.ts";
import { unpackTariff } from "../domain/packed-tariff.ts";
import { provenanceOf } from "../domain/provenance.ts";
import type { Tariff } from "../domain/tariff.ts";
import { WattproofError } from "../errors.ts";
import type { Committee, MeterCurve, RegisteredAgreement, RegisteredEvse, RegisteredMeter } from "./chain.ts";
import type { ContractInterfaces } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import type { Rpc } from "./rpc.ts";
import { RpcRefusal } from "./rpc.ts";

const bytes = z.string().regex(/^0x[0-9a-fA-F]*$/);
const small = z.bigint().transform(Number);

// In the order of the contract's enums; 0 is "None".
const curves: readonly (MeterCurve | null)[] = [null, ...meterCurves];
const statuses = [null, "pending", "active", "retired", "revoked"] as const;
const possessions = [null, "proven-on-chain", "attested-by-oracle"] as const;

const evseSchema = z.object({ operator: z.string(), maximumPowerW: small, activeMeter: small, evseId: z.string() });
const committeeSchema = z.tuple([z.array(z.string()), small]);
const agreementSchema = z.tuple([z.string(), z.array(z.unknown()), small, z.boolean()]);
const meterSchema = z.object({
  evse: small,
  curve: small,
  status: small,
  possession: small.pipe(z.literal([0, 1, 2])),
  validFrom: small,
  validUntil: small,
  calibrationExpiresAt: small,
  maker: small,
  publicKey: bytes,
});
const tariffSchema = z
  .object({
    flatFeeMicro: z.bigint(),
    priceNanoPerKwh: z.bigint(),
    energyStepWh: small,
    priceNanoPerChargingHour: z.bigint(),
    chargingStepSeconds: small,
    taxes: z.bigint(),
    limits: z.bigint(),
    energyBands: z.bigint(),
    connectedFee: z.bigint(),
    chargesWithoutEnergy: z.boolean(),
  })
  .transform(unpackTariff);

/** Reads what the registries hold at the newest block. */
export interface RegistryReader {
  readEvse(evse: number): Promise<RegisteredEvse | null>;
  readMeter(meter: number): Promise<RegisteredMeter | null>;
  /** All zero if nobody published it. */
  readTariff(tariffId: string): Promise<Tariff>;
  isOffered(operator: string, tariffId: string): Promise<boolean>;
  readAgreement(agreement: number): Promise<RegisteredAgreement | null>;
  isMember(account: string): Promise<boolean>;
  readCommittee(): Promise<Committee>;
  readEpochSeconds(): Promise<number>;
  readChangeDelaySeconds(): Promise<number>;
  /** The contract that reads records. It never changes. */
  readOcmfScanner(): Promise<string>;
}

export function createRegistryReader(rpc: Rpc, deployment: Deployment, interfaces: ContractInterfaces): RegistryReader {
  const { contracts } = deployment;

  /** `null` if the contract refuses. @param sender Who calls; by default nobody in particular. */
  async function call(
    to: string,
    from: Interface,
    name: string,
    values: readonly unknown[],
    sender?: string,
  ): Promise<Result | null> {
    const data = from.encodeFunctionData(name, values);
    const transaction = sender === undefined ? { to, data } : { from: sender, to, data };
    try {
      return from.decodeFunctionResult(name, await rpc.request("eth_call", [transaction, "latest"], bytes));
    } catch (error) {
      if (error instanceof RpcRefusal) {
        // A contract's own refusal is told from a failing endpoint by the word that all nodes use for it.
        if (/revert/i.test(error.message)) return null;
        throw new WattproofError("CHAIN_UNAVAILABLE", `The endpoint refused the call ${name}.`, { cause: error });
      }
      if (error instanceof WattproofError) throw error;
      throw new WattproofError("CHAIN_MISMATCH", `The answer to ${name} cannot be read.`, { cause: error });
    }
  }

  function first(result: Result): unknown {
    const value: unknown = result.at(0);
    return isResult(value) ? value.toObject() : value;
  }

  async function required(to: string, from: Interface, name: string, values: readonly unknown[]): Promise<unknown> {
    return first(await requiredResult(to, from, name, values));
  }

  async function requiredResult(
    to: string,
    from: Interface,
    name: string,
    values: readonly unknown[],
  ): Promise<Result> {
    const result = await call(to, from, name, values);
    if (result === null) throw new WattproofError("CHAIN_MISMATCH", `The contract refused ${name}.`);
    return result;
  }

  async function isMember(account: string): Promise<boolean> {
    const { oracleCommittee: abi } = interfaces;
    return z.boolean().parse(await required(contracts.oracleCommittee, abi, "isMember", [account]));
  }

  return {
    async readEvse(evse) {
      const result = await call(contracts.meterRegistry, interfaces.meterRegistry, "evseOf", [evse]);
      if (result === null) return null;
      const evseContent = evseSchema.parse(first(result));
      return evseContent.operator === ZeroAddress ? null : evseContent;
    },
    async readMeter(meter) {
      const result = await call(contracts.meterRegistry, interfaces.meterRegistry, "meterOf", [meter]);
      if (result === null) return null;
      const { curve, status, possession, ...content } = meterSchema.parse(first(result));
      const statusName = statuses[status] ?? null;
      if (statusName === null) return null;
      const curveName = curves[curve] ?? null;
      if (curveName === null) throw new WattproofError("METER_CURVE_UNKNOWN", `Meter ${meter} has curve ${curve}.`);
      const { meterRegistry: abi } = interfaces;
      const level = small.parse(await required(contracts.meterRegistry, abi, "provenanceOf", [meter]));
      return {
        number: meter,
        ...content,
        curve: curveName,
        status: statusName,
        possession: possessions[possession],
        provenance: provenanceOf(level),
      };
    },
    async readTariff(tariffId) {
      const content = await required(contracts.tariffRegistry, interfaces.tariffRegistry, "tariffOf", [tariffId]);
      return tariffSchema.parse(content);
    },
    async isOffered(operator, tariffId) {
      const { tariffRegistry: abi } = interfaces;
      return z.boolean().parse(await required(contracts.tariffRegistry, abi, "isOffered", [operator, tariffId]));
    },
    async readAgreement(agreement) {
      const result = await call(contracts.partnerAgreements, interfaces.partnerAgreements, "agreementOf", [agreement]);
      if (result === null) return null;
      const [operator, shares, signedCount] = agreementSchema.parse(result.toArray());
      return operator === ZeroAddress ? null : { operator, isSigned: signedCount === shares.length };
    },
    isMember,
    async readCommittee() {
      const { oracleCommittee: abi } = interfaces;
      const version = small.parse(await required(contracts.oracleCommittee, abi, "currentVersion", []));
      const result = await requiredResult(contracts.oracleCommittee, abi, "committeeOf", [version]);
      const [scheduled, threshold] = committeeSchema.parse([toPlain(result.at(0)), result.at(1)]);
      // Who resigned since is in the list and no member.
      const areMembers = await Promise.all(scheduled.map((account) => isMember(account)));
      return { version, members: scheduled.filter((_account, index) => areMembers[index] === true), threshold };
    },
    async readEpochSeconds() {
      return small.parse(await required(contracts.chargingSettlement, interfaces.settlement, "epochSeconds", []));
    },
    async readChangeDelaySeconds() {
      const { oracleCommittee: abi } = interfaces;
      return small.parse(await required(contracts.oracleCommittee, abi, "changeDelaySeconds", []));
    },
    async readOcmfScanner() {
      return z.string().parse(await required(contracts.meterRegistry, interfaces.meterRegistry, "ocmfScanner", []));
    },
  };
}

function toPlain(value: unknown): unknown {
  return isResult(value) ? value.toArray() : value;
}

function isResult(value: unknown): value is Result {
  return typeof value === "object" && value !== null && "toObject" in value;
}
