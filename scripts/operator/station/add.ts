import { z } from "zod";

import type { SecurityProfile } from "../../../services/store/ocpp.ts";
import type { Store } from "../../../services/store/store.ts";
import { exitCode } from "../../command-line/exit-codes.ts";
import { registryNumberInput } from "../../command-line/inputs.ts";
import { defineVerb, type Run } from "../../command-line/verb.ts";
import { pricelessLine } from "../tariff/assignment-client.ts";
import { unknownEvses } from "./known-evses.ts";
import { dataInput, dataOption, stationIdInput, withLedger } from "./ledger.ts";
import { newKeysOf, obstacleInLedger, putStation, type Registration } from "./register-station.ts";

/** More than any store has EVSEs. */
const unpricedLimit = 1_000_000;
const profiles = ["0", "1", "2", "3"] as const;

export const stationAdd = defineVerb({
  path: ["station", "add"],
  summary: "lets a charging station report to the service, and makes its keys",
  description:
    "Works beside a running service. The keys are printed once and kept nowhere; the ledger has only their SHA-256. The\n" +
    "API key is for HTTP, the OCPP key is the charger's AuthorizationKey (1.6) or BasicAuthPassword (2.x). Exit 1 if there\n" +
    "is the station already, or if the EVSEs are not in the registry or another station's.",
  arguments: [{ syntax: "<station-id>", description: "the station's identity in OCPP" }],
  options: [
    {
      flags: "--evse <number>",
      description:
        "an EVSE of the registry that the station reports for; the first is its EVSE 1 (connector 1 in OCPP 1.6), the second its EVSE 2",
      isRepeated: true,
    },
    {
      flags: "--profile <n>",
      description: "least security profile of OCPP: 0 nothing, 1 key (default), 2 key and TLS, 3 client certificate",
    },
    {
      flags: "--pending",
      description: "the station is told to wait when it boots; add it again without this to let it charge",
    },
    { flags: "--new-key", description: "replaces a station that is there, its keys and its EVSEs" },
    dataOption,
    {
      flags: "--rpc <url>",
      description: "endpoint of the chain, whose registry is asked for the EVSEs; default: WATTPROOF_RPC_URL",
    },
    { flags: "--deployment <path>", description: "deployment file; default: WATTPROOF_DEPLOYMENT, or the chain's" },
    { flags: "--dry-run", description: "only says whether it could be done; no key is made" },
  ],
  access: "none",
  examples: ["station add CH-0042 --evse 7 --data /var/lib/wattproof --rpc https://rpc.example"],
  input: z.object({
    stationId: stationIdInput,
    evse: z.array(registryNumberInput, "has to be given: a station reports for at least one EVSE").min(1),
    profile: z.enum(profiles, "must be 0, 1, 2 or 3").default("1"),
    pending: z.boolean().default(false),
    newKey: z.boolean().default(false),
    data: dataInput,
    rpc: z.url("must be the address of a JSON-RPC endpoint").optional(),
    deployment: z.string().optional(),
  }),
  async run({ stationId, evse: evses, profile, pending, newKey, data, ...place }, run) {
    const { output, isDryRun } = run;
    return withLedger(data, run, async (store) => {
      const obstacle = await findObstacle(store, stationId, evses, { ...place, replaces: newKey }, run);
      if (obstacle !== null) {
        output.json({ stationId, evses, isDryRun, added: false, obstacle });
        output.remark(obstacle);
        return exitCode.differs;
      }
      if (isDryRun) {
        output.json({ stationId, evses, isDryRun, added: false, obstacle: null });
        output.line(`${stationId} could report for EVSE ${evses.join(", ")}. Nothing was written.`);
        return exitCode.done;
      }
      const bootStatus = pending ? "Pending" : "Accepted";
      await add(store, run, { stationId, evses, profile: profileOf(profile), bootStatus });
      return exitCode.done;
    });
  },
});

/** Why the station cannot report for these EVSEs, in words; `null` if nothing is known against it. */
async function findObstacle(
  store: Store,
  stationId: string,
  evses: readonly number[],
  how: { readonly rpc?: string | undefined; readonly deployment?: string | undefined; readonly replaces: boolean },
  { environment, output }: Pick<Run, "environment" | "output">,
): Promise<string | null> {
  const obstacle = await obstacleInLedger(store, stationId, evses);
  if (obstacle !== null) return obstacle;
  if (!how.replaces && (await store.findStation(stationId)) !== null) {
    return `There is a station ${stationId}; --new-key replaces it.`;
  }
  const rpcUrl = how.rpc ?? environment["WATTPROOF_RPC_URL"];
  if (rpcUrl === undefined) {
    output.remark("Nobody was asked whether these EVSEs exist: name the chain with --rpc.");
    return null;
  }
  const unknown = await unknownEvses(rpcUrl, how.deployment ?? environment["WATTPROOF_DEPLOYMENT"], evses);

  return unknown.length === 0 ? null : `The registry has no EVSE ${unknown.join(", ")}: see wattproof evse list.`;
}

async function add(store: Store, { output }: Pick<Run, "output">, registration: Registration): Promise<void> {
  const { stationId, evses, profile, bootStatus } = registration;
  const keys = newKeysOf(profile);
  await putStation(store, registration, keys);
  const { apiKey, ocppKey } = keys;
  const unpriced = await store.listEvsesWithoutTariff(unpricedLimit);
  const evsesWithoutTariff = evses.filter((evse) => unpriced.includes(evse));
  output.json({ stationId, evses, apiKey, securityProfile: profile, bootStatus, ocppKey, evsesWithoutTariff });
  // With --json lines go to stderr, and keys stand in one place alone.
  if (output.isJson) return;
  output.line(`${stationId} may report for EVSE ${evses.join(", ")}. Its API key, shown only now:`);
  output.line(apiKey);
  output.line(ocppKey === null ? `OCPP by security profile ${profile}, without a key.` : `Its OCPP key:`);
  if (ocppKey !== null) output.line(ocppKey);
  for (const evse of evsesWithoutTariff) output.line(pricelessLine(evse));
}

function profileOf(text: (typeof profiles)[number]): SecurityProfile {
  return ({ "0": 0, "1": 1, "2": 2, "3": 3 } as const)[text];
}
