import { stationKeySha256Of } from "../services/ocpp/wire/station-key.ts";
import type { BootStatus, SecurityProfile } from "../services/store/ocpp.ts";
import { requireLedger } from "../services/store/sqlite/ledger-folder.ts";
import { openSqliteStore } from "../services/store/sqlite/sqlite-store.ts";
import type { Store } from "../services/store/store.ts";
import { exitCodes, runCommand, UsageError, wholeNumber, type Output } from "./command-line/command.ts";
import { createApiKey, createStationKey } from "./local-world/stations.ts";
import { pricelessLine } from "./operator/tariff/assignment-client.ts";
import { readPayload } from "./operator/station/command-payload.ts";
import { unknownEvses } from "./operator/station/known-evses.ts";
import { sendCommand } from "./operator/station/send-command.ts";
import { bindToken, listTokens, unbindToken } from "./operator/station/tokens.ts";

const help = `
Says which charging stations may report to the service, and for which EVSEs, and sends commands to those that are
connected over OCPP. Binds cards and contracts to the consents of their drivers. Works beside a running service.

Usage: npm run station -- add <stationId> --evse <number> [--evse <number> …] [--profile <n>] [--new-key] [options]
       npm run station -- list [options]
       npm run station -- remove <stationId> [options]
       npm run station -- command <stationId> <Action> ['<JSON>' | - | --payload-file <file>] [--url <url>] [options]
       npm run station -- bind-token <idToken> --consent <file> --tariff <id> [--type <type> …] [--hold-micro <n>]
                          [--agreement <n>] [--certificate <file>] [--url <url>] [options]
       npm run station -- unbind-token <idToken> [--type <type>] [--url <url>] [options]
       npm run station -- list-tokens [--url <url>] [options]

  --evse <number>    number of an EVSE in the meter registry that the station reports for. The first is EVSE 1 of the
                     station itself (connector 1 in OCPP 1.6), the second its EVSE 2, and so on
  --profile <n>      least security profile of OCPP: 0 nothing, 1 key (default), 2 key and TLS, 3 client certificate
  --pending          the station is told to wait when it boots; add it again without this to let it charge
  --new-key          replaces a station that is there, its keys and its EVSEs
  --payload-file <file>  JSON that a command sends; - in the place of the JSON reads standard input. A key or password has to
                     come in one of these ways, because everybody on the machine can see arguments
  --consent <file>   JSON of the consent to the vehicle, exactly as its driver granted it (docs/chargers.md)
  --tariff <id>      the price of the sessions: id of a published tariff
  --type <type>      ISO14443 (default), ISO15693, eMAID, MacAddress or Local; several for a card that chargers present
                     in several ways
  --hold-micro <n>   what each session holds, in 10⁻⁶ token; default: the consent's cap for one session
  --agreement <n>    number of the partner agreement by which the operator shares; default: none
  --certificate <file>  PEM of the contract's certificate and its issuer's, for an eMAID
  --data <dir>       folder of the service's store; default: WATTPROOF_DATA
  --rpc <url>        endpoint of the chain, whose registry is asked for the EVSEs; default: WATTPROOF_RPC_URL
  --deployment <path>  deployment file; default: WATTPROOF_DEPLOYMENT, or that of the chain
  --url <url>        the service's HTTP address; default: http://127.0.0.1:8080
  --json             JSON on stdout
  --help             this text

The keys are printed once and kept nowhere; the store has only their SHA-256. The API key is for HTTP, the OCPP key is
the charger's AuthorizationKey (1.6) or BasicAuthPassword (2.x). Commands and bindings are allowed by the operator's key in
the environment variable WATTPROOF_OPERATOR_KEY.
Exit: 0 done, 1 there is no such station or binding, or a station already, or it did not accept, 2 could not be done.

Examples:
  npm run station -- add CH-0042 --evse 7 --data /var/lib/wattproof --rpc https://rpc.example
  npm run station -- command CH-0042 Reset '{"type":"Soft"}'
  npm run station -- bind-token 04A1B2C3D4E5F6 --consent consent.json --tariff 0x…
`;

/** What the service takes as a station's identity: up to 48 characters that need no escaping anywhere. */
const stationIdGrammar = /^[A-Za-z0-9_.:*-]{1,48}$/u;
/** More than any store has EVSEs. */
const unpricedLimit = 1_000_000;
const defaultUrl = "http://127.0.0.1:8080";
const profiles: Readonly<Record<string, SecurityProfile>> = { "0": 0, "1": 1, "2": 2, "3": 3 };

await runCommand(
  {
    help,
    options: {
      evse: { type: "string", multiple: true },
      profile: { type: "string" },
      pending: { type: "boolean" },
      "new-key": { type: "boolean" },
      data: { type: "string" },
      rpc: { type: "string" },
      deployment: { type: "string" },
      url: { type: "string" },
      "payload-file": { type: "string" },
      consent: { type: "string" },
      tariff: { type: "string" },
      type: { type: "string", multiple: true },
      "hold-micro": { type: "string" },
      agreement: { type: "string" },
      certificate: { type: "string" },
    },
  },
  async ({ values, positionals }, output) => {
    const [action, stationId, ...others] = positionals;
    const url = values.url ?? defaultUrl;
    if (action === "bind-token" || action === "unbind-token") {
      if (stationId === undefined || others.length > 0) {
        throw new UsageError(`Say which one: ${action} <idToken>`);
      }

      return action === "bind-token"
        ? bindToken(output, url, stationId, values)
        : unbindToken(output, url, stationId, values);
    }
    if (action === "list-tokens") {
      if (stationId !== undefined) {
        throw new UsageError("list-tokens takes no name");
      }

      return listTokens(output, url);
    }
    if (stationId !== undefined && !stationIdGrammar.test(stationId)) {
      throw new UsageError("A station's id has 1 to 48 characters of A-Z a-z 0-9 _ . : * -");
    }
    if (action === "command") {
      const [ocppAction, argument, ...rest] = others;
      if (stationId === undefined || ocppAction === undefined || rest.length > 0) {
        throw new UsageError("Say what to do: command <stationId> <Action> '<JSON>'");
      }
      return sendCommand(output, url, stationId, ocppAction, readPayload(argument, values["payload-file"]));
    }

    const data = values.data ?? process.env["WATTPROOF_DATA"];
    if (data === undefined) {
      throw new UsageError("Say where the service's store is: --data <dir>");
    }
    const takesId = action === "add" || action === "remove";
    if ((!takesId && action !== "list") || others.length > 0 || (stationId !== undefined) !== takesId) {
      throw new UsageError(
        "Say what to do: add <stationId>, list, remove <stationId>, command <stationId> <Action>, or a command for tokens",
      );
    }
    const evses = (values.evse ?? []).map((text) => wholeNumber("--evse", text, 1, 2 ** 32 - 1));
    if (action === "add" && evses.length === 0) {
      throw new UsageError("A station reports for at least one EVSE: --evse <number>");
    }
    const profile = profiles[values.profile ?? "1"];
    if (profile === undefined) {
      throw new UsageError("A security profile is 0, 1, 2 or 3");
    }

    requireLedger(data);
    const store = openSqliteStore(data);
    try {
      if (stationId === undefined) {
        return await list(store, output);
      }
      if (action === "remove") {
        return await remove(store, output, stationId);
      }
      const bootStatus = values.pending === true ? "Pending" : "Accepted";
      const obstacle = await findObstacle(store, stationId, evses, values);
      if (obstacle !== null) {
        process.stderr.write(`${obstacle}\n`);

        return exitCodes.differs;
      }

      return await add(store, output, { stationId, evses, profile, bootStatus }, values["new-key"] === true);
    } finally {
      await store.close();
    }
  },
);

/** Why the station cannot report for these EVSEs, in words; `null` if nothing is known against it. */
async function findObstacle(
  store: Store,
  stationId: string,
  evses: readonly number[],
  place: { readonly rpc?: string | undefined; readonly deployment?: string | undefined },
): Promise<string | null> {
  if (new Set(evses).size < evses.length) {
    return "An EVSE is named twice; a station has each of its EVSEs once.";
  }
  for (const evse of evses) {
    const holder = await store.findStationOfEvse(evse);
    if (holder !== null && holder.stationId !== stationId) {
      return `The station ${holder.stationId} reports for EVSE ${evse}. Remove it there first.`;
    }
  }
  const rpcUrl = place.rpc ?? process.env["WATTPROOF_RPC_URL"];
  if (rpcUrl === undefined) {
    process.stderr.write("Nobody was asked whether these EVSEs exist: name the chain with --rpc.\n");

    return null;
  }
  const unknown = await unknownEvses(rpcUrl, place.deployment ?? process.env["WATTPROOF_DEPLOYMENT"], evses);

  return unknown.length === 0 ? null : `The registry has no EVSE ${unknown.join(", ")}: see wattproof evse list.`;
}

interface Registration {
  readonly stationId: string;
  readonly evses: readonly number[];
  readonly profile: SecurityProfile;
  readonly bootStatus: BootStatus;
}

async function add(store: Store, output: Output, registration: Registration, replaces: boolean): Promise<number> {
  const { stationId, evses, profile, bootStatus } = registration;
  if (!replaces && (await store.findStation(stationId)) !== null) {
    process.stderr.write(`There is a station ${stationId}; --new-key replaces it.\n`);

    return exitCodes.differs;
  }
  const { apiKey, apiKeySha256 } = createApiKey();
  // A station of profile 0 or 3 has no key: there it would be a second way in.
  const ocppKey = profile === 1 || profile === 2 ? createStationKey() : null;
  await store.removeStation(stationId);
  await store.putStation({ stationId, apiKeySha256, evses });
  await store.setOcppAccess(stationId, { leastSecurityProfile: profile, bootStatus });
  if (ocppKey !== null) {
    await store.replaceStationKeys(stationId, stationKeySha256Of(ocppKey), Date.now());
  }
  const unpriced = await store.listEvsesWithoutTariff(unpricedLimit);
  const evsesWithoutTariff = evses.filter((evse) => unpriced.includes(evse));
  output.json({ stationId, evses, apiKey, securityProfile: profile, bootStatus, ocppKey, evsesWithoutTariff });
  if (!output.isJson) {
    output.line(`${stationId} may report for EVSE ${evses.join(", ")}. Its API key, shown only now:`);
    output.line(apiKey);
    output.line(ocppKey === null ? `OCPP by security profile ${profile}, without a key.` : `Its OCPP key:`);
    if (ocppKey !== null) {
      output.line(ocppKey);
    }
    for (const evse of evsesWithoutTariff) {
      output.line(pricelessLine(evse));
    }
  }

  return exitCodes.asExpected;
}

async function list(store: Store, output: Output): Promise<number> {
  const stations = await store.listOcppStations();
  const wantsToJoin = await store.listUnknownStations();
  output.json({
    stations: stations.map(({ stationId, evses, leastSecurityProfile, bootStatus, protocol, lastSeenAtMs }) => ({
      stationId,
      evses,
      securityProfile: leastSecurityProfile,
      bootStatus,
      protocol,
      lastSeenAtMs,
    })),
    wantsToJoin,
  });
  if (!output.isJson) {
    for (const { stationId, evses, protocol, lastSeenAtMs } of stations) {
      const seen = lastSeenAtMs === null ? "" : `  ${protocol ?? ""} seen ${new Date(lastSeenAtMs).toISOString()}`;
      output.line(`${stationId.padEnd(48)}  EVSE ${evses.join(", ")}${seen}`);
    }
    output.line(`${stations.length} stations`);
    for (const { stationId, address, lastSeenAtMs } of wantsToJoin) {
      output.line(`${stationId.padEnd(48)}  wants to join, from ${address}, ${new Date(lastSeenAtMs).toISOString()}`);
    }
  }

  return exitCodes.asExpected;
}

async function remove(store: Store, output: Output, stationId: string): Promise<number> {
  const wasThere = await store.removeStation(stationId);
  output.json({ stationId, removed: wasThere });
  if (!output.isJson) {
    output.line(wasThere ? `${stationId} may no longer report.` : `There is no station ${stationId}.`);
  }

  return wasThere ? exitCodes.asExpected : exitCodes.differs;
}
