import { z } from "zod";

import { tariffIdOf } from "../../../services/domain/packed-tariff.ts";
import type { Tariff } from "../../../services/domain/tariff.ts";
import { sessionIdOf, type SessionTerms, type SettlementDomain } from "../../../services/domain/terms.ts";
import type { VehicleConsent } from "../../../services/domain/vehicle-consent.ts";
import type { tariff as tariffText } from "../../../services/http/api/values.ts";
import { meteredRequirement, meteredScheme } from "../../../services/http/api/metered-offer.ts";
import { settlementInterface } from "../../../services/web/page/chain/contracts.ts";
import { chainAt, type ChainEndpoint } from "./chain-endpoint.ts";

/** Who pays, by which key, and how much at most. */
export interface MeteredPayer {
  /** Chain and settlement contract. What a service asks for another one is not paid. */
  readonly domain: SettlementDomain;
  /** Whom the driver's account and the newest block are read from. */
  readonly chain: ChainEndpoint;
  readonly driver: string;
  readonly lane: number;
  /** The driver's consent, which the chain knows, where a vehicle's key signs; `null` where the driver's does. */
  readonly consent: VehicleConsent | null;
  /** Signs a session id: 65 bytes of a secp256k1 key or what a wallet takes, or r and s of a vehicle's secp256r1 key. */
  readonly sign: (sessionId: string) => Promise<string> | string;
  /** The most that one session may hold, in micro-tokens (1e-6). */
  readonly mostHoldMicro: bigint;
  /** The most that a kilowatt-hour may cost before tax, in billionths of a token. */
  readonly mostNanoPerKwh: bigint;
  readonly sessionSeconds: number;
}

/** The payer does not pay what was asked for. */
export class MeteredPaymentError extends Error {
  override readonly name = "MeteredPaymentError";
}

const blockSchema = z.object({ timestamp: z.string().transform(Number) });
const accountSchema = z.object({ nonce: z.bigint().transform(Number) });
const bytes = z.string().regex(/^0x[0-9a-f]*$/u);

/**
 * The scheme `metered` of x402 as its library takes it (`x402Client.register` of `@x402/core`): signs the terms of a session,
 * whose hold is the amount that is asked for. What is paid is what the meter signs.
 */
export function createMeteredScheme(payer: MeteredPayer) {
  const { domain, driver, lane, consent, sign } = payer;
  const chain = chainAt(payer.chain);
  const { chainId, verifyingContract } = domain;

  async function readNonce(): Promise<number> {
    const data = settlementInterface.encodeFunctionData("accountOf", [driver, lane]);
    const answer = bytes.parse(await chain.request("eth_call", [{ to: verifyingContract, data }, "latest"]));
    return accountSchema.parse(settlementInterface.decodeFunctionResult("accountOf", answer).toObject()).nonce;
  }

  return {
    scheme: meteredScheme,
    /** @throws MeteredPaymentError if more, or something else, is asked for than the payer pays; ChainEndpointError */
    async createPaymentPayload(x402Version: number, asked: object) {
      const read = meteredRequirement.safeParse(asked);
      if (!read.success) throw new MeteredPaymentError("What is asked for is not of the scheme.");
      const { network, payTo: operator, extra } = read.data;
      const { agreement, evse, meter, maximumPowerW, tariffId, tariff } = extra;
      const holdMicro = BigInt(extra.holdMicro);
      if (network !== `eip155:${chainId}` || !isSame(extra.settlement, verifyingContract)) {
        throw new MeteredPaymentError("It is for another chain or contract.");
      }
      if (tariffIdOf(tariffOf(tariff)) !== tariffId) throw new MeteredPaymentError("The tariff has another id.");
      const price = [tariff, ...tariff.energyBands].map(({ priceNanoPerKwh }) => BigInt(priceNanoPerKwh));
      if (price.some((nano) => nano > payer.mostNanoPerKwh)) throw new MeteredPaymentError("Energy costs too much.");
      if (holdMicro > payer.mostHoldMicro) throw new MeteredPaymentError("More would be held than may be.");

      const { timestamp } = blockSchema.parse(await chain.request("eth_getBlockByNumber", ["latest", false]));
      const expiresAt = timestamp + payer.sessionSeconds;
      const account = { driver, lane, nonce: await readNonce() };
      const offered = { operator, agreement, evse, meter, maximumPowerW, tariffId, holdMicro };
      const terms: SessionTerms = { ...account, ...offered, expiresAt };
      const signature = await sign(sessionIdOf(terms, domain));
      const payload = { terms: asJson(terms), signature, ...(consent && { consent: asJson(consent) }) };
      return { x402Version, payload };
    },
  };
}

function tariffOf(text: z.output<typeof tariffText>): Tariff {
  return {
    ...text,
    flatFeeMicro: BigInt(text.flatFeeMicro),
    priceNanoPerKwh: BigInt(text.priceNanoPerKwh),
    energyBands: text.energyBands.map((band) => ({ ...band, priceNanoPerKwh: BigInt(band.priceNanoPerKwh) })),
    priceNanoPerChargingHour: BigInt(text.priceNanoPerChargingHour),
    priceNanoPerConnectedHour: BigInt(text.priceNanoPerConnectedHour),
    connectedMaximumMicro: BigInt(text.connectedMaximumMicro),
    minimumMicro: BigInt(text.minimumMicro),
    minimumGrossMicro: BigInt(text.minimumGrossMicro),
    maximumMicro: BigInt(text.maximumMicro),
    maximumGrossMicro: BigInt(text.maximumGrossMicro),
  };
}

/** Amounts are text in JSON, since numbers are rounded there. */
function asJson(content: object): Record<string, unknown> {
  const entries = Object.entries(content) as [string, unknown][];
  return Object.fromEntries(entries.map(([name, value]) => [name, typeof value === "bigint" ? String(value) : value]));
}

function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
