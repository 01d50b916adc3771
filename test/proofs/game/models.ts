import { type BaseContract, ContractFactory, type InterfaceAbi } from "ethers";

import { compile, sourceName } from "../../../scripts/prove/compiler.ts";
import { readModels, readModelSource, withError } from "../../../scripts/prove/models.ts";
import type { Signer } from "../../helpers/settlement-fixture.ts";

export const modelNames = ["SolvencyModel", "SplitModel", "OnceModel", "CreditModel", "BondModel"] as const;
export type ModelName = (typeof modelNames)[number];

/** A call of a model: its function and arguments. */
export type ModelCall = readonly [name: string, ...parameters: unknown[]];

/** Where a model gets its source: as it is proved, or with an error in it. */
export type SourceOf = (name: ModelName) => string;

export const asProved: SourceOf = readModelSource;

/** One error that is planted into a model. */
export interface ErroneousModel {
  readonly title: string;
  readonly sourceOf: SourceOf;
}

/** Errors of planted-errors.json, up to so many for each model, the other models as they are. */
export function erroneousModels(perModel: number): readonly ErroneousModel[] {
  return readModels().flatMap(({ name, source, plantedErrors }) =>
    plantedErrors.slice(0, perModel).map((planted) => {
      const wrong = withError(source, planted);
      return {
        title: `${name}: ${planted.error}`,
        sourceOf: (other: ModelName) => (other === name ? wrong : readModelSource(other)),
      };
    }),
  );
}

const factories = new Map<string, ContractFactory>();

async function factoryOf(name: ModelName, source: string): Promise<ContractFactory> {
  const known = factories.get(source);
  if (known !== undefined) return known;
  const settings = {
    viaIR: true,
    optimizer: { enabled: true },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
  };
  const run = await compile(source, settings, 300_000);
  const contract = run.outcome === "answered" ? run.answer.contracts[sourceName]?.[name] : undefined;
  if (contract?.evm === undefined) throw new Error(`${name} does not compile`);
  const abi: InterfaceAbi = JSON.stringify(contract.abi);
  const factory = new ContractFactory(abi, contract.evm.bytecode.object);
  factories.set(source, factory);
  return factory;
}

/** Deploys one model. */
export async function deployModel(name: ModelName, sourceOf: SourceOf, deployer: Signer): Promise<BaseContract> {
  const contract = await (await factoryOf(name, sourceOf(name))).connect(deployer).deploy();
  return await contract.waitForDeployment();
}

/** Whether a call took effect; what a contract refuses is part of the game, anything else is not. */
export async function tookEffect(call: () => Promise<{ wait(): Promise<unknown> }>): Promise<boolean> {
  try {
    await (await call()).wait();
    return true;
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes("revert")) throw error;
    return false;
  }
}

export async function playOn(model: BaseContract, [name, ...parameters]: ModelCall): Promise<boolean> {
  return await tookEffect(() => model.getFunction(name).send(...parameters));
}

export async function valueIn(model: BaseContract, name: string, ...parameters: unknown[]): Promise<bigint> {
  const value: unknown = await model.getFunction(name).staticCall(...parameters);
  if (typeof value !== "bigint") throw new TypeError(`${name} is no number`);
  return value;
}
