import { z } from "zod";

import { priceOf, tariffIdOf, type Tariff } from "../../../services/domain/tariff.ts";
import { WattproofError } from "../../../services/errors.ts";
import { readJson } from "../../command-line/files.ts";
import { profilePathOf, readProfile } from "../../command-line/profile.ts";
import type { OptionSpec, Run } from "../../command-line/verb.ts";
import { shown } from "../../command-line/amounts.ts";
import { convertTariff, type ConversionChoices, type ElementVerdict } from "../ocpi/convert-tariff.ts";
import { tariff221, tariff230, withoutNulls } from "../ocpi/tariff-schema.ts";

const micro = z
  .union([
    z.int().nonnegative().transform(BigInt),
    z
      .string()
      .regex(/^[0-9]{1,20}$/u)
      .transform(BigInt),
  ])
  .refine((value) => value < 2n ** 64n, "does not fit 64 bits")
  .default(0n);
const small = z
  .int()
  .nonnegative()
  .max(2 ** 32 - 1)
  .default(0);

/** Our own form: the contract's, with amounts as numbers or text. What is left out does not apply. */
const ownTariff = z
  .strictObject({
    flatFeeMicro: micro,
    priceMicroPerKwh: micro,
    priceMicroPerChargingMinute: micro,
    priceMicroPerConnectedMinute: micro,
    connectedFreeSeconds: small,
    energyStepWh: small,
    chargingStepSeconds: small,
    connectedStepSeconds: small,
    minimumMicro: micro,
    maximumMicro: micro,
    taxBps: z.int().min(0).max(10_000).default(0),
    chargesWithoutEnergy: z.boolean().default(false),
  })
  .refine(
    ({ flatFeeMicro, priceMicroPerKwh, priceMicroPerChargingMinute, priceMicroPerConnectedMinute, minimumMicro }) =>
      flatFeeMicro + priceMicroPerKwh + priceMicroPerChargingMinute + priceMicroPerConnectedMinute + minimumMicro > 0n,
    "has no price at all",
  );

export const ocpiOptions: readonly OptionSpec[] = [
  {
    flags: "--currency <code>",
    description: "of OCPI tariffs: what one token stands for; default: the operator's profile",
  },
  {
    flags: "--round-steps-down",
    description: "of OCPI tariffs: agrees that steps are rounded down, where OCPI rounds up",
  },
  { flags: "--charges-without-energy", description: "of OCPI tariffs: fee and time count without energy, too" },
];
export const ocpiInput = {
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/u, "must be three capital letters")
    .optional(),
  roundStepsDown: z.boolean().default(false),
  chargesWithoutEnergy: z.boolean().default(false),
};

/** A tariff from a file, and where it came from OCPI what became of each part. */
export interface TariffFile {
  readonly form: TariffForm;
  readonly tariff: Tariff;
  readonly elements: readonly ElementVerdict[];
  /** The step to which OCPI rounds energy up, and the contract does not; 0 where there is none. */
  readonly roundsUpToWh: number;
}

type TariffForm = "own" | "ocpi-2.2.1" | "ocpi-2.3.0";

/** What a document says, priced or not. */
export interface JudgedTariff extends Omit<TariffFile, "tariff"> {
  /** The id that the document gives itself; of our own form, that of the content. */
  readonly id: string | null;
  readonly tariff: Tariff | null;
  /** Why there is no tariff, each by its JSON path. */
  readonly refusals: readonly { readonly path: string; readonly detail: string }[];
}

/** What tells the versions apart, and which tariff it is. */
const heading = z.looseObject({ id: z.unknown().optional(), tax_included: z.unknown().optional() });

/** Judges a tariff in our own form or that of OCPI. Nothing is read from anywhere, and nothing thrown. */
export function judgeTariff(content: unknown, choices: ConversionChoices): JudgedTariff {
  const judged = { elements: [], roundsUpToWh: 0, tariff: null } as const;
  if (typeof content !== "object" || content === null || !("elements" in content)) {
    const own = ownTariff.safeParse(content);
    if (!own.success) return { ...judged, form: "own", id: null, refusals: refusalsOf(own.error) };
    return { ...judged, form: "own", id: tariffIdOf(own.data), tariff: own.data, refusals: [] };
  }
  const given = withoutNulls(content);
  const { id, tax_included: taxIncluded } = heading.parse(given);
  const form = taxIncluded === undefined ? "ocpi-2.2.1" : "ocpi-2.3.0";
  const ownId = typeof id === "string" ? id : null;
  const ocpi = form === "ocpi-2.3.0" ? tariff230.safeParse(given) : tariff221.safeParse(given);
  if (!ocpi.success) return { ...judged, form, id: ownId, refusals: refusalsOf(ocpi.error) };
  const { verdicts, ...conversion } = convertTariff(ocpi.data, choices);
  const refusals = verdicts.filter(({ verdict }) => verdict === "refused");
  return { ...conversion, form, id: ownId, elements: verdicts, refusals };
}

/**
 * Reads a tariff in our own form or that of OCPI.
 * @param deploymentPath Beside which the operator's profile is, for the currency.
 * @param needsCurrency Whether the tariff has to be in the currency that a token stands for; else any will do.
 * @throws INPUT_UNREADABLE, USAGE_INVALID, TARIFF_NOT_PRICEABLE
 */
export function readTariff(
  path: string,
  options: {
    readonly currency?: string | undefined;
    readonly roundStepsDown: boolean;
    readonly chargesWithoutEnergy: boolean;
    /** Seconds since 1970; by default now. */
    readonly at?: number | undefined;
  },
  run: Pick<Run, "output" | "environment">,
  deploymentPath: string | null,
  needsCurrency = true,
): TariffFile {
  const content = readJson(path);
  const profile = deploymentPath === null ? undefined : readProfile(profilePathOf(deploymentPath, run.environment));
  const currency = options.currency ?? profile?.currency ?? null;
  const judged = judgeTariff(content, choicesOf({ ...options, currency }));
  if (judged.form !== "own" && currency === null && needsCurrency) {
    throw new WattproofError("USAGE_INVALID", "Say which currency one token stands for: --currency <code>.");
  }
  const { tariff, refusals, form, elements, roundsUpToWh } = judged;
  if (tariff === null) {
    const reasons = refusals.map(({ path: place, detail }) => `${place}: ${shown(detail)}`);
    const isUnread = elements.length === 0;
    throw new WattproofError("TARIFF_NOT_PRICEABLE", `${isUnread ? `${path}: ` : ""}${reasons.join("; ")}`);
  }
  for (const { path: place, verdict, detail } of elements)
    run.output.line(`${verdict.padEnd(12)}${place}: ${shown(detail)}`);

  return { form, tariff, elements, roundsUpToWh };
}

/** What the options say about a conversion. */
export function choicesOf(options: {
  readonly currency: string | null;
  readonly roundStepsDown: boolean;
  readonly chargesWithoutEnergy: boolean;
  readonly at?: number | undefined;
}): ConversionChoices {
  return {
    currency: options.currency,
    roundsStepsDown: options.roundStepsDown,
    chargesWithoutEnergy: options.chargesWithoutEnergy,
    nowSeconds: options.at ?? Math.floor(Date.now() / 1_000),
  };
}

/** A tariff's content by its id, in words. */
export function tariffLines(tariff: Tariff): readonly string[] {
  const amount = (value: bigint): string => `${value / 1_000_000n}.${(value % 1_000_000n).toString().padStart(6, "0")}`;
  const step = (size: number, unit: string): string => (size === 0 ? "" : `, in whole steps of ${size} ${unit}`);
  const lines: [boolean, string][] = [
    [tariff.flatFeeMicro > 0n, `${amount(tariff.flatFeeMicro)} for a session`],
    [tariff.priceMicroPerKwh > 0n, `${amount(tariff.priceMicroPerKwh)} for a kWh${step(tariff.energyStepWh, "Wh")}`],
    [
      tariff.priceMicroPerChargingMinute > 0n,
      `${amount(tariff.priceMicroPerChargingMinute)} for a minute of charging${step(tariff.chargingStepSeconds, "s")}`,
    ],
    [
      tariff.priceMicroPerConnectedMinute > 0n,
      `${amount(tariff.priceMicroPerConnectedMinute)} for a minute connected after ${tariff.connectedFreeSeconds} s${step(tariff.connectedStepSeconds, "s")}`,
    ],
    [tariff.minimumMicro > 0n, `at least ${amount(tariff.minimumMicro)}`],
    [tariff.maximumMicro > 0n, `at most ${amount(tariff.maximumMicro)}`],
    [tariff.taxBps > 0, `plus ${tariff.taxBps / 100} % tax`],
    [true, tariff.chargesWithoutEnergy ? "charged without energy, too" : "without energy nothing is charged"],
  ];
  return [`tariff ${tariffIdOf(tariff)}`, ...lines.filter(([isThere]) => isThere).map(([, line]) => `  ${line}`)];
}

/** What some usual sessions cost, so that a slip of a decimal place is seen before it is published. */
export function usualPrices(tariff: Tariff): readonly { readonly session: string; readonly grossMicro: bigint }[] {
  return [
    { session: "20 kWh in 60 minutes", grossMicro: priceOf(tariff, 20_000_000_000n, 3_600, 3_600).grossMicro },
    {
      session: "50 kWh in 30 minutes, 6 hours connected",
      grossMicro: priceOf(tariff, 50_000_000_000n, 1_800, 21_600).grossMicro,
    },
  ];
}

function refusalsOf(error: z.ZodError): JudgedTariff["refusals"] {
  return error.issues.flatMap((issue) => {
    const detail = shown(issue.message);
    // What is not known has a name of its own.
    const paths = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return paths.map((path) => ({ path: shown(pathText(path)), detail }));
  });
}

/** `elements[0].price_components[1].vat` */
function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === "number" ? `${text}[${part}]` : text === "" ? String(part) : `${text}.${String(part)}`,
    "",
  );
}
