import type { BenchMeters } from "./bench-meters.ts";
import { packTariff } from "../../services/domain/packed-tariff.ts";
import { type BenchWorld, receiptOf, tariff } from "./bench-world.ts";
import type { GasRows } from "./gas-rows.ts";

/** What happens once, and so mostly into storage that is new. */
export async function measureAdministration({
  world,
  meters,
  gas,
}: {
  readonly world: BenchWorld;
  readonly meters: BenchMeters;
  readonly gas: GasRows;
}): Promise<void> {
  const { meterRegistry, openingGuard, oracleCommittee, partnerAgreements, tariffRegistry, partners, accountAt } =
    world;
  const [partner] = partners;
  if (partner === undefined) throw new Error("there is no partner");

  const cheaper = packTariff({ ...tariff, priceNanoPerKwh: 390_000_000n });
  gas.add("TariffRegistry.publish", 1, await receiptOf(tariffRegistry.publish(cheaper)));
  const cheaperId = await tariffRegistry.tariffIdOf(cheaper);
  gas.add("TariffRegistry.retire", 1, await receiptOf(tariffRegistry.retire(cheaperId)));

  const shares = partners.map(({ address }) => ({ partner: address, shareBps: 1_000 }));
  gas.add("PartnerAgreements.propose (3 partners)", 1, await receiptOf(partnerAgreements.propose(shares)));
  const agreement = await partnerAgreements.agreementCount();
  gas.add("PartnerAgreements.sign", 1, await receiptOf(partnerAgreements.connect(partner).sign(agreement)));
  gas.add("PartnerAgreements.retire", 1, await receiptOf(partnerAgreements.retire(agreement)));

  const evse = Number(await meterRegistry.registerEvse.staticCall("CH*WPF*E9999", 22_000));
  const meter = meters.meterWith(evse);
  gas.add("registerEvse", 1, await receiptOf(meterRegistry.registerEvse("CH*WPF*E9999", 22_000)));
  gas.add("changeMaximumPower", 1, await receiptOf(meterRegistry.changeMaximumPower(evse, 50_000)));
  const registration = meters.registrationOf(evse, meter);
  const number = Number(await meterRegistry.registerMeter.staticCall(...registration));
  gas.add("registerMeter", 1, await receiptOf(meterRegistry.registerMeter(...registration)));
  const record = await meters.possessionOf(number, meter);
  gas.add("activateMeter", 1, await receiptOf(meterRegistry.activateMeter(number, record.payload, record.r, record.s)));
  gas.add("retireMeter", 1, await receiptOf(meterRegistry.retireMeter(number)));
  gas.add("revokeMeter", 1, await receiptOf(meterRegistry.revokeMeter(number)));

  // Another committee, because a member of the first has resigned.
  const members = [accountAt(6), accountAt(7)];
  gas.add(
    "OracleCommittee.schedule (2 members)",
    1,
    await receiptOf(
      oracleCommittee.schedule(
        members.map(({ address }) => address),
        2,
      ),
    ),
  );
  await world.pass(Number(await oracleCommittee.changeDelaySeconds()));
  const successor = meters.meterWith(evse + 1, "secp192r1");
  await meterRegistry.registerMeter(...meters.registrationOf(evse, successor));
  const digest = await meterRegistry.attestationDigestOf(number + 1);
  const signatures = members
    .toSorted((left, right) => (BigInt(left.address) < BigInt(right.address) ? -1 : 1))
    .map(({ address }) => {
      const { r, yParityAndS } = world.keyOf(address).sign(digest);
      return { r, vs: yParityAndS };
    });
  gas.add(
    "activateAttestedMeter (2 of 2)",
    1,
    await receiptOf(meterRegistry.activateAttestedMeter(number + 1, signatures)),
  );

  gas.add("pauseOpening", 1, await receiptOf(openingGuard.pauseOpening()));
  gas.add("resumeOpening", 1, await receiptOf(openingGuard.resumeOpening()));
}
