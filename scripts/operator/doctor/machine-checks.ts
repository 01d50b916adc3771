import { statfs } from "node:fs/promises";
import { versions } from "node:process";

import { errorCatalogue } from "../../../services/errors.ts";
import { hasLedger } from "../../../services/store/sqlite/ledger-folder.ts";
import { isOfOlderContracts } from "../../../services/store/sqlite/older-contracts.ts";
import { artifactOf } from "../../deploy/artifacts.ts";
import { failing, ok, tryCheck, warning, type Finding } from "./finding.ts";

/** What package.json and the parser of the command line ask for. */
const leastNode = [22, 12] as const;
const gibibyte = 1024 ** 3;
/** A year of one charger's records is some tens of megabytes; below this something else fills the disk. */
const scarceBytes = 2 * gibibyte;
const leastBytes = gibibyte / 4;

/** This machine: program, compiled contracts, ledger, disk. */
export async function checkMachine(environment: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const folder = environment["WATTPROOF_DATA"] ?? ".";
  return [
    checkNode(),
    ...(await tryCheck("contracts compiled", "Run npm run build.", () => {
      artifactOf("chargingSettlement");
      return Promise.resolve([ok("contracts compiled", "their artifacts are there")]);
    })),
    ...(await tryCheck("ledger", `Is WATTPROOF_DATA the service's folder? It is ${folder}.`, () =>
      Promise.resolve(checkLedgerFolder(folder)),
    )),
    ...(await tryCheck("disk", `Is WATTPROOF_DATA the service's folder? It is ${folder}.`, () => checkDisk(folder))),
  ];
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = versions.node.split(".").map(Number);
  const isEnough = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  return isEnough
    ? ok("node", versions.node)
    : failing("node", versions.node, `Use Node ${leastNode.join(".")} or newer; npm ci brings one along.`);
}

/** A folder without a ledger is a new one, or the service runs elsewhere. */
function checkLedgerFolder(folder: string): readonly Finding[] {
  if (!hasLedger(folder)) return [];
  if (!isOfOlderContracts(folder)) return [ok("ledger", "of contracts that this version settles")];
  const advice = "Export what is in it, and give the service an empty folder. See docs/runbook.md.";
  return [failing("ledger", `${errorCatalogue.STORE_OF_OLDER_CONTRACTS.title} (STORE_OF_OLDER_CONTRACTS)`, advice)];
}

async function checkDisk(folder: string): Promise<readonly Finding[]> {
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  const detail = `${(freeBytes / gibibyte).toFixed(1)} GiB free at ${folder}`;
  const advice = "Make room: the service stops taking messages when it cannot write.";
  if (freeBytes < leastBytes) return [failing("disk", detail, advice)];
  return [freeBytes < scarceBytes ? warning("disk", detail, advice) : ok("disk", detail)];
}
