import { fieldAt, isJsonRecord, textAt } from "../payload.ts";

const blank = "(not kept)";

/** The key that a command hands out to a station, or `null` if it hands out none. */
export function newKeyOf(action: string, payload: unknown): string | null {
  if (action === "ChangeConfiguration") {
    return isAuthorizationKey(payload) ? textAt(payload, "value") : null;
  }
  if (action !== "SetVariables") return null;
  const changes = variablesOf(payload).filter(isBasicAuthPassword);
  return changes.length === 1 ? textAt(changes[0], "attributeValue") : null;
}

/** The payload of a command as it may be kept. */
export function withoutKeys(action: string, payload: unknown): unknown {
  if (action === "ChangeConfiguration" && isJsonRecord(payload) && isAuthorizationKey(payload)) {
    return { ...payload, value: blank };
  }
  if (action === "SetVariables" && isJsonRecord(payload)) {
    const setVariableData = variablesOf(payload).map((variable) =>
      isJsonRecord(variable) && (isBasicAuthPassword(variable) || isSharedSecret(variable))
        ? { ...variable, attributeValue: blank }
        : variable,
    );
    return { ...payload, setVariableData };
  }
  const connectionData = fieldAt(payload, "connectionData");
  if (action === "SetNetworkProfile" && isJsonRecord(payload) && isJsonRecord(connectionData)) {
    return { ...payload, connectionData: { ...connectionData, basicAuthPassword: blank, apn: blank, vpn: blank } };
  }
  return payload;
}

/** Whether the station has taken the key that the command handed out. */
export function hasTakenKey(action: string, answer: unknown): boolean {
  if (action === "ChangeConfiguration") {
    const status = textAt(answer, "status");
    return status === "Accepted" || status === "RebootRequired";
  }
  const results = fieldAt(answer, "setVariableResult");
  return (
    Array.isArray(results) &&
    results.filter(isBasicAuthPassword).every((result) => {
      const status = textAt(result, "attributeStatus");
      return status === "Accepted" || status === "RebootRequired";
    })
  );
}

function variablesOf(payload: unknown): readonly unknown[] {
  const variables = fieldAt(payload, "setVariableData");
  return Array.isArray(variables) ? variables : [];
}

function isAuthorizationKey(payload: unknown): boolean {
  return textAt(payload, "key")?.toLowerCase() === "authorizationkey";
}

/** What a station makes the codes on its screen of. */
function isSharedSecret(variable: unknown): boolean {
  return textAt(variable, "variable", "name")?.toLowerCase() === "sharedsecret";
}

function isBasicAuthPassword(variable: unknown): boolean {
  return textAt(variable, "variable", "name")?.toLowerCase() === "basicauthpassword";
}
