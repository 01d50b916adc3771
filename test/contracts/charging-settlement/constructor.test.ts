import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { defaultRules } from "../../../scripts/deploy/contract-set.ts";
import { ethers, networkHelpers } from "../../helpers/chain.ts";
import {
  CHANGE_DELAY_SECONDS,
  deployedSettlement,
  EPOCH_SECONDS,
  MAXIMUM_SESSION_SECONDS,
  type SettlementFixture,
} from "../../helpers/settlement-fixture.ts";

const HOUR_SECONDS = 3_600;

/** What a test deploys otherwise than usual. */
interface Choice {
  readonly decimals?: number;
  readonly token?: string;
  readonly committee?: string;
  readonly challengesCommittee?: string;
  readonly changeDelaySeconds?: bigint;
  readonly sessionSeconds?: bigint;
  readonly windowSeconds?: number;
  readonly answerSeconds?: number;
  readonly epochSeconds?: bigint;
  readonly challenges?: string;
  readonly registry?: string;
  /** A contract beside the settlement that belongs to another one. */
  readonly stranger?: "meterSettlement" | "challenges" | "vehicleConsents" | "authorizedFunding" | "challengesMeters";
}

describe("ChargingSettlement constructor", () => {
  let fixture: SettlementFixture;

  beforeEach(async () => {
    fixture = await networkHelpers.loadFixture(deployedSettlement);
  });

  async function deploy(choice: Choice = {}) {
    const { owner, guardian, oracles, tariffRegistry } = fixture;
    const partnerAgreements = await fixture.partnerAgreements.getAddress();
    const create = async (name: string, parameters: unknown[]) =>
      await (await ethers.deployContract(name, parameters)).getAddress();
    const token = choice.token ?? (await create("HostileToken", [choice.decimals ?? 6]));
    const openingGuard = await create("OpeningGuard", [owner.address, guardian.address]);
    const newCommittee = async () =>
      await create("OracleCommittee", [
        owner.address,
        choice.changeDelaySeconds ?? CHANGE_DELAY_SECONDS,
        defaultRules.liabilitySeconds,
        oracles.map(({ address }) => address),
        2,
      ]);
    const oracleCommittee = choice.committee ?? (await newCommittee());
    const registry = choice.registry ?? (await create("MeterRegistry", [oracleCommittee]));
    const sessionSeconds = choice.sessionSeconds ?? MAXIMUM_SESSION_SECONDS;
    const addressAhead = async (ahead: number) =>
      ethers.getCreateAddress({ from: owner.address, nonce: (await owner.getNonce()) + ahead });
    const own = await addressAhead(choice.stranger === "challengesMeters" ? 6 : 5);
    const other = await fixture.settlement.getAddress();
    const settlementOf = (name: Choice["stranger"]) => (choice.stranger === name ? other : own);
    const meterSettlement = await create("MeterSettlement", [settlementOf("meterSettlement"), registry]);
    const challengesMeters =
      choice.stranger === "challengesMeters" ? await create("MeterSettlement", [own, registry]) : meterSettlement;
    const committee = choice.challengesCommittee ?? oracleCommittee;
    const bonds = await create("OracleBonds", [token, committee, partnerAgreements, await addressAhead(1), 1]);
    const ownChallenges = await create("Challenges", [
      settlementOf("challenges"),
      challengesMeters,
      committee,
      bonds,
      {
        windowSeconds: choice.windowSeconds ?? defaultRules.challengeWindowSeconds,
        answerSeconds: choice.answerSeconds ?? defaultRules.answerWindowSeconds,
        rewardMicro: 1,
        rewardShareBps: 1,
        demandDepositMicro: 1,
        ringSize: 1,
      },
    ]);
    const vehicleConsents = await create("VehicleConsents", [settlementOf("vehicleConsents")]);
    const authorizedFunding = await create("AuthorizedFunding", [settlementOf("authorizedFunding")]);
    return await ethers.deployContract("ChargingSettlement", [
      token,
      {
        tariffRegistry: await tariffRegistry.getAddress(),
        partnerAgreements,
        oracleCommittee,
        openingGuard,
        meterSettlement,
        challenges: choice.challenges ?? ownChallenges,
        vehicleConsents,
        authorizedFunding,
      },
      {
        maximumSessionSeconds: sessionSeconds,
        epochSeconds: choice.epochSeconds ?? EPOCH_SECONDS,
        epochLimitMicro: defaultRules.epochLimitMicro,
        epochReturnLimitMicro: defaultRules.epochReturnLimitMicro,
        epochUnreadableLimitMicro: defaultRules.epochUnreadableLimitMicro,
      },
    ]);
  }

  it("refuses a token without code", async () => {
    await expect(deploy({ token: fixture.thief.address })).to.be.revertedWithoutReason(ethers);
  });

  for (const decimals of [0, 5, 19, 255]) {
    it(`refuses a token with ${decimals} decimals`, async () => {
      await expect(deploy({ decimals }))
        .to.be.revertedWithCustomError(fixture.settlement, "DecimalsOutOfRange")
        .withArgs(decimals, 6, 18);
    });
  }

  it("refuses a committee whose changes take no longer than the longest session", async () => {
    await expect(deploy({ sessionSeconds: CHANGE_DELAY_SECONDS }))
      .to.be.revertedWithCustomError(fixture.settlement, "ChangeDelayTooShort")
      .withArgs(CHANGE_DELAY_SECONDS, CHANGE_DELAY_SECONDS);
  });

  it("invariant 18: refuses an epoch shorter than the challenge window, by a second", async () => {
    await expect(deploy({ epochSeconds: EPOCH_SECONDS - 1n }))
      .to.be.revertedWithCustomError(fixture.settlement, "EpochTooShort")
      .withArgs(EPOCH_SECONDS - 1n, EPOCH_SECONDS);
  });

  it("invariant 19: refuses an epoch of less than an hour, also beside challenges that would allow it", async () => {
    const { settlement, challenges } = fixture;
    for (const windowSeconds of [0n, 1n, 3_599n]) {
      // Challenges refuse such windows themselves; somebody else's contract may not.
      const stub = await ethers.deployContract("AnsweringStub", []);
      await stub.answer(challenges.interface.getFunction("challengeWindowSeconds").selector, windowSeconds);
      for (const epochSeconds of [0n, 1n, 3_599n]) {
        await expect(deploy({ epochSeconds, challenges: await stub.getAddress() }))
          .to.be.revertedWithCustomError(settlement, "EpochTooShort")
          .withArgs(epochSeconds, 3_600n);
      }
    }
  });

  for (const stranger of [
    "meterSettlement",
    "challenges",
    "vehicleConsents",
    "authorizedFunding",
    "challengesMeters",
  ] as const) {
    it(`refuses a contract beside it that belongs elsewhere: ${stranger}`, async () => {
      await expect(deploy({ stranger })).to.be.revertedWithCustomError(fixture.settlement, "NeighbourMismatch");
    });
  }

  it("refuses challenges whose bonds are another committee's", async () => {
    const challengesCommittee = await fixture.oracleCommittee.getAddress();

    await expect(deploy({ challengesCommittee })).to.be.revertedWithCustomError(
      fixture.settlement,
      "NeighbourMismatch",
    );
  });

  it("refuses meters of a registry where another committee attests", async () => {
    const registry = await fixture.meterRegistry.getAddress();

    await expect(deploy({ registry })).to.be.revertedWithCustomError(fixture.settlement, "NeighbourMismatch");
  });

  it("takes the longest session, the shortest epoch and the longest window that go together", async () => {
    const settlement = await deploy({
      sessionSeconds: CHANGE_DELAY_SECONDS - 1n,
      epochSeconds: BigInt(5 * HOUR_SECONDS),
      windowSeconds: 5 * HOUR_SECONDS,
      answerSeconds: HOUR_SECONDS,
    });

    expect([await settlement.maximumSessionSeconds(), await settlement.epochSeconds()]).to.deep.equal([
      CHANGE_DELAY_SECONDS - 1n,
      BigInt(5 * HOUR_SECONDS),
    ]);
  });

  for (const [decimals, unit] of [
    [6, 1n],
    [8, 100n],
    [18, 1_000_000_000_000n],
  ] as const) {
    it(`stores amounts of a token with ${decimals} decimals in units of ${unit}`, async () => {
      const settlement = await deploy({ decimals });

      expect(await settlement.unit()).to.equal(unit);
    });
  }

  it("names what it was made of and owes nothing", async () => {
    const { settlement, erc20, addresses } = fixture;

    expect({
      erc20: await settlement.erc20(),
      unit: await settlement.unit(),
      tariffRegistry: await settlement.tariffRegistry(),
      partnerAgreements: await settlement.partnerAgreements(),
      oracleCommittee: await settlement.oracleCommittee(),
      openingGuard: await settlement.openingGuard(),
      meterSettlement: await settlement.meterSettlement(),
      challenges: await settlement.challenges(),
      vehicleConsents: await settlement.vehicleConsents(),
      authorizedFunding: await settlement.authorizedFunding(),
      maximumSessionSeconds: await settlement.maximumSessionSeconds(),
      epochSeconds: await settlement.epochSeconds(),
      epochLimitMicro: await settlement.epochLimitMicro(),
      owedMicro: await settlement.owedMicro(),
    }).to.deep.equal({
      erc20: await erc20.getAddress(),
      unit: 1n,
      tariffRegistry: addresses.TariffRegistry,
      partnerAgreements: addresses.PartnerAgreements,
      oracleCommittee: addresses.OracleCommittee,
      openingGuard: addresses.OpeningGuard,
      meterSettlement: addresses.MeterSettlement,
      challenges: addresses.Challenges,
      vehicleConsents: addresses.VehicleConsents,
      authorizedFunding: addresses.AuthorizedFunding,
      maximumSessionSeconds: MAXIMUM_SESSION_SECONDS,
      epochSeconds: EPOCH_SECONDS,
      epochLimitMicro: defaultRules.epochLimitMicro,
      owedMicro: 0n,
    });
    expect(await settlement.accountOf(ZeroAddress, 0)).to.deep.equal([0n, 0n, 0n]);
  });
});
