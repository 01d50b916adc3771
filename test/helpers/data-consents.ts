import { Contract, type ContractRunner } from "ethers";

import { artifactOf } from "../../scripts/deploy/artifacts.ts";
import type { IDataConsents } from "../../types/evidence/interfaces/IDataConsents.ts";

/** The contract of drivers' consents, with its types. What `types/` has beside types runs under Hardhat alone. */
export function dataConsentsAt(address: string, runner: ContractRunner | null | undefined): IDataConsents {
  const contract: unknown = new Contract(address, artifactOf("dataConsents").interface, runner ?? null);
  return contract as IDataConsents;
}
