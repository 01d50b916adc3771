/** The settlement coin as people write it. */
export interface Coin {
  /** As the token names itself. */
  readonly symbol: string;
  /** ISO 4217 code of the money that the coin stands for; `null` where it stands for none that is known. */
  readonly currency: string | null;
}

/** Coins that are redeemed for a currency, by the symbol of their contracts. */
const currencies: Readonly<Record<string, string>> = {
  USDC: "USD",
  "USDC.E": "USD",
  USDT: "USD",
  "USD₮0": "USD",
  PYUSD: "USD",
  DAI: "USD",
  USDS: "USD",
  EURC: "EUR",
  EURE: "EUR",
  EURS: "EUR",
  EURCV: "EUR",
  EURI: "EUR",
  XCHF: "CHF",
  ZCHF: "CHF",
  VCHF: "CHF",
  GBPE: "GBP",
  TGBP: "GBP",
};

/** Any contract can name itself so: the operator chose the coin, and its own name stands in the details. */
export function coinOf(symbol: string): Coin {
  return { symbol, currency: currencies[symbol.toUpperCase()] ?? null };
}
