import { Interface } from "ethers";

import { tariffFields } from "../../../domain/packed-tariff.ts";
import { termsTypes } from "../../../domain/terms.ts";

const termsTuple = `(${termsTypes.SessionTerms.map(({ type, name }) => `${type} ${name}`).join(", ")})`;

const openingTuple = "(uint40 openedAt, uint24 salt)";

/** What the page asks the contracts, in words of Solidity; a test compares it with what was compiled. */
export const settlementInterface = new Interface([
  "event GroupOpened(address indexed operator, uint32 indexed agreement, bytes32 indexed tariffId, uint40 openedAt, uint24 salt)",
  "event SessionOpened(bytes32 indexed sessionId, address indexed driver, uint256 terms)",
  "event SessionToppedUp(bytes32 indexed sessionId, address indexed driver, uint256 toppedUpMicro)",
  "event SessionSettled(bytes32 indexed sessionId, uint256 result)",
  "event SessionExpired(bytes32 indexed sessionId, address indexed driver, uint256 returnedMicro)",
  "event SessionReleased(bytes32 indexed sessionId, address indexed driver, address indexed releaser, uint256 returnedMicro)",
  "event SessionAgreed(bytes32 indexed sessionId, address indexed driver, address indexed operator, uint256 chargedMicro, uint256 returnedMicro)",
  "event GroupSettled(address indexed operator, uint32 indexed agreement, bytes32 indexed tariffId, bool isReadable, uint256 firstIndex, bytes32[] sessionIds, uint256[] results)",
  "event Deposited(address indexed driver, uint32 indexed lane, address indexed payer, uint256 amountMicro)",
  "event Withdrawn(address indexed driver, uint32 indexed lane, address indexed recipient, uint256 amountMicro)",
  "function accountOf(address driver, uint32 lane) view returns (uint64 freeMicro, uint32 nonce, uint160 commitment)",
  "function unit() view returns (uint256)",
  "function maximumSessionSeconds() view returns (uint40)",
  "function deposit(address driver, uint32 lane, uint256 amount)",
  "function withdraw(uint32 lane, uint256 amount, address recipient)",
  `function topUp(${termsTuple} terms, ${openingTuple} opening, uint64 toppedUpMicro, uint64 amountMicro)`,
  `function open(${termsTuple} terms) returns (bytes32 sessionId)`,
  `function expire(${termsTuple} terms, ${openingTuple} opening, uint64 toppedUpMicro) returns (bytes32 sessionId)`,
]);

const tariffTuple = `(${tariffFields.map(([name, type]) => `${type} ${name}`).join(", ")})`;

export const tariffInterface = new Interface([
  `function tariffOf(bytes32 tariffId) view returns (${tariffTuple} tariff)`,
  "function isOffered(address operator, bytes32 tariffId) view returns (bool)",
]);

export const meterInterface = new Interface([
  "event EvseRegistered(uint32 indexed evse, address indexed operator, string evseId, uint24 maximumPowerW)",
  "function evseOf(uint32 evse) view returns ((address operator, uint24 maximumPowerW, uint32 activeMeter, string evseId) content)",
  "function isValidAt(uint32 meter, uint256 timestamp) view returns (bool)",
  "function provenanceOf(uint32 meter) view returns (uint8 provenance)",
]);

export const challengesInterface = new Interface([
  "event ClaimChallenged(uint256 indexed batch, bytes32 indexed sessionId, address indexed challenger, uint256 chargedMicro, uint256 provenMicro)",
]);

export const agreementInterface = new Interface([
  "event AgreementProposed(uint32 indexed agreement, address indexed operator, (address partner, uint16 shareBps)[] shares)",
  "function isBinding(address operator, uint32 agreement) view returns (bool)",
  "function agreementOf(uint32 agreement) view returns (address operator, (address partner, uint16 shareBps)[] shares, uint256 signedCount, bool isRetired)",
]);

const consentTuple =
  "(address driver, address grantee, uint32 scopes, uint40 until, uint16 shareBps, uint32 lane, uint32 nonce)";

export const consentInterface = new Interface([
  `event DataConsentGranted(address indexed driver, address indexed grantee, ${consentTuple} consent)`,
  `function grant(${consentTuple} consent)`,
  "function revoke(address grantee)",
  `function consentOf(address driver, address grantee) view returns (${consentTuple} consent)`,
]);

export const salesInterface = new Interface([
  "event PartCredited(uint256 indexed round, address indexed driver, uint32 indexed lane, uint256 amountMicro)",
]);

export const erc20Interface = new Interface([
  "function symbol() view returns (string)",
  "function balanceOf(address account) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function approve(address spender, uint256 amount) returns (bool)",
]);

/** Of tokens that take signatures: ERC-2612, ERC-3009, ERC-5267. Which of it a token has is found out by asking. */
export const signingTokenInterface = new Interface([
  "function name() view returns (string)",
  "function nonces(address owner) view returns (uint256)",
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
  "function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)",
  "function authorizationState(address authorizer, bytes32 nonce) view returns (bool)",
]);
