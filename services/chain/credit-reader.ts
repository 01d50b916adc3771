import { Interface, ZeroAddress, type Result } from "ethers";
import { z } from "zod";

import { WattproofError } from "../errors.ts";
import type { ContractInterfaces } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import type { Rpc } from "./rpc.ts";
import { RpcRefusal } from "./rpc.ts";

/** One party of a credit. Amounts are in 10⁻⁶ token. */
export interface PartyCredit {
  readonly party: string;
  readonly role: "operator" | "partner";
  /** Of the whole, in basis points; the operator's is what the partners leave. */
  readonly shareBps: number;
  /** Can be withdrawn now. */
  readonly withdrawableMicro: bigint;
  /** Its part of what can still be challenged. */
  readonly pendingMicro: bigint;
  /** Its part of all that was ever credited for good, withdrawn or not. */
  readonly earnedMicro: bigint;
}

/** What an operator and its partners have under one agreement, as the contract says at the newest block. */
export interface Credit {
  readonly operator: string;
  readonly agreement: number;
  readonly finalMicro: bigint;
  readonly provisionalMicro: bigint;
  readonly parties: readonly PartyCredit[];
}

/** Reads money of operators and partners from the chain. Errors: CHAIN_UNAVAILABLE, CHAIN_MISMATCH. */
export interface CreditReader {
  readCredit(operator: string, agreement: number): Promise<Credit>;
  /** What the token calls itself; the token may say anything. */
  readSymbol(): Promise<string>;
}

const bytes = z.string().regex(/^0x[0-9a-fA-F]*$/);
const small = z.bigint().transform(Number);
const sharesSchema = z.array(z.object({ partner: z.string(), shareBps: small }));
const wholeBps = 10_000;
const symbolLimit = 20;
const erc20 = new Interface(["function symbol() view returns (string)"]);

export function createCreditReader(deps: {
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly interfaces: ContractInterfaces;
}): CreditReader {
  const { rpc, interfaces } = deps;
  const { contracts } = deps.deployment;
  const ledger = [contracts.chargingSettlement, interfaces.settlement] as const;
  const agreements = [contracts.partnerAgreements, interfaces.partnerAgreements] as const;

  async function call(
    [to, abi]: readonly [string, Interface],
    name: string,
    values: readonly unknown[],
  ): Promise<Result> {
    const data = abi.encodeFunctionData(name, values);
    try {
      return abi.decodeFunctionResult(name, await rpc.request("eth_call", [{ to, data }, "latest"], bytes));
    } catch (error) {
      if (error instanceof WattproofError) throw error;
      const code = error instanceof RpcRefusal ? "CHAIN_UNAVAILABLE" : "CHAIN_MISMATCH";
      throw new WattproofError(code, `The answer to ${name} cannot be used.`, { cause: error });
    }
  }

  async function amount(at: readonly [string, Interface], name: string, values: readonly unknown[]): Promise<bigint> {
    return z.bigint().parse((await call(at, name, values)).at(0));
  }

  async function sharesOf(agreement: number): Promise<z.output<typeof sharesSchema>> {
    if (agreement === 0) return [];
    const shares: unknown = (await call(agreements, "agreementOf", [agreement])).at(1);
    return sharesSchema.parse(isResult(shares) ? shares.toArray(true).map(toShare) : shares);
  }

  return {
    async readCredit(operator, agreement) {
      const [finalMicro, provisionalMicro] = z
        .tuple([z.bigint(), z.bigint()])
        .parse((await call(ledger, "creditOf", [operator, agreement])).toArray());
      const shares = await sharesOf(agreement);
      const partnersBps = shares.reduce((sum, { shareBps }) => sum + shareBps, 0);
      const parties = [
        { party: operator, role: "operator" as const, shareBps: wholeBps - partnersBps },
        ...shares.map(({ partner, shareBps }) => ({ party: partner, role: "partner" as const, shareBps })),
      ].filter(({ party }) => party !== ZeroAddress);
      const whole = finalMicro + provisionalMicro;
      return {
        operator,
        agreement,
        finalMicro,
        provisionalMicro,
        parties: await Promise.all(
          parties.map(async (party): Promise<PartyCredit> => {
            const key = [operator, agreement, party.party];
            const earnedMicro = await amount(agreements, "partOf", [...key, finalMicro]);
            // A part never falls while the total grows, so what is provisional gives the difference.
            const laterMicro = await amount(agreements, "partOf", [...key, whole]);
            const withdrawableMicro = await amount(ledger, "withdrawableOf", key);
            return { ...party, withdrawableMicro, pendingMicro: laterMicro - earnedMicro, earnedMicro };
          }),
        ),
      };
    },
    async readSymbol() {
      const result = await call([contracts.erc20, erc20], "symbol", []);
      return z.string().parse(result.at(0)).slice(0, symbolLimit);
    },
  };
}

function toShare(value: unknown): unknown {
  return Array.isArray(value) ? { partner: value[0] as unknown, shareBps: value[1] as unknown } : value;
}

function isResult(value: unknown): value is Result {
  return typeof value === "object" && value !== null && "toObject" in value;
}
