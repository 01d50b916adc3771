import { expect } from "chai";

import { runService, type RunningService } from "../../helpers/running-service.ts";
import type { ChargingPoint } from "../../helpers/service-chain.ts";
import { errorCodeOf, openOperatorWorld, type JsonRun, type OperatorWorld } from "./operator-world.ts";

const operatorKey = "k".repeat(40);
const reference = "DE-19-M-PTB-0041, clock included";

describe("wattproof meter approve-time, times, withdraw-time", function () {
  this.timeout(120_000);
  let world: OperatorWorld;
  let running: RunningService;
  let point: ChargingPoint;

  before(async () => {
    world = await openOperatorWorld();
    running = await runService(world.chain, { WATTPROOF_OPERATOR_KEY: operatorKey });
    point = await world.chain.addChargingPoint();
  });
  after(async () => {
    await running.close();
    await world.close();
  });

  const asOperator = (): Readonly<Record<string, string>> => ({
    WATTPROOF_SERVICE_URL: running.service.url,
    WATTPROOF_OPERATOR_KEY: operatorKey,
  });
  const run = (parameters: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<JsonRun> =>
    world.runJson(["meter", ...parameters], { ...asOperator(), ...environment });

  it("refuse what is not asked rightly, or by a stranger, and approve nothing", async () => {
    const meter = String(point.meter);
    const runs = await Promise.all([
      run(["approve-time", meter]),
      run(["approve-time", meter, "--reference", " "]),
      run(["approve-time", "none", "--reference", reference]),
      run(["approve-time", "4000000", "--reference", reference]),
      run(["approve-time", meter, "--reference", reference], { WATTPROOF_OPERATOR_KEY: "x".repeat(40) }),
      run(["times"], { WATTPROOF_OPERATOR_KEY: "x".repeat(40) }),
      run(["times"], { WATTPROOF_SERVICE_URL: "http://127.0.0.1:1" }),
    ]);
    expect(runs.map(errorCodeOf)).to.deep.equal([
      ...["USAGE_INVALID", "USAGE_INVALID", "USAGE_INVALID", "METER_UNREGISTERED"],
      ...["OPERATOR_UNAUTHENTICATED", "OPERATOR_UNAUTHENTICATED", "SERVICE_UNREACHABLE"],
    ]);
    expect(runs.every(({ code }) => code !== 0)).to.equal(true);
    const listed = await run(["times"]);
    expect([listed.code, listed.document]).to.deep.equal([0, { approvals: [] }]);
    expect((await world.run(["meter", "times"], asOperator())).stdout).to.equal("There are none.\n");
  });

  it("list every approval of several pages, on what it rests and by whom, until it is taken back", async () => {
    const meter = String(point.meter);
    const approved = await run(["approve-time", meter, "--reference", reference]);
    expect(approved.document).to.deep.include({ meter: point.meter, reference });
    // More than the service answers at once.
    for (let other = 100_001; other <= 101_100; other += 1) {
      const approval = { meter: other, reference: `type ${other}`, approvedAtMs: 0, approvedBy: "Ada" };
      await running.service.store.approveMeterTime(approval);
    }
    const { document } = await run(["times"]);
    const approvals = document["approvals"] as readonly { readonly meter: number }[];
    expect([approvals.length, new Set(approvals.map((one) => one.meter)).size]).to.deep.equal([1_101, 1_101]);
    const { stdout } = await world.run(["meter", "times"], asOperator());
    const [line = ""] = stdout.split("\n").filter((one) => one.startsWith(`meter ${meter} `));
    expect(line)
      .to.contain(reference)
      .and.to.match(/ by \S/u);
    expect((await run(["withdraw-time", meter])).code).to.equal(0);
    expect((await world.run(["meter", "times"], asOperator())).stdout).to.not.contain(reference);
  });
});
