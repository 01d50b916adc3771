import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { AbiCoder, isAddress, parseEther } from "ethers";

import { artifactOf, type ArtifactName } from "../../../scripts/deploy/artifacts.ts";
import { contractNames } from "../../../scripts/deploy/contract-set.ts";
import { evidenceRoles } from "../../../services/contracts.ts";
import { wayRoles } from "../../../scripts/deploy/ways-set.ts";
import { demoAccount } from "../../../scripts/local-world/accounts.ts";
import { createLocalChain, type LocalChain } from "../../../scripts/local-world/chain.ts";
import { createRunningClock } from "../../../scripts/local-world/clock.ts";
import { startRpcServer, type RpcServer } from "../../../scripts/local-world/rpc-server.ts";

const owner = "0x52908400098527886E0F7030069857D2E4169EE7";
const oracle = "0x8617E340B3D01FA5F11F306F4090FD50E238070D";
const deployer = demoAccount("deployer of the deployment test");

/** The token, the contracts of the settlement and those of the market of evidence. */
const besideCount = evidenceRoles.length + wayRoles.length;
const contractCount = 1 + contractNames.length + besideCount;

const usual = ["--owner", owner, "--oracle", oracle];

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Verification {
  readonly chainId: number;
  readonly contracts: readonly {
    readonly role: ArtifactName;
    readonly name: string;
    readonly address: string;
    readonly compiler: string;
    readonly standardInput: string;
    readonly constructorArguments: string;
  }[];
}

interface BuildOutput {
  readonly output: {
    readonly contracts: Readonly<
      Record<string, Readonly<Record<string, { readonly evm: { readonly bytecode: { readonly object: string } } }>>>
    >;
  };
}

interface Answer {
  readonly steps: readonly { readonly contract: string; readonly action: string; readonly address: string | null }[];
}

describe("npm run deploy", () => {
  let folder = "";
  let path = "";
  let chain: LocalChain;
  let rpc: RpcServer;
  let remaining = Infinity;
  let exhausted: () => void = () => undefined;

  before(async () => {
    const clock = createRunningClock(0);
    chain = await createLocalChain({ clock, genesisSeconds: clock.nowSeconds() });
    // Takes so many transactions, and then no answer is given any more.
    const limited: LocalChain = {
      ...chain,
      async request(method, parameters) {
        if (method !== "eth_sendRawTransaction") return chain.request(method, parameters);
        if (remaining === 0) {
          exhausted();
          return new Promise(() => undefined);
        }
        remaining -= 1;

        return chain.request(method, parameters);
      },
    };
    rpc = await startRpcServer(limited, 0);
    await chain.fund(deployer.address, parseEther("100"));
    folder = mkdtempSync(join(tmpdir(), "wattproof-deploy-"));
    path = join(folder, "31337.json");
  });

  after(async () => {
    await rpc.close();
    await chain.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function run(extra: readonly string[], hasKey = true): Promise<Run> {
    const environment = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith("WATTPROOF_DEPLOYER")),
    );
    const child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "scripts/wattproof.ts", "deploy", ...usual, ...extra],
      { env: hasKey ? { ...environment, WATTPROOF_DEPLOYER_PRIVATE_KEY: deployer.privateKey } : environment },
    );
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));

    return { code, stdout, stderr };
  }

  const deploy = (...extra: string[]): Promise<Run> =>
    run(["--rpc", rpc.url, "--deployment", path, "--json", ...extra]);
  const actionsOf = (result: Run): string[] => (JSON.parse(result.stdout) as Answer).steps.map(({ action }) => action);

  /** Runs a deployment and kills it when this many of its transactions are on the chain. */
  async function stopAfterTransactions(count: number, extra: readonly string[]): Promise<void> {
    const child = spawn(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        "scripts/wattproof.ts",
        "deploy",
        ...usual,
        "--rpc",
        rpc.url,
        "--deployment",
        path,
        ...extra,
      ],
      { env: { ...process.env, WATTPROOF_DEPLOYER_PRIVATE_KEY: deployer.privateKey } },
    );
    const ended = new Promise((resolve) => child.once("close", resolve));
    remaining = count;
    exhausted = () => child.kill("SIGKILL");
    await ended;
    remaining = Infinity;
  }

  const contractsOf = (file: string): Record<string, string> =>
    (JSON.parse(readFileSync(file, "utf8")) as { contracts: Record<string, string> }).contracts;
  const evidenceOf = (file: string): Record<string, string> =>
    (JSON.parse(readFileSync(file, "utf8")) as { evidence: Record<string, string> }).evidence;
  const waysOf = (file: string): Record<string, string> =>
    (JSON.parse(readFileSync(file, "utf8")) as { ways: Record<string, string> }).ways;
  const blockNumber = async (): Promise<number> => Number(await chain.request("eth_blockNumber", []));

  /** Uses up a nonce of the deployer. */
  async function sendSomething(): Promise<void> {
    const raw = await deployer.signTransaction({
      type: 2,
      chainId: 31337,
      nonce: Number(await chain.request("eth_getTransactionCount", [deployer.address, "latest"])),
      to: owner,
      gasLimit: 21_000n,
      maxFeePerGas: 10n ** 11n,
      maxPriorityFeePerGas: 1n,
    });
    await chain.request("eth_sendRawTransaction", [raw]);
  }

  it("says with --help how deploy is used", async () => {
    const result = await run(["--help"], false);

    expect(result.code).to.equal(0);
    expect(result.stdout).to.contain("Example:");
  });

  it("refuses arguments that it does not know, or that are missing", async () => {
    expect((await run(["--frobnicate"])).code).to.equal(2);
    expect((await run(["--rpc", rpc.url, "one more"])).code).to.equal(2);
    expect((await run([])).code).to.equal(2);
    expect((await deploy("--erc20", "0x12")).code).to.equal(2);
    expect((await deploy("--maximum-session-hours", "0")).code).to.equal(2);
    expect((await deploy("--guardian", "0x12")).code).to.equal(2);
    expect((await deploy("--epoch-limit", "-1")).code).to.equal(2);
  });

  it("refuses a committee and rules that contracts refuse, before anything is sent", async () => {
    const wrong = [
      ["--threshold", "2"],
      ["--oracle", oracle],
      ["--change-delay-hours", "48"],
      ["--maximum-session-hours", "24", "--change-delay-hours", "48"],
      ["--liability-hours", "24"],
      ["--epoch-hours", "23"],
    ];
    for (const options of wrong) {
      expect((await deploy(...options)).code, options.join(" ")).to.equal(2);
    }
  });

  it("refuses to work without a key and without a chain", async () => {
    const keyless = await run(["--rpc", rpc.url, "--deployment", path], false);
    const chainless = await run(["--rpc", "http://127.0.0.1:1", "--deployment", path]);

    expect([keyless.code, keyless.stderr.split(":")[0]]).to.deep.equal([2, "KEY_UNAVAILABLE"]);
    expect([chainless.code, chainless.stderr.split(":")[0]]).to.deep.equal([2, "CHAIN_UNAVAILABLE"]);
  });

  it("refuses a token that is none", async () => {
    const result = await deploy("--erc20", owner);

    expect([result.code, result.stderr.split(":")[0]]).to.deep.equal([2, "ERC20_UNSUITABLE"]);
  });

  it("says in a dry run what it would do and sends nothing", async () => {
    const result = await run(["--rpc", rpc.url, "--deployment", path, "--json", "--dry-run"], false);

    expect(result.code).to.equal(0);
    expect(actionsOf(result)).to.deep.equal(Array(contractCount).fill("planned"));
    expect(existsSync(path)).to.equal(false);
    expect(await chain.request("eth_blockNumber", [])).to.equal("0x0");
  });

  it("deploys once, and does nothing when it is run again", async () => {
    const first = await deploy();
    const before = await blockNumber();
    const file = readFileSync(path, "utf8");
    const second = await deploy();

    expect(first.code, first.stderr).to.equal(0);
    expect(actionsOf(first)).to.deep.equal(Array(contractCount).fill("deployed"));
    expect(second.code).to.equal(0);
    expect(actionsOf(second)).to.deep.equal(Array(contractCount).fill("present"));
    expect(await blockNumber()).to.equal(before);
    expect(readFileSync(path, "utf8")).to.equal(file);
  });

  /** What the compiler made, after a check that it got what was written. */
  function outputOf(buildInfoId: string, inputPath: string): BuildOutput {
    const build = join("artifacts/build-info", buildInfoId);
    const given = JSON.parse(readFileSync(`${build}.json`, "utf8")) as { readonly input: unknown };
    expect(JSON.parse(readFileSync(inputPath, "utf8"))).to.deep.equal(given.input);
    return JSON.parse(readFileSync(`${build}.output.json`, "utf8")) as BuildOutput;
  }

  it("writes what an explorer needs to verify the sources: the compiler's input, and each contract's arguments", () => {
    const at = join(folder, "31337.verification");
    const { chainId, contracts } = JSON.parse(readFileSync(join(at, "contracts.json"), "utf8")) as Verification;
    expect(chainId).to.equal(31337);
    const all = [
      ...Object.entries(contractsOf(path)),
      ...Object.entries(evidenceOf(path)),
      ...Object.entries(waysOf(path)),
    ];
    expect(contracts.map(({ role, address }) => [role, address]).toSorted()).to.deep.equal(all.toSorted());
    const outputs: Record<string, BuildOutput> = {};
    for (const { role, name, compiler, standardInput, constructorArguments } of contracts) {
      const { interface: abi, fullName, buildInfoId, bytecode } = artifactOf(role);
      expect([name, standardInput, compiler.startsWith("v0.8.")]).to.deep.equal([
        fullName,
        `${buildInfoId}.json`,
        true,
      ]);
      const made = (outputs[buildInfoId] ??= outputOf(buildInfoId, join(at, standardInput)));
      const [source = "", contract = ""] = fullName.split(":");
      expect(`0x${made.output.contracts[source]?.[contract]?.evm.bytecode.object ?? ""}`).to.equal(bytecode);
      // The arguments are those of this constructor.
      const decoded = AbiCoder.defaultAbiCoder().decode(abi.deploy.inputs, constructorArguments);
      expect(abi.encodeDeploy(decoded.toArray(true))).to.equal(constructorArguments);
    }
    const named = (role: string): string => contracts.find((one) => one.role === role)?.constructorArguments ?? "";
    expect(named("chargingSettlement")).to.contain(contractsOf(path)["erc20"]?.slice(2).toLowerCase());
    expect(named("oracleCommittee"))
      .to.contain(owner.slice(2).toLowerCase())
      .and.contain(oracle.slice(2).toLowerCase());
  });

  it("finds what is there when the file is lost, whatever the account did meanwhile, and writes the same file", async () => {
    const file = readFileSync(path, "utf8");
    rmSync(path);
    await sendSomething();
    const before = await blockNumber();

    const result = await deploy();

    expect(result.code, result.stderr).to.equal(0);
    expect(actionsOf(result)).to.deep.equal(Array(contractCount).fill("present"));
    expect(await blockNumber()).to.equal(before);
    expect(readFileSync(path, "utf8")).to.equal(file);
  });

  it("deploys other contracts for other rules and other people, after the block that it names", async () => {
    const usualContracts = contractsOf(path);
    const seen = new Set(Object.values(usualContracts));
    for (const extra of [
      ["--epoch-limit", "1"],
      ["--guardian", deployer.address],
    ]) {
      const other = join(folder, `${extra.join("")}.json`);
      const before = await blockNumber();
      const result = await run(["--rpc", rpc.url, "--deployment", other, "--json", ...extra]);

      expect(result.code, result.stderr).to.equal(0);
      for (const address of Object.values(contractsOf(other))) {
        expect(seen.has(address), address).to.equal(false);
        seen.add(address);
      }
      const { blockNumber: from } = JSON.parse(readFileSync(other, "utf8")) as { blockNumber: number };
      expect(from).to.equal(before + 2);
    }
  });

  it("goes on where an interrupted run stopped, wherever that was", async () => {
    for (const stopAfter of [1, 3, 6, 7, 9, 10]) {
      rmSync(path, { force: true });
      const extra = ["--epoch-limit", String(1_000 + stopAfter)];
      await stopAfterTransactions(stopAfter, extra);
      expect(existsSync(path)).to.equal(false);
      const before = await blockNumber();

      const result = await deploy(...extra);

      expect(result.code, result.stderr).to.equal(0);
      expect(actionsOf(result), `after ${stopAfter}`).to.deep.equal([
        ...Array<string>(stopAfter).fill("present"),
        ...Array<string>(contractCount - stopAfter).fill("deployed"),
      ]);
      expect((await blockNumber()) - before).to.equal(contractCount - stopAfter);
    }
  });

  it("puts its factory and its deployer contract on a chain that has neither, also after an interruption", async () => {
    const clock = createRunningClock(0);
    for (const stopAfter of [1, 2, 3]) {
      const fresh = await createLocalChain({ clock, genesisSeconds: clock.nowSeconds() });
      let left = stopAfter;
      const server = await startRpcServer(
        {
          ...fresh,
          async request(method, parameters) {
            if (method === "eth_sendRawTransaction" && left-- <= 0) throw new Error("no more");

            return fresh.request(method, parameters);
          },
        },
        0,
      );
      const file = join(folder, `fresh-${stopAfter}.json`);
      try {
        await fresh.fund(deployer.address, parseEther("100"));
        expect((await run(["--rpc", server.url, "--deployment", file])).code).to.equal(2);
        left = Infinity;

        const result = await run(["--rpc", server.url, "--deployment", file, "--json"]);

        expect(result.code, result.stderr).to.equal(0);
        expect(actionsOf(result)).to.deep.equal(Array(contractCount).fill("deployed"));
        expect(await fresh.request("eth_blockNumber", [])).to.equal(`0x${(contractCount + 3).toString(16)}`);
      } finally {
        await server.close();
        await fresh.close();
      }
    }
  });

  it("adds the market of evidence and further ways to pay to a deployment that was made before there were any", async () => {
    const { evidence, ways, ...older } = JSON.parse(readFileSync(path, "utf8")) as Record<
      string,
      Record<string, string>
    >;
    const other = join(folder, "older.json");
    writeFileSync(other, JSON.stringify(older));
    const planned = await run(["--rpc", rpc.url, "--deployment", other, "--json", "--dry-run"], false);
    const present = Array<string>(1 + contractNames.length).fill("present");
    expect(actionsOf(planned)).to.deep.equal([...present, ...Array<string>(besideCount).fill("planned")]);

    const result = await run(["--rpc", rpc.url, "--deployment", other, "--json"]);

    expect(result.code, result.stderr).to.equal(0);
    expect(evidenceOf(other)).to.deep.equal(evidence);
    const added = JSON.parse(readFileSync(other, "utf8")) as { ways: unknown };
    expect(added.ways)
      .to.be.an("object")
      .that.has.all.keys(...wayRoles);
    expect(added.ways).to.deep.equal(ways);
  });

  it("adds what takes money from other chains where Across' pool is named, and keeps it afterwards", async () => {
    const other = join(folder, "across.json");
    writeFileSync(other, readFileSync(path));
    const waysOf = () => (JSON.parse(readFileSync(other, "utf8")) as { ways: Record<string, string> }).ways;
    const before = waysOf();
    const common = ["--rpc", rpc.url, "--deployment", other, "--json"];

    const result = await run([...common, "--across-spoke-pool", owner]);

    expect(result.code, result.stderr).to.equal(0);
    expect(actionsOf(result).at(-1)).to.equal("deployed");
    const { acrossFunding, ...others } = waysOf();
    expect([isAddress(acrossFunding), others]).to.deep.equal([true, before]);
    expect((await run(common)).code).to.equal(0);
    expect(waysOf()).to.deep.equal({ ...before, acrossFunding });
    const elsewhere = contractsOf(join(folder, "--epoch-limit1.json"));
    writeFileSync(other, JSON.stringify({ ...JSON.parse(readFileSync(other, "utf8")), contracts: elsewhere }));
    expect((await run(common)).stderr.split(":")[0]).to.equal("DEPLOYMENT_DIFFERS");
  });

  it("says so when a contract of the market of evidence belongs to another settlement", async () => {
    const file = readFileSync(path, "utf8");
    const stranger = join(folder, "--epoch-limit1.json");
    const changed = JSON.parse(file) as { evidence: Record<string, string> };
    writeFileSync(path, JSON.stringify({ ...changed, evidence: evidenceOf(stranger) }));

    const result = await deploy();
    writeFileSync(path, file);

    expect([result.code, result.stderr.split(":")[0]]).to.deep.equal([1, "DEPLOYMENT_DIFFERS"]);
  });

  it("says so when something else is at an address of the file", async () => {
    const file = readFileSync(path, "utf8");
    const changed = JSON.parse(file) as { contracts: Record<string, string> };
    changed.contracts["tariffRegistry"] = changed.contracts["oracleCommittee"] ?? "";
    writeFileSync(path, JSON.stringify(changed));

    const result = await deploy();
    writeFileSync(path, file);

    expect([result.code, result.stderr.split(":")[0]]).to.deep.equal([1, "DEPLOYMENT_DIFFERS"]);
  });

  it("settles in a token that is given", async () => {
    const { contracts } = JSON.parse(readFileSync(path, "utf8")) as { contracts: Record<string, string> };
    const other = join(folder, "other.json");
    const token = contracts["erc20"] ?? "";

    const result = await run(["--rpc", rpc.url, "--deployment", other, "--json", "--erc20", token]);

    expect(result.code, result.stderr).to.equal(0);
    expect(actionsOf(result)).to.deep.equal(["given", ...Array<string>(contractCount - 1).fill("deployed")]);
  });
});
