import { keccak256 } from "ethers";
import { z } from "zod";

import { consentScopes } from "../../../services/domain/data-consent.ts";
import { offerSchema } from "../../../services/dossier/format/dossier-sale.ts";
import { WattproofError } from "../../../services/errors.ts";
import { tokens, utc } from "../../command-line/amounts.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { readBytes } from "../../command-line/files.ts";
import { hashInput, registryNumberInput, tokenAmountInput, wholeInput } from "../../command-line/inputs.ts";
import { openService, serviceInput, serviceOption } from "../../command-line/service-client.ts";
import { defineVerb } from "../../command-line/verb.ts";
import { judgeDossier } from "../../verify/judge-dossier.ts";
import { haveSigned, readBacking } from "../market/statements.ts";
import { requireOffer } from "./offers.ts";

const scopeNames = Object.keys(consentScopes) as (keyof typeof consentScopes)[];
const hourSeconds = 3_600;
const longestHours = 168;

/** What the oracles make of a dossier that is offered. */
export const offerContentView = z.object({ offerId: z.string(), drivers: z.number(), offer: offerSchema });

export const saleOffer = defineVerb({
  path: ["sale", "offer"],
  summary: "offers a dossier for at most seven days, with the consent of every driver in it",
  description:
    "The oracles sign that the dossier stands for records that they verified, and that each of its drivers lets the operator\n" +
    "use the data so, for the part of the price that the agreement gives the drivers' pool, or less. The licence is\n" +
    "published by its hash. A dossier whose sessions are shown needs --scope fields and records; a summary (T0) needs none.",
  arguments: [{ syntax: "<file>", description: "the whole dossier" }],
  options: [
    {
      flags: "--agreement <number>",
      description: "by which the price is split; the sales contract has to be a partner",
    },
    { flags: "--price <amount>", description: "in tokens" },
    { flags: "--licence <file>", description: "the text of the licence" },
    { flags: "--hours <n>", description: `until the offer ends; 1 to ${longestHours}, default ${longestHours - 1}` },
    { flags: "--scope <name>", description: `what drivers consented to: ${scopeNames.join(", ")}`, isRepeated: true },
    serviceOption,
  ],
  access: "write",
  account: "OPERATOR",
  examples: [
    "sale offer ere-2026.json --agreement 3 --price 250 --licence licence.txt --scope fields --scope records --dry-run",
  ],
  input: z.object({
    file: z.string(),
    agreement: registryNumberInput,
    price: tokenAmountInput,
    licence: z.string(),
    hours: wholeInput(1, longestHours).default(longestHours - 1),
    scope: z.array(z.enum(scopeNames, `must be one of ${scopeNames.join(", ")}`)).default([]),
    service: serviceInput,
  }),
  async run({ file, agreement, price, licence, hours, scope, service: url }, { openWriter, output, ...run }) {
    const { environment, isDryRun } = run;
    const licenceHash = keccak256(readBytes(licence));
    const backing = await readBacking(file);
    const writer = await openWriter("OPERATOR");
    const service = openService(url, writer.chain.deploymentPath, environment);
    const head = await writer.chain.provider.getBlock("latest");
    const statement = {
      ...{ kind: "offer" as const, agreement, licenceHash, priceMicro: price.toString() },
      scopes: scope.reduce((bits, name) => bits | consentScopes[name], 0),
      expiresAt: (head?.timestamp ?? 0) + hours * hourSeconds,
    };
    const { content, signatures } = await haveSigned(service, statement, [backing], offerContentView);
    const { offerId, offer, drivers } = content;
    const intent = { contract: "evidenceSales", method: "offer", parameters: [offer, signatures] } as const;
    const { transaction } = await writer.call(intent);
    output.json({ isDryRun, offerId, ...offer, drivers, transactions: [transaction] });
    output.line(`${isDryRun ? "would offer" : "offered"} for ${tokens(price)} until ${utc(offer.expiresAt)}`);
    output.line(`offer ${offerId}`);
    output.line(`${drivers} drivers, at least ${offer.leastDriversBps / 100} % of the price`);

    return exitCode.done;
  },
});

export const saleEnd = defineVerb({
  path: ["sale", "end"],
  summary: "ends an offer: nobody can buy under it any more",
  arguments: [{ syntax: "<offer>", description: "its id" }],
  access: "write",
  readsHistory: true,
  account: "OPERATOR",
  examples: ["sale end 0x2f0a6d3c1b5e4f7a8d9c0b1a2e3f4d5c6b7a8990a1b2c3d4e5f60718293a4b9c --dry-run"],
  input: z.object({ offer: hashInput }),
  async run({ offer: offerId }, run) {
    const writer = await run.openWriter("OPERATOR");
    const { offer, status } = await requireOffer(run, writer.chain, offerId);
    const { transaction } = await writer.call({
      contract: "evidenceSales",
      method: "withdrawOffer",
      parameters: [offerId, offer],
    });
    const after = run.isDryRun ? status : "ended";
    run.output.json({ isDryRun: run.isDryRun, offerId, status: after, transactions: [transaction] });
    run.output.line(`offer ${offerId} ${run.isDryRun ? "would end" : "has ended"}`);

    return exitCode.done;
  },
});

export const salePublish = defineVerb({
  path: ["sale", "publish"],
  summary: "gives the service the dossier that it hands to buyers of an offer over HTTP (x402)",
  description:
    "Verifies the dossier first, without a chain. Who pays gets this very file: disclose less of it first where the licence\n" +
    "says so. An offer without drivers' consent sells the public summary (T0) alone.",
  arguments: [
    { syntax: "<offer>", description: "its id" },
    { syntax: "<file>", description: "the dossier" },
  ],
  options: [{ flags: "--dry-run", description: "verifies the dossier; nothing is sent" }, serviceOption],
  access: "none",
  examples: ["sale publish 0x2f0a6d3c1b5e4f7a8d9c0b1a2e3f4d5c6b7a8990a1b2c3d4e5f60718293a4b9c ere-2026.json"],
  input: z.object({ offer: hashInput, file: z.string(), service: serviceInput }),
  async run({ offer, file, service: url }, { output, environment, isDryRun }) {
    const service = openService(url, null, environment);
    const { verdict, reasons } = await judgeDossier(file, null);
    const [first] = reasons;
    if (verdict === "refused") throw new WattproofError(first?.code ?? "INTERNAL", first?.where ?? "");
    const path = `/v1/dossiers/${offer}`;
    if (!isDryRun) await service.upload(`${path}/content`, z.object({ offerId: z.string() }), file);
    output.json({ isDryRun, offerId: offer, url: `${service.url}${path}` });
    output.line(`${isDryRun ? "would be" : "is"} for sale at ${service.url}${path}`);

    return exitCode.done;
  },
});
