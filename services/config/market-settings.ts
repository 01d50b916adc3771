import { section } from "./section.ts";
import { optional, privateKey } from "./setting.ts";

/** What selling dossiers over HTTP takes. */
export const marketSection = section("Market of evidence", {
  sellerKey: optional(
    "SELLER_PRIVATE_KEY",
    privateKey,
    "Key of the account that pays the gas of sales over HTTP (x402); an account that does nothing else. Without it buyers send their purchases to the chain themselves.",
  ),
});
