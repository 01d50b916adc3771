/** The chain id of local development chains. */
export const localChainId = 31337;
