import type { BaseWallet } from "ethers";

import { packTariff, tariffIdOf } from "../../services/domain/packed-tariff.ts";
import type { Tariff } from "../../services/domain/tariff.ts";
import { WattproofError } from "../../services/errors.ts";
import type { MeterCurve } from "../../services/domain/meter-curve.ts";
import type { SignedRecord } from "../simulator/signed-record.ts";
import { curveNumbers } from "../verify/contract-answers.ts";
import type { Contracts } from "./contract-handles.ts";
import type { Transactor } from "./transactor.ts";

/** Curves whose signatures the registry verifies itself. */
export const curvesProvenOnChain: ReadonlySet<MeterCurve> = new Set(["secp256r1", "secp256k1"]);

/** A meter that is to be registered at an EVSE. */
export interface MeterToRegister {
  readonly evseId: string;
  readonly curve: MeterCurve;
  /** X and Y, big-endian. */
  readonly publicKeyPoint: Uint8Array;
  /**
   * How its possession is shown: by a record with the tag, given to the contract or (other curves) to an oracle who
   * attests; or, where nobody has such a record, by an oracle's word alone.
   */
  readonly possession:
    | { readonly kind: "proven-on-chain"; record(tag: string): SignedRecord }
    | { readonly kind: "attested"; verify(tag: string): void };
}

/** An EVSE and its meter by their numbers on chain. */
export interface RegisteredMeter {
  readonly evse: number;
  readonly meter: number;
}

/** Registers on behalf of one operator, whatever an earlier run left undone. */
export interface Registrar {
  /** Publishes the tariff unless the operator offers it. */
  publishTariff(tariff: Tariff): Promise<string>;
  /** Registers and activates the meter unless its key is active. */
  registerMeter(meter: MeterToRegister): Promise<RegisteredMeter>;
}

/** What every EVSE of a demo can deliver, in watts: high enough for whatever records it plays. */
export const demoMaximumPowerW = 350_000;
/** Records count at all times: what a demo plays was signed anywhen. */
const validFrom = 0n;
const validUntil = 2n ** 40n - 1n;
/** Eight years, for which electricity meters are usually verified. */
const calibrationSeconds = 8n * 365n * 86_400n;

/**
 * A registrar that knows what is on the chain already.
 *
 * @param quorum As many oracles as an attestation needs.
 */
export async function createRegistrar(
  contracts: Contracts,
  operator: Transactor,
  quorum: readonly BaseWallet[],
): Promise<Registrar> {
  const { meterRegistry, tariffRegistry } = contracts;
  const registryAddress = await meterRegistry.getAddress();
  const evses = new Map<string, number>();
  for (const event of await meterRegistry.queryFilter(
    meterRegistry.filters.EvseRegistered(undefined, operator.address),
  )) {
    evses.set(event.args.evseId, Number(event.args.evse));
  }

  async function evseNumberOf(evseId: string): Promise<number> {
    const known = evses.get(evseId);
    if (known !== undefined) {
      return known;
    }
    await operator.send(
      registryAddress,
      meterRegistry.interface.encodeFunctionData("registerEvse", [evseId, demoMaximumPowerW]),
    );
    const [event] = await meterRegistry.queryFilter(
      meterRegistry.filters.EvseRegistered(undefined, operator.address),
      "latest",
    );
    const evse = numberOf(event?.args.evse, `EVSE ${evseId}`);
    evses.set(evseId, evse);

    return evse;
  }

  async function meterNumberOf(evse: number, toRegister: MeterToRegister, keyId: string): Promise<number> {
    const earlier = await meterRegistry.queryFilter(meterRegistry.filters.MeterRegistered(undefined, evse, keyId));
    const pending = earlier.at(-1)?.args.meter;
    if (pending !== undefined && (await meterRegistry.meterOf(pending)).status === 1n) {
      return Number(pending);
    }
    const now = BigInt((await meterRegistry.runner?.provider?.getBlock("latest"))?.timestamp ?? 0);
    await operator.send(
      registryAddress,
      meterRegistry.interface.encodeFunctionData("registerMeter", [
        evse,
        curveNumbers[toRegister.curve],
        toRegister.publicKeyPoint,
        validFrom,
        validUntil,
        now + calibrationSeconds,
      ]),
    );
    const [event] = await meterRegistry.queryFilter(
      meterRegistry.filters.MeterRegistered(undefined, evse, keyId),
      "latest",
    );

    return numberOf(event?.args.meter, `the meter of ${toRegister.evseId}`);
  }

  async function activationOf(meter: number, { possession }: MeterToRegister): Promise<string> {
    const tag = await meterRegistry.possessionTagOf(meter);
    if (possession.kind === "proven-on-chain") {
      const { payload, r, s } = possession.record(tag);

      return meterRegistry.interface.encodeFunctionData("activateMeter", [meter, payload, r, s]);
    }
    possession.verify(tag);
    const digest = await meterRegistry.attestationDigestOf(meter);

    return meterRegistry.interface.encodeFunctionData("activateAttestedMeter", [meter, signAsQuorum(quorum, digest)]);
  }

  return {
    async publishTariff(tariff) {
      const tariffId = tariffIdOf(tariff);
      if (!(await tariffRegistry.isOffered(operator.address, tariffId))) {
        await operator.send(
          await tariffRegistry.getAddress(),
          tariffRegistry.interface.encodeFunctionData("publish", [packTariff(tariff)]),
        );
      }

      return tariffId;
    },
    async registerMeter(toRegister) {
      const evse = await evseNumberOf(toRegister.evseId);
      const keyId = await meterRegistry.keyIdOf(curveNumbers[toRegister.curve], toRegister.publicKeyPoint);
      const active = Number(await meterRegistry.activeMeterOf(keyId));
      if (active !== 0) {
        return { evse, meter: active };
      }
      const meter = await meterNumberOf(evse, toRegister, keyId);
      await operator.send(registryAddress, await activationOf(meter, toRegister));

      return { evse, meter };
    },
  };
}

/** The signatures of these oracles in the form and order that the committee takes. */
export function signAsQuorum(
  quorum: readonly BaseWallet[],
  digest: string,
): { readonly r: string; readonly vs: string }[] {
  return quorum
    .toSorted((left, right) => (BigInt(left.address) < BigInt(right.address) ? -1 : 1))
    .map(({ signingKey }) => {
      const { r, yParityAndS: vs } = signingKey.sign(digest);

      return { r, vs };
    });
}

function numberOf(value: bigint | undefined, what: string): number {
  if (value === undefined) {
    throw new WattproofError("INTERNAL", `The chain did not say which number ${what} has`);
  }

  return Number(value);
}
