/** How records are kept that came inside a transaction of OCPP. */
export const ocppRecordMediaType = "application/x-wattproof-ocpp-record";
