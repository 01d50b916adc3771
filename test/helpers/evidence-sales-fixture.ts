import { AbiCoder, concat, id, keccak256, Signature, type TypedDataDomain, ZeroHash } from "ethers";

import type { DataConsents, EvidenceSales } from "../../types/index.ts";
import { ethers } from "./chain.ts";
import { byAddress } from "./claims.ts";
import { compactSignature, type CompactSignature } from "./session-terms.ts";
import { DAY, fundedSettlement, type SettlementFixture, type Signer, THRESHOLD } from "./settlement-fixture.ts";

/** As in OfferStatus of IEvidenceSales.sol. */
export const OfferStatus = { None: 0n, Open: 1n, Ended: 2n } as const;

/** The operator's agreement: 20 % for the drivers' pool, 10 % for a host; 70 % stay. */
export const AGREEMENT = 1n;
export const POOL_BPS = 2_000n;
export const HOST_BPS = 1_000n;
export const PRICE = 10_000_000n;
/** Fields of sessions and whole records. */
export const SCOPES = 3n;

/** A consent, field by field as in DataConsent of IDataConsents.sol. */
export interface Consent {
  readonly driver: string;
  readonly grantee: string;
  readonly scopes: bigint;
  readonly until: bigint;
  readonly shareBps: bigint;
  readonly lane: bigint;
  readonly nonce: bigint;
}

/** An offer, field by field as in Offer of IEvidenceSales.sol. */
export interface OfferContent {
  readonly operator: string;
  readonly agreement: bigint;
  readonly root: string;
  readonly licenceHash: string;
  readonly priceMicro: bigint;
  readonly scopes: bigint;
  readonly leastDriversBps: bigint;
  readonly driversRoot: string;
  readonly expiresAt: bigint;
}

const field = (name: string, type: string) => ({ name, type });
export const CONSENT_TYPES = {
  DataConsent: [
    field("driver", "address"),
    field("grantee", "address"),
    field("scopes", "uint32"),
    field("until", "uint40"),
    field("shareBps", "uint16"),
    field("lane", "uint32"),
    field("nonce", "uint32"),
  ],
};
export const REVOCATION_TYPES = {
  DataConsentRevocation: [field("driver", "address"), field("grantee", "address"), field("nonce", "uint32")],
};
const OFFER_TYPES = {
  Offer: [
    field("operator", "address"),
    field("agreement", "uint32"),
    field("root", "bytes32"),
    field("licenceHash", "bytes32"),
    field("priceMicro", "uint64"),
    field("scopes", "uint32"),
    field("leastDriversBps", "uint16"),
    field("driversRoot", "bytes32"),
    field("expiresAt", "uint40"),
  ],
};
const ARRIVAL_TYPES = {
  PaymentArrival: [field("buyer", "address"), field("nonce", "bytes32"), field("amountMicro", "uint64")],
};
const ROUND_TYPES = {
  PoolRound: [field("round", "uint256"), field("root", "bytes32"), field("totalMicro", "uint64")],
};
/** The form for plain signatures. */
const SENDING =
  "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)" as const;
const authorizationFields = [
  field("from", "address"),
  field("to", "address"),
  field("value", "uint256"),
  field("validAfter", "uint256"),
  field("validBefore", "uint256"),
  field("nonce", "bytes32"),
];

export interface SalesFixture extends SettlementFixture {
  readonly consents: DataConsents;
  readonly sales: EvidenceSales;
  readonly consentsDomain: TypedDataDomain;
  readonly salesDomain: TypedDataDomain;
  readonly tokenDomain: TypedDataDomain;
  readonly host: Signer;
  readonly buyer: Signer;
}

/** The contracts, and the operator's agreement, which pool and host have signed. Both drivers have consented. */
export async function deployedSales(): Promise<SalesFixture> {
  const fixture = await fundedSettlement();
  const { settlement, partnerAgreements, erc20, operator, payer: buyer, relayer: host, driver, otherDriver } = fixture;
  const consents = await ethers.deployContract("DataConsents");
  const sales = await ethers.deployContract("EvidenceSales", [settlement, consents]);
  await partnerAgreements.connect(operator).propose([
    { partner: sales, shareBps: POOL_BPS },
    { partner: host, shareBps: HOST_BPS },
  ]);
  await partnerAgreements.connect(host).sign(AGREEMENT);
  await sales.joinAgreement(AGREEMENT);
  await erc20.connect(buyer).approve(sales, 5n * PRICE);
  const domainOf = (name: string, verifyingContract: string) => ({ ...fixture.domain, name, verifyingContract });
  const prepared = {
    ...fixture,
    consents: await ethers.getContractAt("DataConsents", await consents.getAddress()),
    sales: await ethers.getContractAt("EvidenceSales", await sales.getAddress()),
    consentsDomain: domainOf("Wattproof Data Consents", await consents.getAddress()),
    salesDomain: domainOf("Wattproof Evidence Sales", await sales.getAddress()),
    tokenDomain: domainOf("Wattproof demo money", await erc20.getAddress()),
    host,
    buyer,
  };
  for (const who of [driver, otherDriver]) await consents.connect(who).grant(consentOf(prepared, who));
  return prepared;
}

/** The usual offer is open. */
export async function openOffer(): Promise<SalesFixture> {
  const fixture = await deployedSales();
  await makeOffer(fixture);
  return fixture;
}

/** The usual offer was sold once. */
export async function soldOnce(): Promise<SalesFixture> {
  const fixture = await openOffer();
  await fixture.sales.connect(fixture.buyer).buy(offerOf(fixture));
  return fixture;
}

/** A driver lets the operator use fields and records for a year, for 15 % or more. */
export function consentOf(
  fixture: Pick<SalesFixture, "operator" | "startedAt">,
  driver: Signer,
  changes: Partial<Consent> = {},
): Consent {
  return {
    driver: driver.address,
    grantee: fixture.operator.address,
    scopes: SCOPES,
    until: fixture.startedAt + 365n * DAY,
    shareBps: 1_500n,
    lane: 0n,
    nonce: 0n,
    ...changes,
  };
}

/** The leaf of a driver in an offer. */
export function driverLeaf(driver: string): string {
  return doubleHash(["address"], [driver]);
}

/** The leaf of a driver's part in a round. */
export function partLeaf(driver: string, lane: bigint, amountMicro: bigint): string {
  return doubleHash(["address", "uint32", "uint64"], [driver, lane, amountMicro]);
}

function doubleHash(types: readonly string[], values: readonly unknown[]): string {
  return keccak256(keccak256(AbiCoder.defaultAbiCoder().encode([...types], [...values])));
}

/** The root over two leaves; each is the other's proof. */
export function rootOver(left: string, right: string): string {
  return keccak256(concat([left, right].toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1))));
}

export function offerOf(fixture: SalesFixture, changes: Partial<OfferContent> = {}): OfferContent {
  const { operator, driver, otherDriver, startedAt } = fixture;
  return {
    operator: operator.address,
    agreement: AGREEMENT,
    root: id("dossier"),
    licenceHash: id("for research only"),
    priceMicro: PRICE,
    scopes: SCOPES,
    leastDriversBps: 1_500n,
    driversRoot: rootOver(driverLeaf(driver.address), driverLeaf(otherDriver.address)),
    expiresAt: startedAt + 2n * DAY,
    ...changes,
  };
}

/** An offer of a dossier in which nobody's consent is needed. */
export const withoutConsents: Partial<OfferContent> = { scopes: 0n, leastDriversBps: 0n, driversRoot: ZeroHash };

/** The id of an offer as a wallet computes it. */
export function offerIdOf(content: OfferContent): string {
  return ethers.TypedDataEncoder.hashStruct("Offer", OFFER_TYPES, content);
}

export function nonceOf(content: OfferContent, salt: string): string {
  return keccak256(concat([offerIdOf(content), salt]));
}

async function signedBy(
  signers: readonly Signer[],
  sign: (signer: Signer) => Promise<string>,
): Promise<CompactSignature[]> {
  const signatures: CompactSignature[] = [];
  for (const signer of byAddress(signers)) signatures.push(compactSignature(await sign(signer)));
  return signatures;
}

/** What a quorum, or `signers`, sign for an offer. */
export async function signOffer(
  fixture: Pick<SalesFixture, "oracles" | "salesDomain">,
  content: OfferContent,
  signers: readonly Signer[] = fixture.oracles.slice(0, THRESHOLD),
) {
  return await signedBy(signers, (signer) => signer.signTypedData(fixture.salesDomain, OFFER_TYPES, content));
}

export async function signArrival(
  fixture: SalesFixture,
  content: { readonly buyer: string; readonly nonce: string; readonly amountMicro: bigint },
  signers: readonly Signer[] = fixture.oracles.slice(0, THRESHOLD),
) {
  return await signedBy(signers, (signer) => signer.signTypedData(fixture.salesDomain, ARRIVAL_TYPES, content));
}

export async function signRound(
  fixture: SalesFixture,
  content: { readonly round: bigint; readonly root: string; readonly totalMicro: bigint },
  signers: readonly Signer[] = fixture.oracles.slice(0, THRESHOLD),
) {
  return await signedBy(signers, (signer) => signer.signTypedData(fixture.salesDomain, ROUND_TYPES, content));
}

/** Offers with a quorum's signatures. */
export async function makeOffer(fixture: SalesFixture, changes: Partial<OfferContent> = {}, sender = fixture.operator) {
  const content = offerOf(fixture, changes);
  return await fixture.sales.connect(sender).offer(content, await signOffer(fixture, content));
}

/** A payment that the buyer signed for an offer. */
export async function paymentOf(
  fixture: SalesFixture,
  type: "TransferWithAuthorization" | "ReceiveWithAuthorization",
  options: {
    readonly content?: OfferContent;
    readonly salt?: string;
    readonly value?: bigint;
    readonly signer?: Signer;
  } = {},
) {
  const { content = offerOf(fixture), salt = id("salt"), signer = fixture.buyer } = options;
  const value = options.value ?? content.priceMicro;
  const window = { validAfter: 0n, validBefore: fixture.startedAt + 30n * DAY };
  const message = {
    from: fixture.buyer.address,
    to: await fixture.sales.getAddress(),
    value,
    ...window,
    nonce: nonceOf(content, salt),
  };
  const signature = await signer.signTypedData(fixture.tokenDomain, { [type]: authorizationFields }, message);
  return { buyer: fixture.buyer.address, salt, ...window, signature };
}

/** Somebody sends a signed payment to the token directly. */
export async function sendToToken(
  fixture: SalesFixture,
  payment: Awaited<ReturnType<typeof paymentOf>>,
  content = offerOf(fixture),
): Promise<void> {
  const { v, r, s } = Signature.from(payment.signature);
  const send = fixture.erc20.connect(fixture.thief).getFunction(SENDING);
  await send(
    payment.buyer,
    await fixture.sales.getAddress(),
    content.priceMicro,
    payment.validAfter,
    payment.validBefore,
    nonceOf(content, payment.salt),
    v,
    r,
    s,
  );
}
