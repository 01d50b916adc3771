/** What a consent lets its grantee use, each with its bit, as `DataConsent` of IDataConsents.sol numbers it. */
export const consentScopes = { fields: 1, records: 2, place: 4, sameDriver: 8 } as const;
