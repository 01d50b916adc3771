import { section } from "./section.ts";
import { flag, httpUrl, integer, optional, privateKey, setting, text } from "./setting.ts";

/** What drivers open sessions with, and what their page is told. */
export const driverSection = section("Drivers and their page", {
  relayerKey: optional(
    "RELAYER_PRIVATE_KEY",
    privateKey,
    "Key of the account that pays the gas of drivers' openings; another account than the oracle's. Without it the service opens no sessions.",
  ),
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
  partnerAgreement: optional(
    "PARTNER_AGREEMENT",
    integer(1, 4_294_967_295),
    "Agreement under which sessions open from the page. By default the operator's newest that binds.",
  ),
  hasPageRpc: setting(
    "PAGE_RPC",
    flag("on", "off"),
    "off",
    "Whether the driver's page may read the chain through the service, at `/rpc`.",
  ),
  chainName: optional("CHAIN_NAME", text("1 to 60 characters", 1, 60), "What wallets call the chain."),
  walletRpcUrl: optional("WALLET_RPC_URL", httpUrl, "Endpoint that wallets are offered with the chain. It is public."),
  developmentWalletKey: optional(
    "DEVELOPMENT_WALLET_KEY",
    privateKey,
    "Key of a wallet that everybody who opens the page gets. It is public, so only on chain 31337.",
  ),
});
