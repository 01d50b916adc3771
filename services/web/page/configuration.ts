import { z } from "zod";

import { forEachRole } from "../../contracts.ts";

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/u);

/** What the service tells the page about itself: `GET /configuration.json`. */
export const configurationSchema = z.object({
  chainId: z.int().positive(),
  chainName: z.string(),
  /** An endpoint for wallets that do not know the chain; none for chains that every wallet knows. */
  walletRpcUrl: z.url().nullable(),
  /** The first block that can hold an event of the contracts. */
  blockNumber: z.int().min(0),
  contracts: z.object(forEachRole(address)),
  /** The page may ask the chain through `/rpc`. */
  hasChainProxy: z.boolean(),
  /** The service brings signed terms to the chain. */
  hasRelay: z.boolean(),
  /** The service sends receipts by e-mail. */
  hasReceiptMail: z.boolean().default(false),
  /** Accounts for passkeys, and where the page has to be open for them; `origin` `null`: http://localhost. */
  passkeys: z.object({ accounts: address, origin: z.string().nullable() }).nullable().default(null),
  /** The oracle account of the service, which drivers name when they let it give records out. */
  service: address.nullable().default(null),
  /** Consents to data and sales of it; `null`: the deployment has no market of evidence. */
  evidence: z.object({ dataConsents: address, evidenceSales: address }).nullable().default(null),
  /** Number of the agreement under which the operator shares now; `null`: the newest that binds on the chain. */
  partnerAgreement: z.int().positive().nullable().default(null),
  /** Only on the local chain of a demo: a key that everybody knows. */
  developmentWallet: z.object({ privateKey: z.string(), rpcUrl: z.url() }).nullable(),
});

export type PageConfiguration = z.infer<typeof configurationSchema>;

/** Reads the configuration; the service worker answers where the service does not. */
export async function readConfiguration(): Promise<PageConfiguration> {
  const response = await fetch("/configuration.json");
  if (!response.ok) throw new Error(`configuration.json: ${response.status}`);
  return configurationSchema.parse(await response.json());
}
