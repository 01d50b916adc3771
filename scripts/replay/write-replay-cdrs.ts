import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { profilePathOf, writeProfile } from "../command-line/profile.ts";
import { runVerb } from "../command-line/run-verb.ts";
import { exportCdr } from "../operator/export/cdr.ts";

/** What a partner would ask for and a file of sessions does not say. */
const place = {
  address: "-",
  city: "-",
  country: "CHE",
  coordinates: { latitude: "46.8182", longitude: "8.2275" },
  connector_id: "1",
  connector_standard: "IEC_62196_T2_COMBO",
  connector_format: "CABLE",
  connector_power_type: "DC",
};

/**
 * Writes the charge detail records (OCPI 2.2.1) of everything that was replayed, by the same verb as an operator's.
 * @param evseIds Of all plugs.
 * @throws what the verb throws
 */
export async function writeReplayCdrs(
  world: { readonly rpcUrl: string; readonly deploymentPath: string; readonly serviceUrl: string },
  operator: string,
  evseIds: readonly string[],
  { folder, path }: { readonly folder: string; readonly path: string },
): Promise<void> {
  const { rpcUrl, deploymentPath, serviceUrl } = world;
  writeProfile(profilePathOf(deploymentPath, {}), {
    name: "Replay",
    address: operator,
    keystore: null,
    countryCode: "CH",
    partyId: "AIL",
    currency: "CHF",
    serviceUrl,
  });
  const locations = join(folder, "locations.json");
  const all = evseIds.map((evseId, index) => [evseId, { ...place, id: String(index), evse_uid: String(index) }]);
  writeFileSync(locations, JSON.stringify(Object.fromEntries(all)));
  const streams = {
    out: () => undefined,
    err: (text: string) => {
      process.stderr.write(text);
    },
  };
  await runVerb(exportCdr, { rpc: rpcUrl, deployment: deploymentPath, locations, out: path }, {}, streams);
}
