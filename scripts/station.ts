import type { Store } from "../services/store/store.ts";
import { openSqliteStore } from "../services/store/sqlite/sqlite-store.ts";
import { exitCodes, runCommand, UsageError, wholeNumber, type Output } from "./command-line/command.ts";
import { createApiKey } from "./demo/stations.ts";

const help = `
Says which charging stations may report to the service, and for which EVSEs. Works beside a running service.

Usage: npm run station -- add <stationId> --evse <number> [--evse <number> …] [--new-key] [options]
       npm run station -- list [options]
       npm run station -- remove <stationId> [options]

  --evse <number>    number of an EVSE in the meter registry that the station reports for
  --new-key          replaces a station that is there, its key and its EVSEs
  --data <dir>       folder of the service's store; default: WATTPROOF_DATA
  --json             JSON on stdout
  --help             this text

The API key is printed once and kept nowhere; the store has only its SHA-256.
Exit: 0 done, 1 there is no such station, or there is one already, 2 could not be done.

Example:
  npm run station -- add CH-0042 --evse 7 --data /var/lib/wattproof
`;

/** What the service takes as a station's identity: up to 48 characters that need no escaping anywhere. */
const stationIdGrammar = /^[A-Za-z0-9_.:*-]{1,48}$/u;

await runCommand(
  {
    help,
    options: {
      evse: { type: "string", multiple: true },
      "new-key": { type: "boolean" },
      data: { type: "string" },
    },
  },
  async ({ values, positionals }, output) => {
    const [action, stationId, ...others] = positionals;
    const data = values.data ?? process.env["WATTPROOF_DATA"];
    if (data === undefined) {
      throw new UsageError("Say where the service's store is: --data <dir>");
    }
    const takesId = action === "add" || action === "remove";
    if ((!takesId && action !== "list") || others.length > 0 || (stationId !== undefined) !== takesId) {
      throw new UsageError("Say what to do: add <stationId>, list, or remove <stationId>");
    }
    if (stationId !== undefined && !stationIdGrammar.test(stationId)) {
      throw new UsageError("A station's id has 1 to 48 characters of A-Z a-z 0-9 _ . : * -");
    }
    const evses = (values.evse ?? []).map((text) => wholeNumber("--evse", text, 1, 2 ** 32 - 1));
    if (action === "add" && evses.length === 0) {
      throw new UsageError("A station reports for at least one EVSE: --evse <number>");
    }

    const store = openSqliteStore(data);
    try {
      if (stationId === undefined) {
        return await list(store, output);
      }

      return action === "add"
        ? await add(store, output, stationId, evses, values["new-key"] === true)
        : await remove(store, output, stationId);
    } finally {
      await store.close();
    }
  },
);

async function add(
  store: Store,
  output: Output,
  stationId: string,
  evses: readonly number[],
  isReplacing: boolean,
): Promise<number> {
  if (!isReplacing && (await store.findStation(stationId)) !== null) {
    process.stderr.write(`There is a station ${stationId}; --new-key replaces it.\n`);

    return exitCodes.differs;
  }
  const { apiKey, apiKeySha256 } = createApiKey();
  await store.putStation({ stationId, apiKeySha256, evses });
  output.json({ stationId, evses, apiKey });
  if (!output.isJson) {
    output.line(`${stationId} may report for EVSE ${evses.join(", ")}. Its API key, shown only now:`);
    output.line(apiKey);
  }

  return exitCodes.asExpected;
}

async function list(store: Store, output: Output): Promise<number> {
  const stations = await store.listStations();
  output.json({ stations: stations.map(({ stationId, evses }) => ({ stationId, evses })) });
  if (!output.isJson) {
    for (const { stationId, evses } of stations) {
      output.line(`${stationId.padEnd(48)}  EVSE ${evses.join(", ")}`);
    }
    output.line(`${stations.length} stations`);
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
