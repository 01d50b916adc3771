import { TLSSocket } from "node:tls";
import type { Socket } from "node:net";

import type { OcppAccess, SecurityProfile, StationKey } from "../../store/ocpp.ts";
import type { Store } from "../../store/store.ts";
import { stationIdGrammar } from "../../http/station/authentication.ts";
import { findStationKey } from "./station-key.ts";

/** How a station came to the door. */
export interface Arrival {
  /** From the path; the user name of Basic authentication was the same, if there is a password. */
  readonly stationId: string;
  readonly password: Uint8Array | null;
  readonly isTls: boolean;
  /** Of a certificate that one of our authorities signed for the key that the connection uses. */
  readonly certificateName: string | null;
  /** Connections without authentication are taken here. */
  readonly isProfile0Allowed: boolean;
}

export type Admission =
  | { readonly kind: "unknown" }
  | { readonly kind: "refused" }
  | {
      readonly kind: "admitted";
      readonly access: OcppAccess;
      readonly profile: SecurityProfile;
      readonly key: StationKey | null;
    };

/** Decides whether a station is let in, and by which security profile. */
export async function admitStation(store: Pick<Store, "findOcppAccess">, arrival: Arrival): Promise<Admission> {
  const { stationId, password } = arrival;
  const access = stationIdGrammar.test(stationId) ? await store.findOcppAccess(stationId) : null;
  if (access === null) return { kind: "unknown" };

  const key = password === null ? null : findStationKey(access.keys, password);
  const profile = profileOf(arrival, access, key);
  if (profile === null || profile < access.leastSecurityProfile) return { kind: "refused" };
  return { kind: "admitted", access, profile, key };
}

function profileOf(arrival: Arrival, access: OcppAccess, key: StationKey | null): SecurityProfile | null {
  const { stationId, isTls, certificateName, isProfile0Allowed } = arrival;
  // A certificate of somebody else is no way in, whatever else is right.
  if (certificateName !== null) return certificateName === stationId ? 3 : null;
  if (key !== null) return isTls ? 2 : 1;
  const isOpen = access.leastSecurityProfile === 0 && access.keys.length === 0;
  return isOpen && isProfile0Allowed ? 0 : null;
}

/** The common name of the client's certificate, if one of the configured authorities vouches for it. */
export function certificateNameOf(socket: Socket): string | null {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
  const name: unknown = socket.getPeerCertificate().subject.CN;
  // Several common names are no name.
  return typeof name === "string" ? name : "";
}
