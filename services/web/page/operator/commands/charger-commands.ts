/** What the operator can have a charger do from its page. */
export type ChargerCommand =
  | { readonly kind: "stop"; readonly ocppTransactionId: string }
  | { readonly kind: "unlock"; readonly evse: number; readonly connector: number }
  | { readonly kind: "restart" };

/** A call of OCPP in the words of the charger's version. */
export interface ChargerCall {
  readonly action: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** @param protocol What the charger speaks now, or spoke last. */
export function chargerCallOf(command: ChargerCommand, protocol: string): ChargerCall {
  const isFirst = protocol === "ocpp1.6";
  switch (command.kind) {
    case "stop": {
      const { ocppTransactionId } = command;
      return isFirst
        ? { action: "RemoteStopTransaction", payload: { transactionId: Number(ocppTransactionId) } }
        : { action: "RequestStopTransaction", payload: { transactionId: ocppTransactionId } };
    }
    case "unlock": {
      // In 1.6 what the service keeps as the EVSE is the connector's number.
      const { evse, connector } = command;
      const payload = isFirst ? { connectorId: evse } : { evseId: evse, connectorId: connector };
      return { action: "UnlockConnector", payload };
    }
    case "restart":
      // A charge that is running is ended in the usual way first, or waited for.
      return { action: "Reset", payload: { type: isFirst ? "Soft" : "OnIdle" } };
  }
}
