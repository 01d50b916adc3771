import { Signature, type BaseWallet } from "ethers";

import type { Opening } from "../../services/domain/opening.ts";
import { packTerms, sessionIdOf, type SessionTerms, type SettlementDomain } from "../../services/domain/terms.ts";
import type { Contracts } from "./contract-handles.ts";
import type { Transactor } from "./transactor.ts";

/** Terms with the account of the driver who agrees to them. */
export interface AgreedTerms {
  readonly terms: SessionTerms;
  readonly sessionId: string;
  readonly driver: BaseWallet;
}

/** Time and salt with which the chain opened a session; `null` if it did not. */
export async function readOpening(
  { chargingSettlement }: Pick<Contracts, "chargingSettlement">,
  sessionId: string,
): Promise<Opening | null> {
  const { filters } = chargingSettlement;
  const opened = (await chargingSettlement.queryFilter(filters.SessionOpened(sessionId))).at(-1);
  return opened === undefined ? null : readGroup({ chargingSettlement }, opened.transactionHash, opened.blockNumber);
}

/** Each group of a transaction has the same time and salt. */
async function readGroup(
  { chargingSettlement }: Pick<Contracts, "chargingSettlement">,
  txHash: string,
  blockNumber: number,
): Promise<Opening> {
  const { filters } = chargingSettlement;
  const groups = await chargingSettlement.queryFilter(filters.GroupOpened(), blockNumber, blockNumber);
  const group = groups.find(({ transactionHash }) => transactionHash === txHash);
  if (group === undefined) throw new Error(`Nothing was opened in ${txHash}`);
  return { openedAt: Number(group.args.openedAt), salt: Number(group.args.salt) };
}

/** Why a session of a batch was not opened (IChargingSettlement.OpeningRefusal). */
export interface SkippedOpening {
  readonly sessionId: string;
  readonly reason: number;
}

/** What one transaction with openings did. */
export interface OpeningOutcome {
  /** What its sessions opened with. */
  readonly opening: Opening;
  readonly txHash: string;
  readonly blockNumber: number;
  readonly gasUsed: bigint;
  readonly opened: readonly string[];
  readonly skipped: readonly SkippedOpening[];
}

/** The driver's terms with the session id that they have on this chain. */
export function agree(terms: SessionTerms, domain: SettlementDomain, driver: BaseWallet): AgreedTerms {
  return { terms, sessionId: sessionIdOf(terms, domain), driver };
}

/** Opens sessions of one operator, agreement and tariff in one transaction, each with its driver's EIP-712 signature. */
export async function openBatch(
  contracts: Contracts,
  relayer: Transactor,
  agreed: readonly [AgreedTerms, ...AgreedTerms[]],
): Promise<OpeningOutcome> {
  const { chargingSettlement } = contracts;
  const openings = agreed.map(({ terms, sessionId, driver }) => {
    const { r, yParityAndS: vs } = Signature.from(driver.signingKey.sign(sessionId));

    return { driver: terms.driver, terms: packTerms(terms), r, vs };
  });
  const [{ terms: first }] = agreed;
  const { txHash, blockNumber, gasUsed } = await relayer.send(
    await chargingSettlement.getAddress(),
    chargingSettlement.interface.encodeFunctionData("openBatch", [
      [{ operator: first.operator, agreement: first.agreement, tariffId: first.tariffId, openings }],
    ]),
  );
  const { filters } = chargingSettlement;
  const opened = await chargingSettlement.queryFilter(filters.SessionOpened(), blockNumber, blockNumber);
  const skipped = await chargingSettlement.queryFilter(filters.OpeningSkipped(), blockNumber, blockNumber);

  return {
    opening: await readGroup(contracts, txHash, blockNumber),
    txHash,
    blockNumber,
    gasUsed,
    opened: opened.map((event) => event.args.sessionId),
    skipped: skipped.map(({ args }) => ({ sessionId: args.sessionId, reason: Number(args.reason) })),
  };
}
