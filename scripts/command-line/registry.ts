import { WattproofError } from "../../services/errors.ts";
import { createRegistryReader, type RegistryReader } from "../../services/chain/registries.ts";
import type { RegisteredEvse, RegisteredMeter } from "../../services/chain/chain.ts";
import type { ChainAccess } from "./chain-access.ts";
import { rpcOf } from "./rpc.ts";

/** The registries, read as the service reads them. */
export function registryOf({ provider, deployment, interfaces }: ChainAccess): RegistryReader {
  return createRegistryReader(rpcOf(provider), deployment, interfaces);
}

/** @throws REGISTRY_ENTRY_UNKNOWN */
export async function requireEvse(chain: ChainAccess, evse: number): Promise<RegisteredEvse> {
  const content = await registryOf(chain).readEvse(evse);
  if (content === null) throw new WattproofError("REGISTRY_ENTRY_UNKNOWN", `The registry has no EVSE ${evse}.`);
  return content;
}

/** @throws REGISTRY_ENTRY_UNKNOWN */
export async function requireMeter(chain: ChainAccess, meter: number): Promise<RegisteredMeter> {
  const content = await registryOf(chain).readMeter(meter);
  if (content === null) throw new WattproofError("REGISTRY_ENTRY_UNKNOWN", `The registry has no meter ${meter}.`);
  return content;
}
