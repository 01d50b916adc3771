import { existsSync, readFileSync } from "node:fs";

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
