/** The rules of an instance, which nothing changes afterwards. Times in seconds, amounts in 10⁻⁶ token. */
export interface SettlementRules {
  readonly maximumSessionSeconds: number;
  readonly changeDelaySeconds: number;
  readonly liabilitySeconds: number;
  readonly challengeWindowSeconds: number;
  readonly answerWindowSeconds: number;
  readonly epochSeconds: number;
  readonly epochLimitMicro: bigint;
  readonly challengeRewardMicro: bigint;
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
  challengeRewardMicro: 5_000_000n,
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
 * Deploys the contracts around a token. Four of them and the settlement know each other from their beginning; so the
 * settlement comes last, and the four are told where it will be.
 * @param deploy Deploys one contract and gives its address.
 * @param settlementAddress Where the settlement will be, which is deployed after `ahead` others.
 */
export async function deployContractSet(
  erc20: string,
  appointments: Appointments,
  rules: SettlementRules,
  deploy: (name: ContractName, parameters: readonly unknown[]) => Promise<string>,
  settlementAddress: (ahead: number) => Promise<string>,
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

  const settlement = await settlementAddress(4);
  const meterSettlement = await deploy("MeterSettlement", [settlement, meterRegistry]);
  const challenges = await deploy("Challenges", [
    settlement,
    meterSettlement,
    oracleCommittee,
    rules.challengeWindowSeconds,
    rules.answerWindowSeconds,
    rules.challengeRewardMicro,
    rules.challengeRingSize,
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
    },
  ]);
  return {
    OracleCommittee: oracleCommittee,
    OpeningGuard: openingGuard,
    TariffRegistry: tariffRegistry,
    PartnerAgreements: partnerAgreements,
    MeterRegistry: meterRegistry,
    MeterSettlement: meterSettlement,
    Challenges: challenges,
    VehicleConsents: vehicleConsents,
    AuthorizedFunding: authorizedFunding,
    ChargingSettlement: chargingSettlement,
  };
}
