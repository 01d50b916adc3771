import { Interface } from "ethers";

/**
 * The part of the market's contracts that services, verifiers and pages read, in words of Solidity so that none of them
 * needs a build of it.
 */
export const evidenceInterface = new Interface([
  // EnergyClaims
  "function settlement() view returns (address)",
  "function deviceOf(bytes32 keyId) view returns (uint32)",
  "function purposeOf(uint32 purpose) view returns (tuple(uint32 group, uint40 activeFrom, uint40 contradictionSeconds, uint64 bondMicroPerMwh, address beneficiary, address transferRules, string name))",
  "function purposeCount() view returns (uint32)",
  "function claimOf(uint256 claimId) view returns (tuple(address claimant, uint40 claimedAt, uint32 purpose, uint8 status, uint64 bondMicro, uint80 energyMicroWh, bytes32 claimHash))",
  "event EnergyClaimed(uint256 indexed claimId, address indexed operator, uint32 indexed purpose, bytes32 root, uint40 periodEnd, uint256 energyMicroWh, uint256 bondMicro, uint256[] intervals)",
  // MeterRegistry
  "event MeterVouched(uint32 indexed meter, uint32 indexed maker, bytes32 indexed keyId, string meterType, string serialNumber, uint256 calibrationExpiresAt)",
  // DataConsents
  "function consentOf(address driver, address grantee) view returns (tuple(address driver, address grantee, uint32 scopes, uint40 until, uint16 shareBps, uint32 lane, uint32 nonce))",
  "event DataConsentGranted(address indexed driver, address indexed grantee, tuple(address driver, address grantee, uint32 scopes, uint40 until, uint16 shareBps, uint32 lane, uint32 nonce) consent)",
  "event DataConsentRevoked(address indexed driver, address indexed grantee, uint256 nonce)",
  // EvidenceSales
  "function statusOf(bytes32 offerId) view returns (uint8)",
  "function buyWithTransferAuthorization(tuple(address operator, uint32 agreement, bytes32 root, bytes32 licenceHash, uint64 priceMicro, uint32 scopes, uint16 leastDriversBps, bytes32 driversRoot, uint40 expiresAt) content, tuple(address buyer, bytes32 salt, uint256 validAfter, uint256 validBefore, bytes signature) payment)",
  "function buyWithArrivedPayment(tuple(address operator, uint32 agreement, bytes32 root, bytes32 licenceHash, uint64 priceMicro, uint32 scopes, uint16 leastDriversBps, bytes32 driversRoot, uint40 expiresAt) content, tuple(address buyer, bytes32 salt, uint256 validAfter, uint256 validBefore, bytes signature) payment, tuple(bytes32 r, bytes32 vs)[] signatures)",
  "error PaymentUsed(address buyer, bytes32 nonce)",
  "error PaymentCounted(address buyer, bytes32 nonce)",
  "error OfferNotOpen(bytes32 offerId, uint8 status)",
  "error OfferExpired(uint256 timestamp, uint256 expiresAt)",
  "error AgreementNotBinding(address operator, uint32 agreement)",
  "error SignatureInvalid(address buyer)",
  "function roundCount() view returns (uint256)",
  "function unallottedMicro() view returns (uint256)",
  "event DossierOffered(bytes32 indexed offerId, address indexed operator, bytes32 indexed root, tuple(address operator, uint32 agreement, bytes32 root, bytes32 licenceHash, uint64 priceMicro, uint32 scopes, uint16 leastDriversBps, bytes32 driversRoot, uint40 expiresAt) offer)",
  "event DossierSold(bytes32 indexed offerId, address indexed buyer, bytes32 indexed root, address operator, uint32 agreement, uint256 priceMicro, uint256 driversMicro, bytes32 licenceHash)",
  "event PoolCollected(address indexed operator, uint32 indexed agreement, uint256 amountMicro)",
  "event RoundAllotted(uint256 indexed round, bytes32 root, uint256 totalMicro)",
  // The token
  "event Transfer(address indexed from, address indexed to, uint256 value)",
  "event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)",
]);

/** The topic of an event. @throws RangeError if there is none of this name */
export function topicOf(event: string): string {
  return topicIn(evidenceInterface, event);
}

/** The topic of an event of another interface. @throws RangeError if it has none of this name */
export function topicIn(abi: Interface, event: string): string {
  const found = abi.getEvent(event);
  if (found === null) throw new RangeError(`There is no event ${event}.`);
  return found.topicHash;
}
