import { BrowserProvider, Contract, Network, type ContractRunner } from "ethers";

import type { IChargingSettlement } from "../../types/interfaces/IChargingSettlement.ts";
import type { IMeterRegistry } from "../../types/interfaces/IMeterRegistry.ts";
import type { IChallenges } from "../../types/interfaces/IChallenges.ts";
import type { IOracleBonds } from "../../types/interfaces/IOracleBonds.ts";
import type { IMeterSettlement } from "../../types/interfaces/IMeterSettlement.ts";
import type { IOracleCommittee } from "../../types/interfaces/IOracleCommittee.ts";
import type { IPartnerAgreements } from "../../types/interfaces/IPartnerAgreements.ts";
import type { ITariffRegistry } from "../../types/interfaces/ITariffRegistry.ts";
import type { DemoToken } from "../../types/mocks/DemoToken.ts";
import { artifactOf, type ContractRole } from "../deploy/artifacts.ts";
import type { Deployment } from "../deploy/deployment-file.ts";
import type { LocalChain } from "./chain.ts";

/** The contracts of a deployment, with their types. */
export interface Contracts {
  readonly erc20: DemoToken;
  readonly oracleCommittee: IOracleCommittee;
  readonly partnerAgreements: IPartnerAgreements;
  readonly meterSettlement: IMeterSettlement;
  readonly challenges: IChallenges;
  readonly oracleBonds: IOracleBonds;
  readonly tariffRegistry: ITariffRegistry;
  readonly meterRegistry: IMeterRegistry;
  readonly chargingSettlement: IChargingSettlement;
}

/** The contracts at the addresses of the deployment. */
export function contractsOf(deployment: Deployment, runner: ContractRunner): Contracts {
  const at = (role: ContractRole): unknown =>
    new Contract(deployment.contracts[role], artifactOf(role).interface, runner);

  // The types are generated from the same artifacts that the interfaces are read from.
  return {
    erc20: at("erc20") as DemoToken,
    oracleCommittee: at("oracleCommittee") as IOracleCommittee,
    partnerAgreements: at("partnerAgreements") as IPartnerAgreements,
    meterSettlement: at("meterSettlement") as IMeterSettlement,
    challenges: at("challenges") as IChallenges,
    oracleBonds: at("oracleBonds") as IOracleBonds,
    tariffRegistry: at("tariffRegistry") as ITariffRegistry,
    meterRegistry: at("meterRegistry") as IMeterRegistry,
    chargingSettlement: at("chargingSettlement") as IChargingSettlement,
  };
}

/** A provider for the chain in this process, without a network between. */
export function createChainProvider(chain: LocalChain): BrowserProvider {
  const network = Network.from(chain.chainId);

  return new BrowserProvider(
    {
      request: ({ method, params = [] }) =>
        chain.request(method, Array.isArray(params) ? params : Object.values(params)),
    },
    network,
    { cacheTimeout: -1 },
  );
}
