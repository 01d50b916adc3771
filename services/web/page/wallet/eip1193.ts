import { z } from "zod";

/** A wallet's provider (EIP-1193). */
export interface Eip1193Provider {
  request(request: { readonly method: string; readonly params?: readonly unknown[] }): Promise<unknown>;
  on?(event: string, listener: (value: unknown) => void): unknown;
  removeListener?(event: string, listener: (value: unknown) => void): unknown;
}

/** What a wallet's refusal means. */
export type WalletRefusal = "declined" | "busy" | "chain-unknown" | "other";

const errorSchema = z.object({ code: z.number() });

/** Codes of EIP-1193, EIP-1474 and EIP-3085; wallets wrap some of them once more. */
export function refusalOf(error: unknown): WalletRefusal {
  const code = errorSchema.safeParse(error).data?.code;
  if (code === 4001 || code === 4100) return "declined";
  if (code === -32002) return "busy";
  if (code === 4902) return "chain-unknown";
  const cause = z.object({ data: z.object({ originalError: errorSchema }) }).safeParse(error).data;
  return cause?.data.originalError.code === 4902 ? "chain-unknown" : "other";
}
