/** What a service may spend where its operator says nothing else, in 10⁻⁹ of the chain's coin. */
export interface SpendingDefaults {
  readonly tipLimitGwei: number;
  readonly transactionLimitGwei: number;
  /** What the relayer's account may spend for others in 24 hours. */
  readonly relayDayLimitGwei: number;
}

/** A stablecoin that an issuer's own page names for a chain. */
export interface KnownToken {
  readonly symbol: string;
  readonly address: string;
  readonly decimals: number;
  /** What its holders have to live with. */
  readonly quirks: string;
}

/** How a transaction's price comes about: by gas alone, or with what the layer below takes for its data. */
export type FeeModel = "gas" | "gas and data (OP Stack)" | "gas and data (Arbitrum)";

/** What is known of a public chain. docs/how-to/public-chains.md says where from. */
export interface ChainPreset {
  readonly chainId: number;
  readonly name: string;
  readonly isTestNetwork: boolean;
  /** An event counts when its block is this deep, its own block included. */
  readonly confirmations: number;
  readonly feeModel: FeeModel;
  readonly spending: SpendingDefaults;
  readonly tokens: readonly KnownToken[];
}

// A tip is what a block's maker gets above the base fee. On Ethereum 1 to 2 gwei are usual, on chains with one sequencer
// next to nothing, on Polygon 25 gwei are the least that is taken and a coin is worth a ten-thousandth. Gnosis' coin is
// worth a dollar.
const ethereumSpending: SpendingDefaults = {
  tipLimitGwei: 5,
  transactionLimitGwei: 200_000_000,
  relayDayLimitGwei: 50_000_000,
};
const rollupSpending: SpendingDefaults = {
  tipLimitGwei: 1,
  transactionLimitGwei: 20_000_000,
  relayDayLimitGwei: 10_000_000,
};
const polygonSpending: SpendingDefaults = {
  tipLimitGwei: 200,
  transactionLimitGwei: 20_000_000_000,
  relayDayLimitGwei: 20_000_000_000,
};
const gnosisSpending: SpendingDefaults = {
  tipLimitGwei: 5,
  transactionLimitGwei: 1_000_000_000,
  relayDayLimitGwei: 2_000_000_000,
};
/** Play money. */
const localSpending: SpendingDefaults = {
  tipLimitGwei: 10,
  transactionLimitGwei: 1_000_000_000,
  relayDayLimitGwei: 1_000_000_000,
};

/** The depth at which Ethereum's exchanges have long taken a block as settled; finality follows two epochs later. */
const ethereumConfirmations = 12;

const circleQuirks =
  "the issuer can freeze accounts and replace the code; ERC-2612, ERC-3009 and signatures of contract wallets are taken";
const usdc = (address: string): KnownToken => ({ symbol: "USDC", address, decimals: 6, quirks: circleQuirks });

const local: ChainPreset = {
  chainId: 31_337,
  name: "local chain",
  isTestNetwork: true,
  confirmations: 1,
  feeModel: "gas",
  spending: localSpending,
  tokens: [],
};

const opStack = { feeModel: "gas and data (OP Stack)", spending: rollupSpending, confirmations: 15 } as const;
const arbitrum = { feeModel: "gas and data (Arbitrum)", spending: rollupSpending, confirmations: 120 } as const;
const polygon = { feeModel: "gas", spending: polygonSpending, confirmations: 32 } as const;
const gnosis = { feeModel: "gas", spending: gnosisSpending, confirmations: 12 } as const;
const main = { isTestNetwork: false } as const;
const test = { isTestNetwork: true } as const;

/** The public chains that are known, each with its test network. */
export const publicChains: readonly ChainPreset[] = [
  {
    ...{ chainId: 8_453, name: "Base", ...main, ...opStack },
    tokens: [
      usdc("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"),
      { symbol: "EURC", address: "0x60a3E35Cc302bFA44Cb288Bc5a4F316Fdb1adb42", decimals: 6, quirks: circleQuirks },
    ],
  },
  {
    ...{ chainId: 84_532, name: "Base Sepolia", ...test, ...opStack },
    tokens: [usdc("0x036CbD53842c5426634e7929541eC2318f3dCF7e")],
  },
  {
    ...{ chainId: 42_161, name: "Arbitrum One", ...main, ...arbitrum },
    tokens: [usdc("0xaf88d065e77c8cC2239327C5EDb3A432268e5831")],
  },
  {
    ...{ chainId: 421_614, name: "Arbitrum Sepolia", ...test, ...arbitrum },
    tokens: [usdc("0x75faf114eafb1BDbe2F0316DF893fd58CE46AA4d")],
  },
  {
    ...{ chainId: 10, name: "OP Mainnet", ...main, ...opStack },
    tokens: [usdc("0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85")],
  },
  {
    ...{ chainId: 11_155_420, name: "OP Sepolia", ...test, ...opStack },
    tokens: [usdc("0x5fd84259d66Cd46123540766Be93DFE6D43130D7")],
  },
  {
    ...{ chainId: 137, name: "Polygon", ...main, ...polygon },
    tokens: [usdc("0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359")],
  },
  {
    ...{ chainId: 80_002, name: "Polygon Amoy", ...test, ...polygon },
    tokens: [usdc("0x41E94Eb019C0762f9Bfcf9Fb1E58725BfB0e7582")],
  },
  {
    ...{ chainId: 100, name: "Gnosis", ...main, ...gnosis },
    tokens: [
      {
        symbol: "EURe",
        address: "0x420CA0f9B9b604cE0fd9C18EF134C705e5Fa3430",
        decimals: 18,
        quirks: "the issuer can freeze accounts and replace the code; an older address of it shows the same balances",
      },
    ],
  },
  { ...{ chainId: 10_200, name: "Gnosis Chiado", ...test, ...gnosis }, tokens: [] },
];

const unknown = { feeModel: "gas", spending: ethereumSpending, confirmations: ethereumConfirmations } as const;

/** What is known of a chain; the rules of Ethereum for one that is not listed. */
export function chainPresetOf(chainId: number): ChainPreset {
  const known = [local, ...publicChains].find((preset) => preset.chainId === chainId);
  return known ?? { ...{ chainId, name: `chain ${chainId}`, ...main, ...unknown }, tokens: [] };
}
