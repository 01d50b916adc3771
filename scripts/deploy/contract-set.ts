/** The rules of an instance, which nothing changes afterwards. Times in seconds, amounts in 10⁻⁶ token. */
export interface SettlementRules {
  readonly maximumSessionSeconds: number;
  readonly changeDelaySeconds: number;
  readonly liabilitySeconds: number;
  readonly challengeWindowSeconds: number;
  readonly answerWindowSeconds: number;
  readonly epochSeconds: number;
  /** What oracles can credit one operator with in an epoch. */
  readonly epochLimitMicro: bigint;
  /** What oracles can give back to one operator's drivers in an epoch. */
  readonly epochReturnLimitMicro: bigint;
  /** The holds that oracles can settle for one operator in an epoch by records that the contract cannot read. */
  readonly epochUnreadableLimitMicro: bigint;
  /** What each signer of a batch must have bonded. */
  readonly leastBondMicro: bigint;
  readonly challengeRewardMicro: bigint;
  /** The share of a loss that is the reward where that is more, in hundredths of a percent. */
  readonly challengeRewardBps: number;
  /** What an answer to a demand costs. */
  readonly demandDepositMicro: bigint;
  readonly challengeRingSize: number;
}

const hourSeconds = 3_600;

/**
 * Sessions of at most two days; three days' notice of another committee; a day to challenge, half a day to answer, and
 * half a day to conclude before bonds are free. The ring holds a batch every ten seconds, the usual age, for a day and
 * some more.
 */
export const defaultRules: SettlementRules = {
  maximumSessionSeconds: 48 * hourSeconds,
  changeDelaySeconds: 72 * hourSeconds,
  liabilitySeconds: 48 * hourSeconds,
  challengeWindowSeconds: 24 * hourSeconds,
  answerWindowSeconds: 12 * hourSeconds,
  epochSeconds: 24 * hourSeconds,
  epochLimitMicro: 100_000_000_000n,
  epochReturnLimitMicro: 1_000_000_000_000n,
  epochUnreadableLimitMicro: 10_000_000_000n,
  leastBondMicro: 10_000_000_000n,
  challengeRewardMicro: 5_000_000n,
  challengeRewardBps: 1_000,
  demandDepositMicro: 1_000_000n,
  challengeRingSize: 10_000,
};

/** Who is named at deployment. */
export interface Appointments {
  /** Owner of committee and guard: meant to be a multi-signature account. */
  readonly owner: string;
  readonly guardian: string;
  readonly oracles: readonly string[];
  readonly threshold: number;
}

/** The contracts of a deployment, in the order in which they are deployed. */
export const contractNames = [
  "OracleCommittee",
  "OpeningGuard",
  "TariffRegistry",
  "PartnerAgreements",
  "MeterRegistry",
  "MeterSettlement",
  "OracleBonds",
  "Challenges",
  "VehicleConsents",
  "AuthorizedFunding",
  "ChargingSettlement",
] as const;

export type ContractName = (typeof contractNames)[number];

/** The name of a contract in the deployment file. */
export function roleOf<Name extends ContractName>(name: Name): Uncapitalize<Name> {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}` as Uncapitalize<Name>;
}

/** Addresses by contract. */
export type ContractSet = Readonly<Record<ContractName, string>>;

/**
 * Deploys the contracts around a token. Five of them and the settlement know each other from their beginning; so the
 * settlement comes last, and they are told where it will be, and the bonds where the challenges will be.
 * @param deploy Deploys one contract and gives its address.
 * @param addressAhead Where the contract of this role will be, which is deployed after `ahead` others.
 */
export async function deployContractSet(
  erc20: string,
  appointments: Appointments,
  rules: SettlementRules,
  deploy: (name: ContractName, parameters: readonly unknown[]) => Promise<string>,
  addressAhead: (ahead: number, role: "chargingSettlement" | "challenges") => Promise<string>,
): Promise<ContractSet> {
  const { owner, guardian, oracles, threshold } = appointments;
  const oracleCommittee = await deploy("OracleCommittee", [
    owner,
    rules.changeDelaySeconds,
    rules.liabilitySeconds,
    oracles,
    threshold,
  ]);
  const openingGuard = await deploy("OpeningGuard", [owner, guardian]);
  const tariffRegistry = await deploy("TariffRegistry", []);
  const partnerAgreements = await deploy("PartnerAgreements", []);
  const meterRegistry = await deploy("MeterRegistry", [oracleCommittee]);

  const settlement = await addressAhead(5, "chargingSettlement");
  const meterSettlement = await deploy("MeterSettlement", [settlement, meterRegistry]);
  const oracleBonds = await deploy("OracleBonds", [
    erc20,
    oracleCommittee,
    partnerAgreements,
    await addressAhead(1, "challenges"),
    rules.leastBondMicro,
  ]);
  const challenges = await deploy("Challenges", [
    settlement,
    meterSettlement,
    oracleCommittee,
    oracleBonds,
    {
      windowSeconds: rules.challengeWindowSeconds,
      answerSeconds: rules.answerWindowSeconds,
      rewardMicro: rules.challengeRewardMicro,
      rewardShareBps: rules.challengeRewardBps,
      demandDepositMicro: rules.demandDepositMicro,
      ringSize: rules.challengeRingSize,
    },
  ]);
  const vehicleConsents = await deploy("VehicleConsents", [settlement]);
  const authorizedFunding = await deploy("AuthorizedFunding", [settlement]);
  const chargingSettlement = await deploy("ChargingSettlement", [
    erc20,
    {
      tariffRegistry,
      partnerAgreements,
      oracleCommittee,
      openingGuard,
      meterSettlement,
      challenges,
      vehicleConsents,
      authorizedFunding,
    },
    {
      maximumSessionSeconds: rules.maximumSessionSeconds,
      epochSeconds: rules.epochSeconds,
      epochLimitMicro: rules.epochLimitMicro,
      epochReturnLimitMicro: rules.epochReturnLimitMicro,
      epochUnreadableLimitMicro: rules.epochUnreadableLimitMicro,
    },
  ]);
  return {
    OracleCommittee: oracleCommittee,
    OpeningGuard: openingGuard,
    TariffRegistry: tariffRegistry,
    PartnerAgreements: partnerAgreements,
    MeterRegistry: meterRegistry,
    MeterSettlement: meterSettlement,
    OracleBonds: oracleBonds,
    Challenges: challenges,
    VehicleConsents: vehicleConsents,
    AuthorizedFunding: authorizedFunding,
    ChargingSettlement: chargingSettlement,
  };
}
