import { accountAddress, type AccountKey, type RemoteKey } from "./chain-settings.ts";
import { section, type Complain } from "./section.ts";
import { signerPlace, type SignerPlace } from "./signer-settings.ts";
import { currencyCode, flag, httpUrl, integer, optional, parsed, path, privateKey, setting, text } from "./setting.ts";

/** A page that browsers give passkeys to: over TLS and under a name, or on this machine. */
const originKind = parsed(
  readOrigin,
  "origin",
  "https:// and a name, or http://localhost, with nothing behind it but a port",
);

/** What drivers open sessions with, and what their page is told. */
export const driverSection = section(
  "Drivers and their page",
  {
    relayerKey: optional(
      "RELAYER_PRIVATE_KEY",
      privateKey,
      "Key of the account that pays the gas of drivers' openings; another account than the oracle's. Without it the service opens no sessions.",
    ),
    relayerSigner: optional(
      "RELAYER_SIGNER",
      signerPlace,
      "Where that key signs if it is not on this machine ([keys elsewhere](how-to/keys-elsewhere.md)).",
    ),
    relayerSignerAddress: optional("RELAYER_SIGNER_ADDRESS", accountAddress, "Account of that key."),
    openingsPerMinute: setting(
      "OPENINGS_PER_MINUTE",
      integer(1, 60_000),
      30,
      "Openings that one client may ask for per minute; a driver gets a tenth.",
    ),
    tariffGraceSeconds: setting(
      "TARIFF_GRACE_SECONDS",
      integer(0, 86_400, "s"),
      300,
      "Sessions that were signed before a tariff ended at an EVSE still open for this long (s).",
    ),
    takesAnyTime: setting(
      "TIME_PRICES",
      flag("any-meter", "approved-meters"),
      "approved-meters",
      "Where tariffs that count time are offered: only at meters whose time is approved for prices (`wattproof meter approve-time`), or at any.",
    ),
    partnerAgreement: optional(
      "PARTNER_AGREEMENT",
      integer(1, 4_294_967_295),
      "Agreement under which sessions open from the page. By default the operator's newest that binds.",
    ),
    servedAgreement: optional(
      "SERVED_AGREEMENT",
      integer(1, 4_294_967_295),
      "Agreement that a session has to name so that a charger starts for it; the page opens under it, too. By default any that binds, or none. Drivers choose what they sign: set it before you pledge a covenant.",
    ),
    hasPageRpc: setting(
      "PAGE_RPC",
      flag("on", "off"),
      "off",
      "Whether the driver's page may read the chain through the service, at `/rpc`.",
    ),
    pageOrigin: optional(
      "PAGE_ORIGIN",
      originKind,
      "Where drivers open the page, such as https://charge.example. Passkeys are made for this name and work under no other. By default http://localhost with the service's port.",
    ),
    sitesPath: optional(
      "SITES",
      path,
      "File with the operator's sites, for drivers: names, places, plugs ([driver-page.md](driver-page.md#sites)).",
    ),
    currency: setting("CURRENCY", currencyCode, "EUR", "What one token stands for (ISO 4217), as chargers show it."),
    chainName: optional("CHAIN_NAME", text("1 to 60 characters", 1, 60), "What wallets call the chain."),
    walletRpcUrl: optional(
      "WALLET_RPC_URL",
      httpUrl,
      "Endpoint that wallets are offered with the chain. It is public.",
    ),
    developmentWalletKey: optional(
      "DEVELOPMENT_WALLET_KEY",
      privateKey,
      "Key of a wallet that everybody who opens the page gets. It is public, so only on chain 31337.",
    ),
  },
  ({ relayerKey, relayerSigner, relayerSignerAddress, ...values }, complain) => ({
    ...values,
    relayerKey: relayerOf({ relayerKey, relayerSigner, relayerSignerAddress }, complain),
  }),
);

function relayerOf(
  given: {
    readonly relayerKey: string | null;
    readonly relayerSigner: SignerPlace | null;
    readonly relayerSignerAddress: string | null;
  },
  complain: Complain,
): AccountKey | RemoteKey | null {
  const { relayerKey, relayerSigner: signer, relayerSignerAddress: address } = given;
  if (signer === null && address === null) {
    return relayerKey === null ? null : { kind: "private-key", privateKey: relayerKey };
  }
  if (signer !== null && address !== null && relayerKey === null) return { kind: "remote", signer, address };
  return complain("RELAYER_SIGNER", "belongs to RELAYER_SIGNER_ADDRESS, and to no RELAYER_PRIVATE_KEY");
}

function readOrigin(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || url.origin !== text) return null;
  if (url.protocol === "http:" && url.hostname === "localhost") return text;
  // The last part of a name is never a number, and an IPv6 address stands in brackets.
  return url.protocol === "https:" && /[a-z][a-z0-9-]*$/u.test(url.hostname) ? text : null;
}
