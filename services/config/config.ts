/**
 * The settings of the service. In come environment variables; out comes a configuration in which every value is in range,
 * or one error that names every variable that is wrong and never a value. Each setting is written once, in the section
 * that it belongs to: its name with its unit, its values, its default and its meaning. The configuration's type follows
 * from the sections' schemas, and `docs/configuration.md` is written from them. `services/index.ts` and the commands that
 * start a service call `parseConfiguration`; nobody else reads the environment.
 */
import { z } from "zod";

import { WattproofError } from "../errors.ts";
import { alertSection } from "./alert-settings.ts";
import { cardSection } from "./card-settings.ts";
import { chainSection, listeningSection, oracleSection } from "./chain-settings.ts";
import { chargingSection } from "./charging-settings.ts";
import { entranceSection } from "./entrance-settings.ts";
import { fleetSection } from "./fleet-settings.ts";
import { marketSection } from "./market-settings.ts";
import { ocppSection } from "./ocpp-settings.ts";
import { openDataSection } from "./open-data-settings.ts";
import { driverSection } from "./driver-settings.ts";
import { receiptSection } from "./receipt-settings.ts";
import { quorumSection } from "./quorum-settings.ts";
import { withSecretFiles } from "./secret-files.ts";
import type { Section } from "./section.ts";
import { signerSection } from "./signer-settings.ts";
import { settlementSection } from "./settlement-settings.ts";
import { spendingSection } from "./spending-settings.ts";
import { storeSection } from "./store-settings.ts";
import { stuckSection } from "./stuck-settings.ts";

/** What every setting's environment variable begins with. */
export const prefix = "WATTPROOF_";
/**
 * What the tests and the operator's program read, with its accounts; a service that finds it beside its own, in the shell of
 * an operator, is not misconfigured.
 */
const foreignName =
  /^(?:SHARED|SERVICE_URL|OPERATOR_PROFILE|(?:OPERATOR|DEPLOYER|OWNER|PARTNER|BUYER)_(?:PRIVATE_KEY|KEYSTORE(?:_PASSWORD(?:_FILE)?)?))$/;

/** In the order of `docs/configuration.md`. */
export const sections: readonly Section<unknown>[] = [
  storeSection,
  chainSection,
  oracleSection,
  signerSection,
  listeningSection,
  settlementSection,
  quorumSection,
  stuckSection,
  spendingSection,
  chargingSection,
  ocppSection,
  entranceSection,
  driverSection,
  openDataSection,
  receiptSection,
  alertSection,
  fleetSection,
  cardSection,
  marketSection,
];

const settings = new Map(sections.flatMap((section) => section.settings).map((setting) => [setting.name, setting]));

const configurationSchema = z
  .record(z.string(), z.string())
  .transform((given, context) => {
    function complain(name: PropertyKey | undefined, message: string): void {
      context.addIssue({ code: "custom", path: [prefix + String(name ?? "")], message });
    }
    function read<Config>({ schema }: Section<Config>): Config {
      const parsed = schema.safeParse(given);
      if (parsed.success) return parsed.data;
      for (const issue of parsed.error.issues) complain(issue.path[0], messageOf(issue, given));
      return z.NEVER;
    }

    for (const name of Object.keys(given)) {
      if (!settings.has(name)) complain(name, "there is no such setting");
    }
    return {
      ...read(storeSection),
      ...read(chainSection),
      ...read(listeningSection),
      ...read(settlementSection),
      ...read(quorumSection),
      ...read(driverSection),
      oracleKey: read(oracleSection),
      signing: read(signerSection),
      stuck: read(stuckSection),
      spending: read(spendingSection),
      charging: read(chargingSection),
      ocpp: read(ocppSection),
      entrance: read(entranceSection),
      fleets: read(fleetSection),
      cards: read(cardSection),
      market: read(marketSection),
      openData: read(openDataSection),
      receipts: read(receiptSection),
      alerts: read(alertSection),
    };
  })
  .superRefine(({ fleets, cards, relayerKey, pageOrigin, currency, oracleKey, signing, alerts, receipts }, context) => {
    const hasKms = [oracleKey, relayerKey].some((key) => key?.kind === "remote" && key.signer.kind === "kms");
    if (hasKms && signing.kms === null) {
      context.addIssue({ code: "custom", path: [`${prefix}KMS_REGION`], message: "is required by keys of AWS KMS" });
    }
    if (fleets.keys.length > 0 && relayerKey === null) {
      const message = `keys of fleets need ${prefix}RELAYER_PRIVATE_KEY, which pays for what they open`;
      context.addIssue({ code: "custom", path: [`${prefix}FLEET_PRIVATE_KEYS`], message });
    }
    if (cards !== null && fleets.keys.length === 0) {
      const message = `payments by card need ${prefix}FLEET_PRIVATE_KEYS, whose key opens their sessions`;
      context.addIssue({ code: "custom", path: [`${prefix}CARD_CONSENTS`], message });
    }
    if (cards !== null && !hasHundredths(currency)) {
      const message = "must be a currency with hundredths, which payments by card are counted in";
      context.addIssue({ code: "custom", path: [`${prefix}CURRENCY`], message });
    }
    if (cards !== null && pageOrigin === null) {
      const message = "is required by payments by card: drivers are led back there";
      context.addIssue({ code: "custom", path: [`${prefix}PAGE_ORIGIN`], message });
    }
    if (alerts.mailTo !== null && receipts.mail === null) {
      context.addIssue({ code: "custom", path: [`${prefix}ALERT_MAIL_TO`], message: `needs ${prefix}SMTP_URL` });
    }
  });

/** The settings as the service uses them; units are in the names. */
export type ServiceConfig = Readonly<z.output<typeof configurationSchema>>;

/**
 * Reads the configuration from environment variables.
 * @throws CONFIGURATION_INVALID naming every setting that is missing, unknown or out of range, never its value.
 */
export function parseConfiguration(environment: Readonly<Record<string, string | undefined>>): ServiceConfig {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || value === undefined) continue;
    const setting = name.slice(prefix.length);
    if (!foreignName.test(setting)) given[setting] = value;
  }

  const problems: string[] = [];
  const whole = withSecretFiles(given, settings, (name, message) => {
    problems.push(`${prefix}${name}: ${message}`);
  });
  const parsed = configurationSchema.safeParse(whole);
  if (parsed.success && problems.length === 0) return parsed.data;
  for (const issue of parsed.error?.issues ?? []) problems.push(`${issue.path.join(".")}: ${issue.message}`);
  throw new WattproofError("CONFIGURATION_INVALID", problems.join("; "));
}

function hasHundredths(currency: string): boolean {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits === 2;
}

/** What the operator is told: the values that the setting takes, whatever the schema stumbled over. */
function messageOf(issue: z.core.$ZodIssue, given: Readonly<Record<string, string>>): string {
  if (issue.code === "custom" && issue.params?.["isOwnMessage"] === true) return issue.message;
  const name = String(issue.path[0]);
  const rule = settings.get(name)?.kind.rule;
  if (given[name] === undefined) return "is required";
  return rule === undefined ? issue.message : `must be ${rule}`;
}
