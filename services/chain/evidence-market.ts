import { Interface, Result, zeroPadValue, toBeHex } from "ethers";
import { z } from "zod";

import type { EvidenceRole } from "../contracts.ts";
import type { EnergyClaimContent } from "../dossier/format/energy-claim.ts";
import { consentsIn, type ConsentsAt, type StandingConsent } from "../dossier/format/consents.ts";
import type { OfferContent } from "../dossier/format/dossier-sale.ts";
import { evidenceInterface, topicOf } from "../dossier/format/evidence-interface.ts";
import { WattproofError } from "../errors.ts";
import { evidenceAddressOf, type Deployment } from "./deployment.ts";
import { isSignedBy } from "./driver-signature.ts";
import { eventLogView, readEventLogs, type EventLog, type EventTopics } from "./event-logs.ts";
import { readMeterDevices, type MeterDevices, type MeterKey } from "./meter-devices.ts";
import { RpcRefusal, type Rpc } from "./rpc.ts";
import { readTokenDomain } from "./token-domain.ts";

/** One event that brought money into the drivers' pool, or took it out of it, in the order of the chain. */
export type PoolEvent =
  | { readonly kind: "sold"; readonly operator: string; readonly root: string; readonly amountMicro: bigint }
  | { readonly kind: "collected"; readonly operator: string; readonly amountMicro: bigint }
  | { readonly kind: "allotted"; readonly amountMicro: bigint };

/** The drivers' pool as the chain has it now. */
export interface PoolHistory {
  readonly events: readonly PoolEvent[];
  readonly rounds: number;
  readonly unallottedMicro: bigint;
}

/**
 * Reads the contracts of the market of evidence at the newest block.
 * Errors: EVIDENCE_NOT_DEPLOYED, CHAIN_UNAVAILABLE, CHAIN_MISMATCH.
 */
export interface EvidenceMarket {
  readonly chainId: number;
  addressOf(role: EvidenceRole): string;
  /** `null` if there is none with this number. */
  readPurpose(purpose: number): Promise<{ readonly name: string; readonly group: number } | null>;
  /** Where each of these meters stands in the claims contract, in the same order. */
  readDevices(meters: readonly MeterKey[]): Promise<readonly MeterDevices[]>;
  /** `null` if there is none with this number. */
  readClaim(claimId: bigint): Promise<EnergyClaimContent | null>;
  readConsent(driver: string, grantee: string): Promise<StandingConsent>;
  /** The consents of all drivers for an operator at the end of a block. @throws CHAIN_UNAVAILABLE if there is none yet */
  readConsentsAt(grantee: string, blockNumber: number): Promise<ConsentsAt>;
  readPool(): Promise<PoolHistory>;
  /** `null` if nobody offered it. `isOpen`: whether somebody can buy under it now. */
  readOffer(offerId: string): Promise<{ readonly content: OfferContent; readonly isOpen: boolean } | null>;
  /** Whether the token moved this payment to the sales, by a signature of the buyer with this nonce. */
  hasArrived(txHash: string, buyer: string, nonce: string, amountMicro: bigint): Promise<boolean>;
  /** The transaction in which the token used the buyer's signature with this nonce; `null` if it did not. */
  findPayment(buyer: string, nonce: string): Promise<string | null>;
  /** How many of the token's smallest units 10⁻⁶ token has, and what its signatures of EIP-712 name it. */
  readToken(): Promise<{
    readonly address: string;
    readonly unit: bigint;
    readonly name: string;
    readonly version: string;
  }>;
  /** Whether the buyer bought under this offer. */
  hasBought(offerId: string, buyer: string): Promise<boolean>;
  /** Whether an account has signed a digest with its own key, or as a contract that says so (ERC-1271). */
  hasSigned(account: string, digest: string, signature: string): Promise<boolean>;
}

const bytes = z.string().regex(/^0x[0-9a-fA-F]*$/u);
const small = z.bigint().transform(Number);
const purposeView = z.object({ name: z.string(), group: small });
const consentView = z.object({ scopes: small, until: small, shareBps: small, lane: small });
const offerView = z
  .object({
    operator: z.string(),
    agreement: small,
    root: z.string(),
    licenceHash: z.string(),
    priceMicro: z.bigint().transform(String),
    scopes: small,
    leastDriversBps: small,
    driversRoot: z.string(),
    expiresAt: small,
  })
  .strict();
type LogReader = (
  role: EvidenceRole,
  topics: EventTopics,
  range?: { readonly firstBlock?: number; readonly lastBlock?: number },
) => Promise<readonly EventLog[]>;

/** Statuses of an offer; the contract has no content of one that nobody made. */
const [unknownOffer, openOffer] = [0n, 1n];
/** Of the offers that were asked for last, so many are remembered. */
const mostOffers = 1_000;
const ledgerInterface = new Interface(["function unit() view returns (uint256)"]);
const headView = z.object({ timestamp: bytes.transform(Number) });

export function createEvidenceMarket(deps: { readonly rpc: Rpc; readonly deployment: Deployment }): EvidenceMarket {
  const { rpc, deployment } = deps;
  const addressOf = (role: EvidenceRole): string => evidenceAddressOf(deployment, role);

  async function call(to: string, abi: Interface, name: string, values: readonly unknown[]): Promise<unknown> {
    const data = abi.encodeFunctionData(name, values);
    try {
      const answer = await rpc.request("eth_call", [{ to, data }, "latest"], bytes);
      const value: unknown = abi.decodeFunctionResult(name, answer).at(0);
      return value instanceof Result ? value.toObject() : value;
    } catch (error) {
      if (error instanceof WattproofError) throw error;
      const code = error instanceof RpcRefusal ? "CHAIN_UNAVAILABLE" : "CHAIN_MISMATCH";
      throw new WattproofError(code, `The answer to ${name} cannot be used.`, { cause: error });
    }
  }

  const ask = (role: EvidenceRole, name: string, values: readonly unknown[] = []): Promise<unknown> =>
    call(addressOf(role), evidenceInterface, name, values);

  const readUnit = async (): Promise<bigint> =>
    z.bigint().parse(await call(deployment.contracts.chargingSettlement, ledgerInterface, "unit", []));

  /** By default since the deployment until now. */
  const logsOf: LogReader = (role, topics, { firstBlock = deployment.blockNumber, lastBlock } = {}) =>
    readEventLogs(rpc, { address: addressOf(role), topics }, firstBlock, lastBlock);

  /** What an offer says never changes; looking for it costs a question for each 10,000 blocks of the chain. */
  const offers = new Map<string, { readonly content: OfferContent; readonly blockNumber: number }>();

  async function findOffer(
    offerId: string,
  ): Promise<{ readonly content: OfferContent; readonly blockNumber: number } | null> {
    const known = offers.get(offerId);
    if (known !== undefined) return known;
    const [log] = await logsOf("evidenceSales", [topicOf("DossierOffered"), offerId]);
    if (log === undefined) return null;
    const told: unknown = argumentsOf(log)["offer"];
    const offer = {
      content: offerView.parse(told instanceof Result ? told.toObject() : told),
      blockNumber: log.blockNumber,
    };
    offers.set(offerId, offer);
    const [oldest] = offers.keys();
    if (offers.size > mostOffers && oldest !== undefined) offers.delete(oldest);
    return offer;
  }

  return {
    chainId: deployment.chainId,
    addressOf,
    async readPurpose(purpose) {
      const { name, group } = purposeView.parse(await ask("energyClaims", "purposeOf", [purpose]));
      return group === 0 ? null : { name, group };
    },
    async readDevices(meters) {
      const filter = { address: deployment.contracts.meterRegistry, topics: [topicOf("MeterVouched")] };
      const vouchings = await readEventLogs(rpc, filter, deployment.blockNumber);
      return readMeterDevices(meters, vouchings, (keyId) => ask("energyClaims", "deviceOf", [keyId]));
    },
    async readClaim(claimId) {
      const [log] = await logsOf("energyClaims", [topicOf("EnergyClaimed"), toBeHex(claimId, 32)]);
      return log === undefined ? null : claimIn(log);
    },
    async readConsent(driver, grantee) {
      return consentView.parse(await ask("dataConsents", "consentOf", [driver, grantee]));
    },
    readConsentsAt: (grantee, block) => readConsentsAt(rpc, logsOf, grantee, block),
    async readPool() {
      const names = ["DossierSold", "PoolCollected", "RoundAllotted"];
      const logs = await logsOf("evidenceSales", [names.map(topicOf)]);
      return {
        events: logs.map(poolEventIn),
        rounds: small.parse(await ask("evidenceSales", "roundCount")),
        unallottedMicro: z.bigint().parse(await ask("evidenceSales", "unallottedMicro")),
      };
    },
    async readOffer(offerId) {
      // One question for whoever makes an id up.
      const status = await ask("evidenceSales", "statusOf", [offerId]);
      const offer = status === unknownOffer ? null : await findOffer(offerId);
      if (offer === null) return null;
      const { timestamp } = await rpc.request("eth_getBlockByNumber", ["latest", false], headView);
      const { content } = offer;
      return { content, isOpen: status === openOffer && timestamp < content.expiresAt };
    },
    async hasArrived(txHash, buyer, nonce, amountMicro) {
      const receiptView = z.object({ status: bytes, logs: z.array(eventLogView) }).nullable();
      const receipt = await rpc.request("eth_getTransactionReceipt", [txHash], receiptView);
      if (receipt === null || BigInt(receipt.status) !== 1n) return false;
      const { erc20 } = deployment.contracts;
      const of = receipt.logs.filter(({ address }) => address.toLowerCase() === erc20.toLowerCase());
      const from = zeroPadValue(buyer, 32).toLowerCase();
      const to = zeroPadValue(addressOf("evidenceSales"), 32).toLowerCase();
      const used = of.findIndex(({ topics }) => isTopics(topics, [topicOf("AuthorizationUsed"), from, nonce]));
      // The token says that the nonce is used, and moves the money next.
      const moved = of[used + 1];
      return (
        used >= 0 &&
        moved !== undefined &&
        isTopics(moved.topics, [topicOf("Transfer"), from, to]) &&
        BigInt(moved.data) === amountMicro * (await readUnit())
      );
    },
    async findPayment(buyer, nonce) {
      const topics = [topicOf("AuthorizationUsed"), zeroPadValue(buyer, 32), nonce];
      const filter = { address: deployment.contracts.erc20, topics };
      const [log] = await readEventLogs(rpc, filter, deployment.blockNumber);
      return log?.transactionHash ?? null;
    },
    async readToken() {
      const address = deployment.contracts.erc20;
      return { address, unit: await readUnit(), ...(await readTokenDomain(rpc, deployment.chainId, address)) };
    },
    async hasBought(offerId, buyer) {
      const topics = [topicOf("DossierSold"), offerId, zeroPadValue(buyer, 32)];
      // Nobody bought before it was offered.
      const offer = await findOffer(offerId);
      return offer !== null && (await logsOf("evidenceSales", topics, { firstBlock: offer.blockNumber })).length > 0;
    },
    hasSigned: (account, digest, signature) => isSignedBy(rpc, account, digest, signature),
  };
}

async function readConsentsAt(rpc: Rpc, logsOf: LogReader, grantee: string, blockNumber: number): Promise<ConsentsAt> {
  const numbered = [`0x${blockNumber.toString(16)}`, false];
  const block = await rpc.request("eth_getBlockByNumber", numbered, headView.nullable());
  if (block === null) throw new WattproofError("CHAIN_UNAVAILABLE", `The endpoint has no block ${blockNumber}.`);
  const events = ["DataConsentGranted", "DataConsentRevoked"].map(topicOf);
  const logs = await logsOf("dataConsents", [events, null, zeroPadValue(grantee, 32)], { lastBlock: blockNumber });
  return { byDriver: consentsIn(logs), timestamp: block.timestamp };
}

function argumentsOf({ topics, data }: EventLog): Readonly<Record<string, unknown>> {
  const parsed = evidenceInterface.parseLog({ topics, data });
  if (parsed === null) throw new WattproofError("CHAIN_MISMATCH", "A log is none of the events that were asked for.");
  return parsed.args.toObject();
}

function claimIn(log: EventLog): EnergyClaimContent {
  const { operator, purpose, periodEnd, root, intervals } = z
    .object({ operator: z.string(), purpose: small, periodEnd: small, root: z.string(), intervals: z.unknown() })
    .parse(argumentsOf(log));
  const words = z.array(z.bigint()).parse(intervals instanceof Result ? intervals.toArray() : intervals);
  return { operator, purpose, periodEnd, root, intervals: words.map((word) => toBeHex(word, 32)) };
}

function poolEventIn(log: EventLog): PoolEvent {
  const values = argumentsOf(log);
  const text = z.object({ operator: z.string() });
  const amount = (name: string): bigint => z.bigint().parse(values[name]);
  if (log.topics[0] === topicOf("RoundAllotted")) return { kind: "allotted", amountMicro: amount("totalMicro") };
  const { operator } = text.parse(values);
  if (log.topics[0] === topicOf("PoolCollected")) {
    return { kind: "collected", operator, amountMicro: amount("amountMicro") };
  }
  return { kind: "sold", operator, root: z.string().parse(values["root"]), amountMicro: amount("driversMicro") };
}

function isTopics(topics: readonly string[], expected: readonly string[]): boolean {
  return expected.every((topic, index) => topics[index]?.toLowerCase() === topic.toLowerCase());
}
