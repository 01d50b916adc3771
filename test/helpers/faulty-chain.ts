import type { Chain } from "../../services/chain/chain.ts";
import { connectEthereumChain, type ServiceOptions } from "../../services/index.ts";

/** Methods of the chain that a test replaces; each gets the real chain to fall back on. */
export type ChainFaults = {
  [Method in keyof Chain]?: (real: Chain) => Chain[Method];
};

/** Options for a service whose chain misbehaves as long as there are faults in the record. */
export function withFaults(faults: ChainFaults): Pick<ServiceOptions, "connectChain"> {
  return {
    connectChain: async (...parameters) => {
      const real = await connectEthereumChain(...parameters);
      return new Proxy(real, {
        get(target, property, receiver): unknown {
          const fault = isMethod(property, target) ? faults[property] : undefined;
          return fault === undefined ? Reflect.get(target, property, receiver) : fault(target);
        },
      });
    },
  };
}

function isMethod(property: string | symbol, chain: Chain): property is keyof Chain {
  return property in chain;
}
