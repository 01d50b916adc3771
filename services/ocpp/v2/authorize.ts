import type { PresentedCertificate } from "../../evidence/contract-certificate.ts";
import type { StationAction } from "../action.ts";
import { textAt, textOf, type JsonRecord } from "../payload.ts";
import { tariffOfOcpp } from "./tariff.ts";
import { idTokenInfo, questionOf } from "./id-token.ts";

export const authorize: StationAction = {
  name: "Authorize",
  tellsEnergy: false,
  answer(call) {
    const question = { ...questionOf(call, "authorize"), certificate: certificateOf(call.payload) };
    const { stationId, protocol } = call;
    const about = { kind: "idToken", idToken: question.idToken } as const;
    return {
      kind: "ask",
      question,
      effects: [],
      ...(protocol === "ocpp2.1" ? { tells: { stationId, protocol, about } } : {}),
      payloadOf: (decision, _transaction, told) => {
        const tariff = told === null || decision.status !== "Accepted" ? null : tariffOfOcpp(told);
        if (question.certificate === null) {
          return { idTokenInfo: idTokenInfo(decision), ...(tariff === null ? {} : { tariff }) };
        }
        // A contract certificate can only be said to be good by somebody who has checked it.
        const { certificateStatus } = decision;
        return certificateStatus === undefined || certificateStatus === null
          ? { idTokenInfo: { status: "Invalid" }, certificateStatus: "NoCertificateAvailable" }
          : { idTokenInfo: idTokenInfo(decision), certificateStatus };
      },
    };
  },
};

/** What an Authorize carries of a contract's certificate: all of it, or what an inquiry about its revocation takes. */
function certificateOf(payload: JsonRecord): PresentedCertificate | null {
  const pem = textOf(payload, "certificate");
  if (pem !== null) return { kind: "chain", pem };
  const listed = payload["iso15118CertificateHashData"];
  if (!Array.isArray(listed)) return null;
  const hashes = listed.map((entry: unknown) => ({
    hashAlgorithm: textAt(entry, "hashAlgorithm") ?? "",
    issuerNameHash: textAt(entry, "issuerNameHash") ?? "",
    issuerKeyHash: textAt(entry, "issuerKeyHash") ?? "",
    serialNumber: textAt(entry, "serialNumber") ?? "",
  }));
  return { kind: "hashes", hashes };
}
