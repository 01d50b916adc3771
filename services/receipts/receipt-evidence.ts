import { recoverAddress } from "ethers";

import { consentDigestOf } from "../domain/unsigned-consent.ts";
import { readView, type ReceiptChain } from "./receipt-chain.ts";
import { check, type ReceiptCheck } from "./receipt-check.ts";
import type { ParsedReceipt } from "./receipt-schema.ts";

/** What a wallet that is a contract answers to a good signature (ERC-1271). */
const validSignature = "0x1626ba7e";

/** Nobody signed the energy: oracles settled it on what the station reported. */
export function isUnsigned({ evidence }: ParsedReceipt): boolean {
  return evidence?.grade === "plausible-unsigned";
}

/** The grade fits the records, and what nobody signed costs no more than the driver agreed to. */
export async function checkEvidence(receipt: ParsedReceipt, chain: ReceiptChain): Promise<ReceiptCheck[]> {
  const { evidence, isBoundToSession, chargedMicro, energyMicroWh, price } = receipt;
  if (evidence === null) return [];
  const { grade, reasons, consent } = evidence;
  if (grade !== "plausible-unsigned") {
    const fits = (grade === "meter-signed-bound") === isBoundToSession;
    return [check("grade", fits, `${grade}: ${reasons.join(", ")}`)];
  }
  if (chargedMicro === 0n && energyMicroWh === 0n) return [check("grade", true, `${grade}: nothing was charged`)];
  const unsigned = {
    name: "grade",
    outcome: "warning",
    detail: "the energy rests on readings that no meter signed; the oracles vouch for it",
  } as const;
  if (consent === null) {
    const detail = "the driver did not agree to a cap for it";
    return [unsigned, { name: "consent", outcome: "warning", detail }];
  }
  const isAgreed = (await isSignedByDriver(receipt, consent, chain)) && price.grossMicro <= consent.capMicro;
  return [unsigned, check("consent", isAgreed, `the driver agreed to pay up to ${consent.capMicro.toString()}`)];
}

async function isSignedByDriver(
  { sessionId, chainId, contracts, terms }: ParsedReceipt,
  { capMicro, signature }: { readonly capMicro: bigint; readonly signature: string },
  chain: ReceiptChain,
): Promise<boolean> {
  const digest = consentDigestOf({ sessionId, capMicro }, { chainId, verifyingContract: contracts.chargingSettlement });
  if (recover(digest, signature)?.toLowerCase() === terms.driver.toLowerCase()) return true;
  return (await readView(chain, terms.driver, "isValidSignature", [digest, signature])) === validSignature;
}

function recover(digest: string, signature: string): string | null {
  try {
    return recoverAddress(digest, signature);
  } catch {
    // What is no signature of a key may still be one of a contract.
    return null;
  }
}
