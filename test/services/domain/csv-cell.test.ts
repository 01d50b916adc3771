import { expect } from "chai";

import { csvCell } from "../../../services/domain/csv-cell.ts";

describe("A cell of comma-separated values", function () {
  for (const text of ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\u00a0=1", "\u200b=1", "＝1", "＋1", "－1", "＠A"]) {
    it(`is text and no formula: ${JSON.stringify(text)}`, function () {
      expect(csvCell(text)).to.equal(`'${text}`);
    });
  }

  it("is text behind a tab or a new line as well, and quoted where it breaks the line", function () {
    expect([csvCell("\t=1"), csvCell("\r=1"), csvCell("\n=1")]).to.deep.equal(["'\t=1", `"'\r=1"`, `"'\n=1"`]);
  });

  it("is quoted with its quotes doubled where it holds one, a comma or a new line", function () {
    expect(csvCell('a"b,c')).to.equal('"a""b,c"');
    expect(csvCell("a\r\nb")).to.equal('"a\r\nb"');
  });

  it("stays as it is where nothing is to be done", function () {
    for (const text of ["", "DE*WAT*E7", "0.123456", "2027-01-01T00:00:00Z", "a=b", "€"])
      expect(csvCell(text)).to.equal(text);
  });
});
