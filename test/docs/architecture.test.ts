import { existsSync, readdirSync, readFileSync } from "node:fs";

import { expect } from "chai";

const page = readFileSync("docs/architecture.md", "utf8");
const list = /A test keeps the list true\.\n\n(?<items>[\s\S]*?)\n\n##/u.exec(page)?.groups?.["items"] ?? "";

describe("The way of a meter value in docs/architecture.md", function () {
  const named = [...list.matchAll(/`(?<name>\w+)` in\s+`(?<file>services\/[^`]+)`/gu)].map(({ groups }) => ({
    name: groups?.["name"] ?? "",
    file: groups?.["file"] ?? "",
  }));

  it("has a file and a function in every step, numbered without a gap", function () {
    const items = list.split(/\n(?=\d+\. )/u);
    expect(items.map((item) => Number.parseInt(item, 10))).to.deep.equal(items.map((_item, index) => index + 1));
    expect(items.length).to.be.greaterThan(15);
    for (const item of items) expect(item).to.match(/`\w+` in\s+`services\//u);
  });

  for (const { name, file } of named) {
    it(`finds ${name} in ${file}`, function () {
      expect(existsSync(file)).to.equal(true);
      const declared = new RegExp(`(?:function ${name}\\b|^ +(?:async )?${name}[(:])`, "mu");
      expect(readFileSync(file, "utf8")).to.match(declared);
    });
  }

  it("shows every room of the service that is on it", function () {
    const picture = /```mermaid\n(?<text>[\s\S]*?)```/u.exec(page)?.groups?.["text"] ?? "";
    for (const { file } of named) expect(picture).to.contain(`${file.split("/")[1] ?? ""}/`);
  });
});

describe("What a change costs, in docs/architecture.md", function () {
  const section = /## What a change costs\n(?<text>[\s\S]*?)\n## /u.exec(page)?.groups?.["text"] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| ") && /\| +\d+/u.test(line));

  it("names files that exist", function () {
    const named = [...section.matchAll(/`((?:services|scripts)\/[^`]+\.ts)`/gu)].map(([, path = ""]) => path);
    expect(named.length).to.be.greaterThan(9);
    expect(named.filter((path) => !existsSync(path))).to.deep.equal([]);
  });

  it("counts the steps of a frame as the list has them", function () {
    const steps = named(/^\| a frame to its charge detail record +\| +(\d+)/u);
    expect(list.split(/\n(?=\d+\. )/u)[steps - 1]).to.contain("`createCdr`");
  });

  it("says of the store who opens it, and of no other file", function () {
    const opening = sourcesOf("services").concat(sourcesOf("scripts"));
    const openers = opening.filter(
      (path) =>
        !/^services\/store\/(?:sqlite|postgres|move)\//u.test(path) &&
        /from "[^"]*\/sqlite\//u.test(readFileSync(path, "utf8")),
    );
    const row = rows.find((line) => line.startsWith("| another store")) ?? "";
    const told = openers.filter((path) => row.includes(path));
    expect([told.length, openers.length - told.length]).to.deep.equal([named(/^\| another store +\| +(\d+)/u), 6]);
  });

  function named(pattern: RegExp): number {
    return Number(rows.map((line) => pattern.exec(line)?.[1]).find((count) => count !== undefined));
  }
});

function sourcesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/u.test(path) && !path.startsWith("web/dist"))
    .map((path) => `${folder}/${path}`);
}
