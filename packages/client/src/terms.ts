/** What a driver signs, as EIP-712 has it, and what follows from it. */
export {
  sessionIdOf,
  settlementDomainOf,
  termsTypes,
  typedTermsOf,
  type SessionTerms,
  type SettlementDomain,
} from "../../../services/domain/terms.ts";
export {
  topUpTypes,
  typedTopUpOf,
  typedWithdrawalOf,
  withdrawalTypes,
  type TopUpOrder,
  type WithdrawalOrder,
} from "../../../services/domain/driver-orders.ts";
export { consentTypes, consentDigestOf } from "../../../services/domain/unsigned-consent.ts";
export { consentIdOf, type VehicleConsent } from "../../../services/domain/vehicle-consent.ts";
export { viewGrantDigestOf, type ViewGrant } from "../../../services/domain/session-view-key.ts";
export { stopDigestOf, typedStopRequestOf } from "../../../services/domain/stop-request.ts";
export { idTagOf } from "../../../services/domain/id-tag.ts";
export { packTariff, tariffIdOf, type PackedTariff } from "../../../services/domain/packed-tariff.ts";
export { freeTariff, priceOf, type PriceBreakdown, type Tariff } from "../../../services/domain/tariff.ts";
