import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { runScript, type ScriptRun } from "./run-script.ts";

const lock = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Opens after three numbers, which no call drawn at random hits in their order.
contract Lock {
    uint256 public turned;

    function turn(uint256 number) external {
        if (turned == 0 && number == 4_711) turned = 1;
        else if (turned == 1 && number == 815) turned = 2;
        else if (turned == 2 && number == 1_234_567) turned = 3;
    }
}
`;

const game = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Lock} from "../../contracts/Lock.sol";

contract LockInvariants {
    bool public constant IS_TEST = true;
    Lock private _lock;

    function setUp() public {
        _lock = new Lock();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_lock);
    }

    function invariant_1_the_lock_stays_closed() public view {
        require(_lock.turned() != 3, "the lock is open");
    }

    function invariant_2_the_lock_is_there() public view {
        require(address(_lock).code.length > 0, "there is no lock");
    }
}
`;

describe("npm run fuzz", function () {
  this.timeout(300_000);
  let root = "";

  before(() => {
    root = mkdtempSync(join(tmpdir(), "wattproof-fuzz-"));
    copyFileSync("foundry.toml", join(root, "foundry.toml"));
    for (const folder of ["contracts", "test/contracts"]) mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, "contracts/Lock.sol"), lock);
    writeFileSync(join(root, "test/contracts/Lock.t.sol"), game);
  });
  after(() => {
    rmSync(root, { recursive: true, force: true });
  });

  function fuzz(...parameters: readonly string[]): Promise<ScriptRun> {
    return runScript("fuzz", ["--root", root, ...parameters, "--json"]);
  }

  it("says what keeps it from playing", async () => {
    const none = await fuzz("--match", "nothing_is_called_so");
    expect([none.code, none.stderr.includes("FUZZING_FAILED")]).to.deep.equal([2, true]);
    const short = await fuzz("--seconds", "4");
    expect([short.code, short.stderr.includes("USAGE_INVALID")]).to.deep.equal([2, true]);
  });

  it("finds the calls that break an invariant, one after the other", async () => {
    const run = await fuzz("--seconds", "20", "--match", "1_");
    expect(run.code, run.stderr).to.equal(1);
    const { invariants, broken } = JSON.parse(run.stdout) as {
      invariants: { name: string; holds: boolean; counterexample: string }[];
      broken: number;
    };
    expect([broken, invariants.length]).to.deep.equal([1, 1]);
    expect(invariants[0]).to.include({ name: "invariant_1_the_lock_stays_closed", holds: false });
    expect(invariants[0]?.counterexample).to.match(/^the lock is open\n.*\n.*4711.*\n.*815.*\n.*1234567/u);
  });

  it("keeps the calls that reached new code for the next time", async () => {
    const run = await fuzz("--seconds", "5", "--match", "2_");
    expect(run.code, run.stderr).to.equal(0);
    const { invariants } = JSON.parse(run.stdout) as { invariants: { name: string; calls: number }[] };
    expect(invariants[0]?.calls).to.be.greaterThan(100);
    const kept = readdirSync(join(root, "cache/forge/corpus/LockInvariants/invariant_2_the_lock_is_there"), {
      recursive: true,
      encoding: "utf8",
    });
    expect(kept.filter((name) => name.endsWith(".json.gz"))).to.not.be.empty;
  });
});
