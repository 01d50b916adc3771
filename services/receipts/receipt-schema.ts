import { z } from "zod";

import { forEachRole } from "../contracts.ts";
import { provenances } from "../domain/provenance.ts";
import { receiptVersion } from "../domain/receipt-version.ts";
import { mostEnergyBands } from "../domain/tariff.ts";
import { addressSchema as address, uintText } from "../contract-values.ts";

const hash = z.string().regex(/^0x[0-9a-f]{64}$/u);
const micro = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,39})$/u)
  .transform(BigInt);
/** A small integer, as decimal text or as a JSON number. */
const integer = z
  .union([z.int(), z.string().regex(/^(0|[1-9][0-9]{0,15})$/u)])
  .transform(Number)
  .pipe(z.int().nonnegative());
/** What contracts have so many bits for. */
const uint = (bits: number) => integer.pipe(z.int().max(2 ** bits - 1));
const [power, salt, number32, seconds, bps] = [uint(24), uint(24), uint(32), uint(40), uint(16)];
const bandPriceNano = uintText(48).transform(BigInt);
const word64 = uintText(64).transform(BigInt);

const position = { hash, blockNumber: integer, logIndex: integer };
const record = z.union([
  z.strictObject({ text: z.string(), sha256: z.string() }).transform(({ text, sha256 }) => ({
    bytes: new TextEncoder().encode(text),
    sha256,
  })),
  z.strictObject({ base64: z.base64(), sha256: z.string() }).transform(({ base64, sha256 }) => ({
    bytes: Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)),
    sha256,
  })),
]);

/** A receipt as the service writes it. Large integers are decimal text; amounts are in 10⁻⁶ token. */
export const receiptSchema = z.strictObject({
  version: z.literal(receiptVersion),
  chainId: integer,
  contracts: z.strictObject(forEachRole(address)),
  sessionId: hash,
  idTag: z.string(),
  terms: z.strictObject({
    driver: address,
    lane: number32,
    nonce: number32,
    operator: address,
    agreement: number32,
    evse: number32,
    meter: number32,
    maximumPowerW: power,
    tariffId: hash,
    holdMicro: word64,
    expiresAt: seconds,
  }),
  tariff: z.strictObject({
    flatFeeMicro: word64,
    priceNanoPerKwh: word64,
    energyBands: z.array(z.strictObject({ fromWh: number32, priceNanoPerKwh: bandPriceNano })).max(mostEnergyBands),
    energyStepWh: number32,
    priceNanoPerChargingHour: word64,
    chargingStepSeconds: number32,
    priceNanoPerConnectedHour: word64,
    connectedFreeSeconds: number32,
    connectedStepSeconds: number32,
    connectedMaximumMicro: word64,
    flatTaxBps: bps,
    energyTaxBps: bps,
    chargingTaxBps: bps,
    connectedTaxBps: bps,
    minimumMicro: word64,
    minimumGrossMicro: word64,
    maximumMicro: word64,
    maximumGrossMicro: word64,
    chargesWithoutEnergy: z.boolean(),
  }),
  meter: z.strictObject({
    number: number32,
    curve: z.enum([
      "secp256r1",
      "secp256k1",
      "secp192r1",
      "secp192k1",
      "brainpoolP256r1",
      "secp384r1",
      "brainpoolP384r1",
      "secp224k1",
    ]),
    /** X and Y, big-endian, each as long as the curve's field. */
    publicKey: z.string().regex(/^0x([0-9a-fA-F]{4})+$/u),
    /** Who said that the key belongs to a meter when the receipt was written; `null` where the receipt does not tell. */
    provenance: z.enum(provenances).nullable().default(null),
  }),
  /** In the order of their pagination; `sha256` is of the signed section. None where others showed them to the contract. */
  records: z.array(record).max(1_440),
  energyWh: z.string(),
  energyMicroWh: micro,
  chargingSeconds: number32,
  connectedSeconds: number32,
  price: z.strictObject({
    flatFeeMicro: micro,
    energyMicro: micro,
    chargingMicro: micro,
    connectedMicro: micro,
    flatTaxMicro: micro,
    energyTaxMicro: micro,
    chargingTaxMicro: micro,
    connectedTaxMicro: micro,
    netMicro: micro,
    taxMicro: micro,
    grossMicro: micro,
  }),
  holdMicro: micro,
  /** By how much the driver raised the hold. */
  toppedUpMicro: micro,
  chargedMicro: micro,
  returnedMicro: micro,
  transaction: z.strictObject({ ...position, blockHash: hash }),
  /** Oracles said that the contract can read the records; `null` where the meter's own signature settled. */
  isReadable: z.boolean().nullable(),
  /** What records put right afterwards, in order: each lowered what the driver had paid. */
  challenges: z
    .array(z.strictObject({ ...position, challenger: address, paidMicro: micro, provenMicro: micro }))
    .max(1_000),
  /** What the driver got back by them. */
  refundedMicro: micro,
  /** `openedAt` in seconds since 1970, and `salt`: with the session id they give the idTag. */
  opening: z.strictObject({ ...position, openedAt: seconds, salt }),
  /** What the energy rests on; `null` where others settled and said nothing here. */
  evidence: z
    .strictObject({
      grade: z.enum(["meter-signed-bound", "meter-signed", "plausible-unsigned"]),
      reasons: z.array(z.string()),
      flags: z.array(z.string()),
      /** The driver agreed to pay for unsigned energy up to a cap. */
      consent: z.strictObject({ capMicro: micro, signature: z.string().regex(/^0x([0-9a-f]{2})+$/u) }).nullable(),
    })
    .nullable(),
  /** Each of the records carries the session's idTag under the meter's signature. */
  isBoundToSession: z.boolean(),
});

/** A receipt that has the right form; nothing in it has been checked. */
export type ParsedReceipt = z.infer<typeof receiptSchema>;
