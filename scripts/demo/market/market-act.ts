import { createReadStream, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { keccak256, toUtf8Bytes, type BaseWallet } from "ethers";

import { consentScopes } from "../../../services/domain/data-consent.ts";
import { isShown } from "../../../services/dossier/format/dossier-schema.ts";
import { roundTreeOf } from "../../../services/dossier/format/dossier-sale.ts";
import { rootWordOf, unpackInterval } from "../../../services/dossier/format/energy-claim.ts";
import { readDossier } from "../../../services/dossier/format/read-dossier.ts";
import type { Backing } from "../../../services/dossier/market/statement.ts";
import { writePrivateFile, writePrivatePieces } from "../../command-line/private-file.ts";
import { openService, type ServiceClient } from "../../command-line/service-client.ts";
import type { Output } from "../../command-line/output.ts";
import { kilowattHours, money } from "../../local-world/figures.ts";
import type { RegisteredMeter } from "../../local-world/registration.ts";
import { claimContentView } from "../../operator/claim/make.ts";
import { haveSigned, readBacking } from "../../operator/market/statements.ts";
import { offerContentView } from "../../operator/sale/offer.ts";
import { roundFile } from "../../operator/sale/rounds.ts";
import { judgeDossier } from "../../verify/judge-dossier.ts";
import { demoOperatorKey } from "../page.ts";
import { demoAgreements, demoDriversBps, demoPurpose, findShare, payable, type Stands } from "./stands.ts";

/** What the last act needs. */
export interface MarketStage {
  readonly stands: Stands;
  readonly serviceUrl: string;
  readonly folderPath: string;
  /** Of which charging points the dossier is. */
  readonly meters: readonly RegisteredMeter[];
  /** The accounts of all who charged, by address. */
  readonly drivers: ReadonlyMap<string, BaseWallet>;
  readonly output: Output;
}

/** What came of it. */
export interface MarketOutcome {
  readonly dossierPath: string;
  readonly root: string;
  readonly provenMicroWh: bigint;
  readonly isAccepted: boolean;
}

const priceMicro = 50_000_000n;
const scopes = consentScopes.fields | consentScopes.records;
const offerSeconds = 6 * 86_400;
const consentSeconds = 365 * 86_400;
const licence = "For the demo alone: anybody may verify it, nobody may rely on it.";

/**
 * The energy that was proven is made into a dossier, claimed and sold; its drivers and the holders of shares are paid. What
 * an earlier run did is not done again.
 */
export async function playMarket(stage: MarketStage): Promise<MarketOutcome> {
  const { output, stands } = stage;
  const service = openService(stage.serviceUrl, null, { WATTPROOF_OPERATOR_KEY: demoOperatorKey });
  const dossierPath = join(stage.folderPath, "dossier.json");
  if (!existsSync(dossierPath)) await makeDossier(stage, service, dossierPath);
  const backing = await readBacking(dossierPath);
  const { totals, signatures } = backing;
  output.line(
    `dossier      ${totals.sessions} sessions, ${kilowattHours(BigInt(totals.claimableMicroWh))} kWh proven, ` +
      `${totals.excludedSessions} excluded, signed by ${signatures.length} oracles`,
  );
  await claimEnergy(stage, service, backing);
  await grantConsents(stage, await driversOf(dossierPath));
  await sellDossier(stage, service, backing);
  await payDrivers(stage, service, backing);
  await payHolders(stage);
  const chain = stands.world.chain;
  const { verdict, reasons, skipped } = await judgeDossier(
    dossierPath,
    { request: (method, parameters) => chain.request(method, parameters) },
    { isClaimNeeded: true },
  );
  output.line(
    `verifier     ${verdict}: registers, signatures, sessions and claim, without the service` +
      (skipped.length === 0 ? "" : `; not checked: ${skipped.join("; ")}`),
  );
  for (const { code, where } of reasons) output.line(`  ! ${code}: ${where}`);
  return {
    dossierPath,
    root: rootWordOf(totals.root),
    provenMicroWh: BigInt(totals.claimableMicroWh),
    isAccepted: verdict === "accepted",
  };
}

async function makeDossier(stage: MarketStage, service: ServiceClient, path: string): Promise<void> {
  const { world } = stage.stands;
  const pieces = await service.download("/v1/dossiers", {
    ...{ purpose: demoPurpose.name, operator: world.operator.address, fromSeconds: 0, toSeconds: await nowOf(stage) },
    ...{ evses: [...new Set(stage.meters.map(({ evse }) => evse))], identifiers: {} },
  });
  await writePrivatePieces(path, pieces);
}

async function claimEnergy({ stands, output }: MarketStage, service: ServiceClient, backing: Backing): Promise<void> {
  const { claims, world } = stands;
  const { operator } = world;
  const [earlier] = await claims.queryFilter(claims.filters.EnergyClaimed(undefined, operator.address));
  if (earlier === undefined) {
    const statement = { kind: "claim", purpose: demoPurpose.number } as const;
    const { content, signatures } = await haveSigned(service, statement, [backing], claimContentView);
    const energyMicroWh = content.intervals.reduce((sum, word) => sum + unpackInterval(word).energyMicroWh, 0n);
    const address = await claims.getAddress();
    await payable(stands, operator, address, await claims.bondOf(demoPurpose.number, energyMicroWh));
    await operator.send(address, claims.interface.encodeFunctionData("claim", [content, [...signatures]]));
  }
  const { energyMicroWh } = await claims.claimOf(1);
  output.line(
    `claim        1: ${kilowattHours(energyMicroWh)} kWh for ${demoPurpose.name}, and for nothing else again`,
  );
}

/** Everybody whose session is in the dossier lets the operator sell it, for a part of the price. */
async function grantConsents(
  { stands, drivers: accounts, output }: MarketStage,
  drivers: ReadonlySet<string>,
): Promise<void> {
  const { consents, world } = stands;
  const grantee = world.operator.address;
  const until = (await nowOf({ stands })) + consentSeconds;
  for (const driver of drivers) {
    if (await consents.isGranted(driver, grantee, scopes, demoDriversBps.least)) continue;
    const { nonce } = await consents.consentOf(driver, grantee);
    const consent = { driver, grantee, scopes, until, shareBps: demoDriversBps.least, lane: 0, nonce };
    const signature = accounts.get(driver)?.signingKey.sign(await consents.consentDigestOf(consent)).serialized;
    if (signature === undefined) throw new Error(`Nobody in the demo has the key of ${driver}`);
    const call = consents.interface.encodeFunctionData("grantFor", [consent, signature]);
    await world.relayer.send(await consents.getAddress(), call);
  }
  output.line(`consents     of ${drivers.size} drivers, each for ${demoDriversBps.least / 100} % of a price or more`);
}

async function sellDossier({ stands, output }: MarketStage, service: ServiceClient, backing: Backing): Promise<void> {
  const { sales, world, buyer } = stands;
  const address = await sales.getAddress();
  const root = rootWordOf(backing.totals.root);
  if ((await sales.queryFilter(sales.filters.DossierSold(undefined, undefined, root))).length === 0) {
    const statement = {
      ...{ kind: "offer" as const, agreement: demoAgreements.pool, licenceHash: keccak256(toUtf8Bytes(licence)) },
      ...{ priceMicro: priceMicro.toString(), scopes, expiresAt: (await nowOf({ stands })) + offerSeconds },
    };
    const { content, signatures } = await haveSigned(service, statement, [backing], offerContentView);
    const call = sales.interface.encodeFunctionData("offer", [content.offer, [...signatures]]);
    await world.operator.send(address, call);
    await payable(stands, buyer, address, priceMicro);
    await buyer.send(address, sales.interface.encodeFunctionData("buy", [content.offer]));
  }
  const [sold] = await sales.queryFilter(sales.filters.DossierSold(undefined, undefined, root));
  const driversMicro = sold?.args.driversMicro ?? 0n;
  output.line(`sale         for ${money(sold?.args.priceMicro ?? 0n)}, of it ${money(driversMicro)} for the drivers`);
}

/** What the pool has of the sale and of sessions under its agreement goes to the drivers' accounts. */
async function payDrivers(stage: MarketStage, service: ServiceClient, backing: Backing): Promise<void> {
  const { sales, world } = stage.stands;
  const { operator } = world;
  const address = await sales.getAddress();
  const path = join(stage.folderPath, "drivers-round.json");
  if ((await sales.roundCount()) === 0n) {
    const collect: [string, number] = [operator.address, demoAgreements.pool];
    const isToCollect = (await sales.queryFilter(sales.filters.PoolCollected())).length === 0;
    if (isToCollect) await operator.send(address, sales.interface.encodeFunctionData("collect", collect));
    const totalMicro = await sales.unallottedMicro();
    const statement = { kind: "round" as const, round: 1, totalMicro: totalMicro.toString() };
    const { content, signatures } = await haveSigned(service, statement, [backing], roundFile);
    // Kept before it is published: who was interrupted in between credits the parts all the same.
    writePrivateFile(path, JSON.stringify(content));
    const call = sales.interface.encodeFunctionData("allot", [content.root, totalMicro, [...signatures]]);
    await operator.send(address, call);
  }
  const { parts, round } = roundFile.parse(JSON.parse(readFileSync(path, "utf8")));
  const tree = roundTreeOf(parts);
  const proven = parts.map((part, index) => ({ ...part, round, proof: tree.proofOf(index) }));
  if ((await sales.roundOf(round)).remainingMicro > 0n) {
    await world.relayer.send(address, sales.interface.encodeFunctionData("creditParts", [proven]));
  }
  const totalMicro = parts.reduce((sum, { amountMicro }) => sum + BigInt(amountMicro), 0n);
  stage.output.line(`drivers      ${money(totalMicro)} paid into the accounts of ${parts.length} drivers, by energy`);
}

/** What the share earned of sessions under its agreement is divided and paid. */
async function payHolders(stage: MarketStage): Promise<void> {
  const { stands } = stage;
  const { world, holders } = stands;
  const share = await findShare(stands);
  if (share === null) throw new Error("The share was not created");
  const address = await share.getAddress();
  if ((await share.backing()).finalMicro > 0n) {
    await world.operator.send(address, share.interface.encodeFunctionData("pull"));
  }
  for (const holder of holders) {
    if ((await share.owedMicroOf(holder.address)) === 0n) continue;
    await holder.send(address, share.interface.encodeFunctionData("pay", [holder.address]));
  }
  const paid = await share.queryFilter(share.filters.RevenuePaid());
  const paidMicro = paid.reduce((sum, { args }) => sum + args.amountMicro, 0n);
  stage.output.line(`share        ${await share.symbol()} paid ${money(paidMicro)} to ${holders.length} holders`);
}

async function driversOf(path: string): Promise<ReadonlySet<string>> {
  const drivers = new Set<string>();
  for await (const part of readDossier(createReadStream(path))) {
    if (part.name !== "month") continue;
    for (const session of part.value.sessions) if (isShown(session)) drivers.add(session.terms.driver);
  }
  return drivers;
}

async function nowOf({ stands: { world } }: Pick<MarketStage, "stands">): Promise<number> {
  return (await world.provider.getBlock("latest"))?.timestamp ?? 0;
}
