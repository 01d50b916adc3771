import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

const servicesFolder = fileURLToPath(new URL("../../services/", import.meta.url));
// `import type` is erased, and so is no dependency at run time; the rules below say where that makes a difference.
const importGrammar = /^(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)";/gm;

interface Import {
  readonly specifier: string;
  /** Path below services/, for our own files. */
  readonly target: string | null;
  readonly isTypeOnly: boolean;
}

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

function readSources(): readonly SourceFile[] {
  return readdirSync(servicesFolder, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path) && !path.startsWith("web/dist"))
    .map((path) => {
      const text = readFileSync(join(servicesFolder, path), "utf8");
      const imports = [...text.matchAll(importGrammar)].map(([, type, specifier = ""]) => ({
        specifier,
        target: specifier.startsWith(".")
          ? relative(servicesFolder, resolve(servicesFolder, dirname(path), specifier))
          : null,
        isTypeOnly: type !== undefined,
      }));
      return { path, text, imports };
    });
}

/** Where the rooms are put together. */
function isWiring(path: string): boolean {
  return path === "index.ts" || path.startsWith("wiring/");
}

/** Groups of files that import each other in a circle, each group by path. */
function findCycles(sources: readonly SourceFile[], counts: (one: Import) => boolean): readonly (readonly string[])[] {
  const edges = new Map(
    sources.map(({ path, imports }) => [path, imports.filter(counts).flatMap(({ target }) => target ?? [])]),
  );
  const reached = new Map([...edges.keys()].map((path) => [path, filesBehind(edges, path)]));
  const groups = [...edges.keys()]
    .filter((path) => reached.get(path)?.has(path))
    .map((path) =>
      [...edges.keys()].filter((one) => reached.get(path)?.has(one) && reached.get(one)?.has(path)).sort(),
    );
  return groups.filter(([first], index) => groups.findIndex((group) => group[0] === first) === index);
}

function filesBehind(edges: ReadonlyMap<string, readonly string[]>, path: string): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [...(edges.get(path) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    open.push(...(edges.get(next) ?? []));
  }
  return reached;
}

describe("The dependency rule of the service", function () {
  const sources = readSources();

  it("sees the service's files and their imports", function () {
    expect(sources.length).to.be.greaterThan(50);
    const wiring = sources.find(({ path }) => path === "index.ts");
    expect(wiring?.imports.map(({ target }) => target)).to.include("wiring/foundation.ts");
  });

  it("keeps domain/ free of its siblings and of input and output", function () {
    const offences = sources
      .filter(({ path }) => path.startsWith("domain/"))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ specifier, target }) =>
            target === null ? specifier !== "ethers" : !target.startsWith("domain/") && !target.startsWith("errors"),
          )
          .map(({ specifier }) => `${path}: ${specifier}`),
      );
    expect(offences).to.deep.equal([]);
    const impure =
      /\b(?:Date\.now|new Date|Math\.random|randomUUID|process\.|console\.|fetch|setTimeout|await|async)\b/;
    expect(sources.filter(({ path, text }) => path.startsWith("domain/") && impure.test(text))).to.deep.equal([]);
  });

  it("lets domain/ use only the pure functions of ethers", function () {
    const allowed = new Set([
      "AbiCoder",
      "TypedDataEncoder",
      "ZeroHash",
      "keccak256",
      "sha256",
      "solidityPackedKeccak256",
      "toBeHex",
      "toUtf8Bytes",
    ]);
    const names = sources
      .filter(({ path }) => path.startsWith("domain/"))
      .flatMap(({ text }) => [...text.matchAll(/^import \{([^}]+)\} from "ethers";/gm)])
      .flatMap(([, list = ""]) => list.split(","))
      .map((name) => name.trim())
      .filter((name) => name !== "");
    expect(names.filter((name) => !allowed.has(name))).to.deep.equal([]);
  });

  it("lets only chain/ speak to the chain", function () {
    const spoken = /\b(?:eth_[a-zA-Z]+|JsonRpcProvider|BrowserProvider|\bfetch\()/;
    // receipts/ is what checks a receipt without the service; it asks whatever endpoint its caller brings along.
    // The driver's page runs in a browser and asks the chain there, without the service. Oracles speak to each other over
    // HTTP, too, receipts and alerts go out over it, and payment providers are asked; that is no chain.
    const others =
      /^(?:chain\/|receipts\/|web\/page\/|web\/worker\/|settlement\/quorum\/http-peer\.ts|delivery\/signed-post\.ts|card-payments\/http-provider\.ts)/;
    const offences = sources.filter(({ path, text }) => !others.test(path) && spoken.test(text));
    expect(offences.map(({ path }) => path)).to.deep.equal([]);
    const users = sources
      .filter(({ path }) => !path.startsWith("chain/") && !isWiring(path))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target, isTypeOnly }) => target?.startsWith("chain/") === true && !isTypeOnly)
          .map(({ specifier }) => `${path}: ${specifier}`),
      );
    expect(users).to.deep.equal([]);
  });

  it("keeps what reads OCPP free of what is done about it", function () {
    const offences = sources
      .filter(({ path }) => path.startsWith("ocpp/"))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target }) => target !== null && /^(?:charging|settlement|chain|relay|receipts|web)\//.test(target))
          .map(({ specifier }) => `${path}: ${specifier}`),
      );
    expect(offences).to.deep.equal([]);
  });

  it("keeps the check of receipts and the service apart", function () {
    const crossings = sources.flatMap(({ path, imports }) =>
      imports
        .filter(
          ({ target }) =>
            target !== null &&
            path.startsWith("receipts/") !== target.startsWith("receipts/") &&
            // What checks dossiers asks a chain as what checks receipts does.
            !path.startsWith("dossier/verify/") &&
            !path.startsWith("web/page/") &&
            // What describes the answers names the form of a receipt.
            !path.startsWith("http/api/") &&
            !/^(?:domain|evidence\/formats\/ocmf|(?:contracts|contract-values|errors)\.ts|errors\/)/.test(target),
        )
        .map(({ specifier }) => `${path}: ${specifier}`),
    );
    expect(crossings).to.deep.equal([]);
  });

  it("keeps the check of dossiers apart from what makes them", function () {
    const own = /^(?:dossier\/(?:format|verify)|receipts\/receipt-chain\.ts)/;
    const crossings = sources
      .filter(({ path }) => /^dossier\/(?:format|verify)\//.test(path))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target }) => target !== null && !own.test(target))
          .filter(
            ({ target }) =>
              !/^(?:domain|evidence\/formats\/ocmf|(?:contracts|contract-values|errors)\.ts|errors\/)/.test(
                target ?? "",
              ),
          )
          .map(({ specifier }) => `${path}: ${specifier}`),
      );
    expect(crossings).to.deep.equal([]);
    const nodeOnly = sources.filter(
      ({ path, imports }) =>
        /^dossier\/(?:format|verify)\//.test(path) && imports.some(({ specifier }) => /^node:/.test(specifier)),
    );
    expect(nodeOnly).to.deep.equal([]);
  });

  it("names the concrete store, chain and server only where they are wired", function () {
    const concrete = /^(?:store\/sqlite|chain\/(?:ethereum-chain|rpc)|http\/server)/;
    const offences = sources
      .filter(({ path }) => !isWiring(path))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target, isTypeOnly }) => target !== null && !isTypeOnly && concrete.test(target))
          .filter(({ target }) => target !== null && dirname(target) !== dirname(path))
          // What copies a ledger from one database into the other knows both.
          .filter(() => !path.startsWith("store/move/"))
          // The schema has one text.
          .filter(({ target }) => !(path.startsWith("store/postgres/") && target === "store/sqlite/migrations.ts"))
          .map(({ specifier }) => `${path}: ${specifier}`),
      );
    expect(offences).to.deep.equal([]);
  });

  it("lets the driver's page take only what runs in a browser, and nothing of the service take the page", function () {
    const shared =
      /^(?:web\/page|domain|receipts|dossier\/(?:format|verify)|evidence\/(?:formats|carriage\/xml)|(?:contracts|contract-values|errors)\.ts|errors\/)/;
    const crossings = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => {
          if (path.startsWith("web/page/")) return target !== null && !shared.test(target);
          return target?.startsWith("web/page/") === true;
        })
        .map(({ specifier }) => `${path}: ${specifier}`),
    );
    expect(crossings).to.deep.equal([]);
    const nodeOnly = sources.filter(
      ({ path, imports }) =>
        path.startsWith("web/page/") && imports.some(({ specifier }) => /^node:|node-cryptography/.test(specifier)),
    );
    expect(nodeOnly.map(({ path }) => path)).to.deep.equal([]);
  });

  it("never makes HTML out of text in the driver's page", function () {
    const html = /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|\beval\(|new Function/;
    expect(sources.filter(({ text }) => html.test(text)).map(({ path }) => path)).to.deep.equal([]);
  });

  it("decides in one place what a session is settled on, and writes it in one", function () {
    const filesWith = (pattern: RegExp) =>
      sources.filter(({ path, text }) => !path.startsWith("web/") && pattern.test(text)).map(({ path }) => path);
    const completion = "evidence/complete-session.ts";
    expect(filesWith(/\bdecideSettlement\(/)).to.have.members([completion, "domain/charging/settlement-policy.ts"]);
    expect(filesWith(/\bcreateCdr\(/)).to.have.members([completion, "domain/cdr.ts"]);
    expect(filesWith(/INSERT INTO cdrs/)).to.deep.equal(["store/sql/steps.ts"]);
    const settling = /kind: "evidence-(?:completed|held)"/;
    expect(filesWith(settling)).to.have.members([completion, "domain/session.ts"]);
    const moves = filesWith(/\bcommitStep\(/).filter((path) => !path.startsWith("store/"));
    expect(moves).to.have.members([
      ...["evidence/add-record.ts", "evidence/judge-price.ts", "charging/transaction-book.ts"],
      ...["charging/cancel-session.ts", "charging/close-unbegun.ts"],
      ...["settlement/resolve-session.ts", "http/operator/settlement-retry.ts"],
    ]);
  });

  it("verifies records in one place of the service, by a list of formats", function () {
    const verifying = sources.filter(
      ({ path, text }) => !path.startsWith("evidence/formats/") && /\b(?:verifyRecord|formatOf\(record\))/.test(text),
    );
    // The command that judges files, the receipt and the driver's page run without the service.
    const beside = /^(?:evidence\/judge\.ts|receipts\/|dossier\/verify\/|web\/page\/)/;
    expect(verifying.map(({ path }) => path).filter((path) => !beside.test(path))).to.deep.equal([
      "evidence/verify-record.ts",
    ]);
  });

  it("lets no room take what is wired", function () {
    const offences = sources
      .filter(({ path }) => !isWiring(path))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target }) => target !== null && isWiring(target))
          .map(({ specifier }) => `${path}: ${specifier}`),
      );
    expect(offences).to.deep.equal([]);
  });

  it("has no files that import each other in a circle when they run", function () {
    expect(findCycles(sources, ({ isTypeOnly }) => !isTypeOnly)).to.deep.equal([]);
  });

  it("has no cycles through a file of store/, where types count as well", function () {
    const cycles = findCycles(sources, () => true);
    expect(cycles.filter((cycle) => cycle.some((path) => path.startsWith("store/")))).to.deep.equal([]);
  });

  it("has no folder for what belongs nowhere, and no barrels", function () {
    const names = sources.map(({ path }) => path);
    expect(names.filter((path) => /(?:^|\/)(?:utils?|helpers?|common|misc)(?:\/|\.ts$)/.test(path))).to.deep.equal([]);
    expect(names.filter((path) => path.endsWith("/index.ts"))).to.deep.equal([]);
  });

  it("keeps every file below 400 lines", function () {
    const long = sources.filter(({ text }) => text.split("\n").length > 400);
    expect(long.map(({ path }) => path)).to.deep.equal([]);
  });
});
