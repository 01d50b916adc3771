import { TypedDataEncoder } from "ethers";

/** What a driver lets a vehicle or a fleet do: `VehicleConsent` of the consents contract. */
export interface VehicleConsent {
  readonly driver: string;
  readonly lane: number;
  /** The address of a secp256k1 key (20 bytes) or a point of secp256r1 (64 bytes); `0x` and lower-case digits. */
  readonly vehicleKey: string;
  readonly operators: readonly string[];
  /** The most that one session can hold, in 10⁻⁶ token. */
  readonly sessionCapMicro: bigint;
  /** The most that all sessions opened in one period can hold together, in 10⁻⁶ token. */
  readonly periodCapMicro: bigint;
  readonly periodSeconds: number;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

const consentTypes = {
  VehicleConsent: [
    { name: "driver", type: "address" },
    { name: "lane", type: "uint32" },
    { name: "vehicleKey", type: "bytes" },
    { name: "operators", type: "address[]" },
    { name: "sessionCapMicro", type: "uint64" },
    { name: "periodCapMicro", type: "uint64" },
    { name: "periodSeconds", type: "uint40" },
    { name: "expiresAt", type: "uint40" },
  ],
};

/** The id by which the contract knows the consent: its EIP-712 struct hash. */
export function consentIdOf(consent: VehicleConsent): string {
  return TypedDataEncoder.hashStruct("VehicleConsent", consentTypes, consent);
}

/** The account on which the consent's sessions are opened; there is one live session on it at a time. */
export function accountOf({ driver, lane }: Pick<VehicleConsent, "driver" | "lane">): string {
  return `${driver.toLowerCase()}:${lane}`;
}
