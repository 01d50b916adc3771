import { getAddress, Interface, Result, toBeHex, zeroPadValue, ZeroAddress } from "ethers";
import { z } from "zod";

import type { EvidenceRole } from "../contracts.ts";
import { topicIn } from "../dossier/format/evidence-interface.ts";
import { WattproofError } from "../errors.ts";
import { evidenceAddressOf, type Deployment } from "./deployment.ts";
import { createFollowedLogs, type EventLog } from "./event-logs.ts";
import type { Rpc } from "./rpc.ts";

/** A purpose for which energy is claimed, by its number. */
export interface ClaimPurpose {
  readonly purpose: number;
  readonly name: string;
  /** A kilowatt-hour is claimed once in a group. */
  readonly group: number;
}

/** How far a device is claimed in a group. */
export interface DeviceMark {
  /** Whether the device can be claimed in the group at all. */
  readonly isEnrolled: boolean;
  readonly isClaimed: boolean;
  /** Register in 10⁻⁶ Wh, or number of a record where the register starts over. */
  readonly claimedTo: bigint;
}

/** One claim as the events of the chain tell it. */
export interface ClaimStory {
  readonly claimId: string;
  readonly purpose: number;
  readonly status: "active" | "retired" | "contradicted";
  readonly holder: string;
  readonly root: string;
  /** Seconds since 1970, exclusive. */
  readonly periodEnd: number;
  readonly energyMicroWh: bigint;
  /** Words of `PackedInterval`. */
  readonly intervals: readonly string[];
}

/** One offer of a dossier, and what came of it. */
export interface OfferStory {
  readonly offerId: string;
  readonly root: string;
  readonly isEnded: boolean;
  readonly priceMicro: bigint;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  readonly sales: number;
  readonly soldMicro: bigint;
  /** What of it is the drivers'. */
  readonly driversMicro: bigint;
}

/** One revenue share, and who holds it. */
export interface ShareStory {
  readonly share: string;
  readonly name: string;
  readonly symbol: string;
  readonly phase: "selling" | "issued" | "failed";
  readonly shareCount: number;
  readonly pulledMicro: bigint;
  /** The largest first. */
  readonly holders: readonly { readonly holder: string; readonly count: number; readonly owedMicro: bigint }[];
  /** How many hold some, shown or not. */
  readonly holderCount: number;
}

/** Reads what became of operators' evidence. Errors: EVIDENCE_NOT_DEPLOYED, CHAIN_UNAVAILABLE, CHAIN_MISMATCH. */
export interface MarketHistory {
  readPurposes(): Promise<readonly ClaimPurpose[]>;
  /** The device that stands for this one now: keys of one physical meter can turn out to be the same device. */
  readMerges(): Promise<(device: number) => number>;
  readMark(device: number, group: number): Promise<DeviceMark>;
  /** The newest first. */
  readClaims(operator: string): Promise<readonly ClaimStory[]>;
  /** The newest first. */
  readOffers(operator: string): Promise<readonly OfferStory[]>;
  /** The newest first. */
  readShares(operator: string): Promise<readonly ShareStory[]>;
}

const abi = new Interface([
  "event PurposeAdded(uint32 indexed purpose, uint32 indexed group, tuple(uint32 group, uint40 activeFrom, uint40 contradictionSeconds, uint64 bondMicroPerMwh, address beneficiary, address transferRules, string name) content)",
  "event DeviceMerged(uint32 indexed device, uint32 indexed into)",
  "function markOf(uint32 device, uint32 group) view returns (tuple(uint64 claimedTo, uint40 claimedUntil, uint32 register, bool isClaimed, uint32 operator, uint32 meter, uint24 maximumPowerW) mark, address operator)",
  "event EnergyClaimed(uint256 indexed claimId, address indexed operator, uint32 indexed purpose, bytes32 root, uint40 periodEnd, uint256 energyMicroWh, uint256 bondMicro, uint256[] intervals)",
  "event ClaimRetired(uint256 indexed claimId, address indexed holder, string reference_)",
  "event ClaimContradicted(uint256 indexed claimId, address indexed challenger, bytes32 reasonHash, uint256 rewardMicro, uint256 beneficiaryMicro)",
  "event DossierOffered(bytes32 indexed offerId, address indexed operator, bytes32 indexed root, tuple(address operator, uint32 agreement, bytes32 root, bytes32 licenceHash, uint64 priceMicro, uint32 scopes, uint16 leastDriversBps, bytes32 driversRoot, uint40 expiresAt) offer)",
  "event OfferEnded(bytes32 indexed offerId, address indexed driver)",
  "event DossierSold(bytes32 indexed offerId, address indexed buyer, bytes32 indexed root, address operator, uint32 agreement, uint256 priceMicro, uint256 driversMicro, bytes32 licenceHash)",
  "event RevenueShareCreated(address indexed share, address indexed issuer, tuple(string name, string symbol, uint16 shareBps, uint32 shareCount, uint64 priceMicro, uint40 saleEndsAt) terms)",
  "event Transfer(address indexed from, address indexed to, uint256 value)",
  "function phase() view returns (uint8 phase)",
  "function owedMicroOf(address holder) view returns (uint256 owedMicro)",
  "function backing() view returns (uint256 finalMicro, uint256 provisionalMicro, uint256 pulledMicro, uint256 undividedMicro)",
]);

const bytes = z.string().regex(/^0x[0-9a-fA-F]*$/u);
const small = z.bigint().transform(Number);
const plain = z.unknown().transform((value) => (value instanceof Result ? value.toObject() : value));
const purposeView = z.object({ purpose: small, group: small, content: plain.pipe(z.object({ name: z.string() })) });
const mergeView = z.object({ device: small, into: small });
const markView = z.object({
  mark: plain.pipe(z.object({ claimedTo: z.bigint(), isClaimed: z.boolean(), meter: small })),
});
const claimView = z.object({
  claimId: z.bigint().transform(String),
  purpose: small,
  root: z.string(),
  periodEnd: small,
  energyMicroWh: z.bigint(),
  intervals: z
    .unknown()
    .transform((value) => (value instanceof Result ? value.toArray() : value))
    .pipe(z.array(z.bigint().transform((word) => toBeHex(word, 32)))),
});
const offerView = z.object({
  offerId: z.string(),
  root: z.string(),
  offer: plain.pipe(z.object({ priceMicro: z.bigint(), expiresAt: small })),
});
const saleView = z.object({ offerId: z.string(), priceMicro: z.bigint(), driversMicro: z.bigint() });
const shareView = z.object({
  share: z.string(),
  terms: plain.pipe(z.object({ name: z.string(), symbol: z.string(), shareCount: small })),
});
const transferView = z.object({ from: z.string(), to: z.string(), value: small });
/** In the order in which the contract numbers them. */
const phases = ["selling", "issued", "failed"] as const;
const phaseView = z.object({ phase: small.transform((number) => phases[number]).pipe(z.enum(phases)) });
const claimIdView = z.object({ claimId: z.bigint().transform(String) }).transform(({ claimId }) => claimId);
const offerIdView = z.object({ offerId: z.string() }).transform(({ offerId }) => offerId);
/** Of an operator's shares, and of the holders of each, so many are asked about. */
const mostShares = 20;
const mostHolders = 50;

/** @param deps.confirmations So many blocks, an event's own among them, make it final. */
export function createMarketHistory(deps: {
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly confirmations: number;
}): MarketHistory {
  const { rpc, deployment } = deps;
  const follow = createFollowedLogs({ ...deps, firstBlock: deployment.blockNumber });

  async function eventsOf<Value>(
    at: EvidenceRole | { readonly address: string },
    event: string,
    view: z.ZodType<Value>,
    indexed: readonly (string | null)[] = [],
  ): Promise<readonly Value[]> {
    const address = typeof at === "string" ? evidenceAddressOf(deployment, at) : at.address;
    const logs = await follow(address, [topicIn(abi, event), ...indexed]);
    return logs.map((log) => read(view, argumentsOf(log)));
  }

  async function call<Value>(to: string, name: string, values: readonly unknown[], view: z.ZodType<Value>) {
    const data = abi.encodeFunctionData(name, values);
    const answer = await rpc.request("eth_call", [{ to, data }, "latest"], bytes);
    try {
      return view.parse(abi.decodeFunctionResult(name, answer).toObject());
    } catch (cause) {
      throw new WattproofError("CHAIN_MISMATCH", `The answer to ${name} cannot be used.`, { cause });
    }
  }

  /** By number of the claim; the tokens of claims have numbers, and not amounts, in their events. */
  async function readClaimHolders(): Promise<ReadonlyMap<string, string>> {
    const logs = await follow(evidenceAddressOf(deployment, "energyClaims"), [topicIn(abi, "Transfer")]);
    return new Map(
      logs.map(({ topics: [, , to = "", claimId = ""] }) => [
        String(BigInt(claimId)),
        getAddress(`0x${to.slice(-40)}`),
      ]),
    );
  }

  async function readShare(created: z.output<typeof shareView>): Promise<ShareStory> {
    const { share, terms } = created;
    const balances = new Map<string, number>();
    for (const { from, to, value } of await eventsOf({ address: share }, "Transfer", transferView)) {
      balances.set(from, (balances.get(from) ?? 0) - value);
      balances.set(to, (balances.get(to) ?? 0) + value);
    }
    balances.delete(ZeroAddress);
    const all = [...balances].filter(([, count]) => count > 0).toSorted(([, left], [, right]) => right - left);
    const holders = [];
    for (const [holder, count] of all.slice(0, mostHolders)) {
      const { owedMicro } = await call(share, "owedMicroOf", [holder], z.object({ owedMicro: z.bigint() }));
      holders.push({ holder, count, owedMicro });
    }
    const { pulledMicro } = await call(share, "backing", [], z.object({ pulledMicro: z.bigint() }));
    const { phase } = await call(share, "phase", [], phaseView);
    return { share, ...terms, phase, pulledMicro, holders, holderCount: all.length };
  }

  return {
    async readPurposes() {
      const added = await eventsOf("energyClaims", "PurposeAdded", purposeView);
      return added.map(({ purpose, group, content: { name } }) => ({ purpose, group, name }));
    },
    async readMerges() {
      const into = new Map(
        (await eventsOf("energyClaims", "DeviceMerged", mergeView)).map((one) => [one.device, one.into]),
      );
      return (device) => {
        let now = device;
        for (let next = into.get(now); next !== undefined; next = into.get(now)) now = next;
        return now;
      };
    },
    async readMark(device, group) {
      const claims = evidenceAddressOf(deployment, "energyClaims");
      const { mark } = await call(claims, "markOf", [device, group], markView);
      return { isEnrolled: mark.meter !== 0, isClaimed: mark.isClaimed, claimedTo: mark.claimedTo };
    },
    async readClaims(operator) {
      const claimed = await eventsOf("energyClaims", "EnergyClaimed", claimView, [null, zeroPadValue(operator, 32)]);
      const retired = new Set(await eventsOf("energyClaims", "ClaimRetired", claimIdView));
      const contradicted = new Set(await eventsOf("energyClaims", "ClaimContradicted", claimIdView));
      const holders = await readClaimHolders();
      return claimed
        .map((claim): ClaimStory => ({
          ...claim,
          status: contradicted.has(claim.claimId) ? "contradicted" : retired.has(claim.claimId) ? "retired" : "active",
          holder: holders.get(claim.claimId) ?? operator,
        }))
        .reverse();
    },
    async readOffers(operator) {
      const offered = await eventsOf("evidenceSales", "DossierOffered", offerView, [null, zeroPadValue(operator, 32)]);
      const ended = new Set(await eventsOf("evidenceSales", "OfferEnded", offerIdView));
      const sold = Map.groupBy(await eventsOf("evidenceSales", "DossierSold", saleView), ({ offerId }) => offerId);
      return offered
        .map(({ offerId, root, offer }): OfferStory => {
          const sales = sold.get(offerId) ?? [];
          return {
            ...{ offerId, root, isEnded: ended.has(offerId), ...offer, sales: sales.length },
            soldMicro: sales.reduce((sum, { priceMicro }) => sum + priceMicro, 0n),
            driversMicro: sales.reduce((sum, { driversMicro }) => sum + driversMicro, 0n),
          };
        })
        .reverse();
    },
    async readShares(operator) {
      const topics = [null, zeroPadValue(operator, 32)];
      const created = await eventsOf("revenueShares", "RevenueShareCreated", shareView, topics);
      const shares = [];
      for (const one of created.toReversed().slice(0, mostShares)) shares.push(await readShare(one));
      return shares;
    },
  };
}

/** @throws CHAIN_MISMATCH */
function argumentsOf({ topics, data }: EventLog): unknown {
  return abi.parseLog({ topics, data })?.args.toObject() ?? {};
}

/** @throws CHAIN_MISMATCH */
function read<Value>(view: z.ZodType<Value>, content: unknown): Value {
  const parsed = view.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new WattproofError("CHAIN_MISMATCH", "A log is none of the events that were asked for.", {
    cause: parsed.error,
  });
}
