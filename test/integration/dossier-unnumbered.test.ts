import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { signRecord } from "../../scripts/simulator/meter.ts";
import { payloadOf } from "../../scripts/simulator/payload.ts";
import { isShown, type Dossier } from "../../services/dossier/format/dossier-schema.ts";
import { runCommittee, type RunningCommittee } from "../helpers/committee.ts";
import { addStation, operatorKey, post, type RunningService } from "../helpers/running-service.ts";
import { startServiceChain, type ServiceChain } from "../helpers/service-chain.ts";
import { runScript, type ScriptRun } from "../scripts/run-script.ts";

const fromSeconds = 1_700_000_000;
const wattHour = 1_000_000n;
/** Begin and end of the sessions in Wh, in the order in which their records arrive: the third before the second. */
const spans = [
  [1_000n, 6_000n],
  [8_050n, 9_000n],
  [6_000n, 8_000n],
] as const;

/** One story: a meter that numbers every record T1 charges three times, and the operator makes a dossier of it. */
describe("A dossier of a charging point whose meter numbers every record alike", function () {
  this.timeout(180_000);
  let chain: ServiceChain;
  let committee: RunningCommittee;
  let folder: string;
  let path: string;
  let dossier: Dossier;
  let clockMs = Date.now();

  before(async function () {
    folder = mkdtempSync(join(tmpdir(), "wattproof-unnumbered-"));
    path = join(folder, "dossier.json");
    chain = await startServiceChain({ oracleCount: 2, threshold: 2 });
    committee = await runCommittee(chain, {}, { now: () => clockMs });
    const point = await chain.addChargingPoint("secp256r1", { isProven: true });
    const station = await addStation(service(0).store, "CS-1", [point.evse]);
    for (const [fromWh, toWh] of spans) {
      const session = await chain.openSession(point, { chargedSeconds: 3_600 });
      await service(0).catchUp();
      const at = fromSeconds + Number(fromWh) * 10;
      const payload = payloadOf({
        ...{ serial: point.device.serial, pagination: 1n, identification: session.idTag, synchronisation: "S" },
        evseId: point.device.evseId,
        readings: [
          { transaction: "B", registerMicroWh: fromWh * wattHour, epochSeconds: at },
          { transaction: "E", registerMicroWh: toWh * wattHour, epochSeconds: at + 3_600 },
        ],
      }).replace('"GI":"Wattproof simulator"', '"GI":"Zaptec Pro MID"');
      const answer = await post(service(0).url, station, signRecord(point.device.key, payload));
      expect(answer.status).to.equal(200);
      await service(0).synchronise();
    }
    clockMs = (await chain.headSeconds()) * 1_000;
    for (const index of [0, 1]) await service(index).synchronise();
    const parameters = [
      ...["dossier", "make", "--purpose", "FLEET", "--from", "2023-01-01", "--to", "2100-01-01", "--json"],
      ...["--operator", chain.operator, "--service", service(0).url, "--out", path],
    ];
    const made = await runScript("wattproof", parameters, { WATTPROOF_OPERATOR_KEY: operatorKey });
    expect(made.code, made.stderr).to.equal(0);
    dossier = JSON.parse(readFileSync(path, "utf8")) as Dossier;
  });
  after(async function () {
    await committee.close();
    await chain.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function service(index: number): RunningService["service"] {
    return committee.services[index]?.service ?? expect.fail(`There is no service ${index}.`);
  }

  it("has every session, by register and time, and both oracles signed it", function () {
    const [month] = dossier.months;
    expect(month?.exclusions).to.deep.equal([]);
    const shown = month?.sessions.filter(isShown) ?? [];
    expect(shown.map(({ fromMicroWh, toMicroWh }) => [fromMicroWh, toMicroWh])).to.deep.equal([
      ["1000000000", "6000000000"],
      ["6000000000", "8000000000"],
      ["8050000000", "9000000000"],
    ]);
    expect(new Set(shown.flatMap(({ firstPage, lastPage }) => [firstPage, lastPage]))).to.deep.equal(new Set(["0"]));
    expect(dossier.manifest.meters.map(({ hasCounter }) => hasCounter)).to.deep.equal([false]);
    expect(dossier.totals).to.include({ claimableMicroWh: "7950000000", gapsMicroWh: "50000000" });
    expect(dossier.signatures).to.have.length(2);
  });

  it("is accepted by the program that checks dossiers, which asks no service", async function () {
    const checked: ScriptRun = await runScript("verify:dossier", [path, "--json"]);
    expect(checked.code, checked.stdout).to.equal(0);
    const verdict: unknown = JSON.parse(checked.stdout);
    expect(verdict).to.deep.include({ verdict: "accepted", reasons: [], sessions: 3 });
    expect(verdict).to.deep.include({ totals: { claimableMicroWh: "7950000000", excludedMicroWh: "0" } });
  });
});
