import { expect } from "chai";

import { pageOriginOf, showPage } from "../../../scripts/demo/page.ts";
import type { Output } from "../../../scripts/command-line/output.ts";

describe("The address of the demo's page", function () {
  async function shown(address: string): Promise<string> {
    const lines: string[] = [];
    // Nothing but lines of text is asked for.
    await showPage({ line: (text = "") => lines.push(text) } as unknown as Output, address);
    return lines.join("\n");
  }

  it("is localhost where the service listens on this machine alone, since a passkey takes no number", function () {
    expect(pageOriginOf("http://127.0.0.1:8080")).to.equal("http://localhost:8080");
    expect(pageOriginOf("http://192.0.2.7:8080")).to.equal("http://192.0.2.7:8080");
  });

  it("says what is off where the page is open under a number", async function () {
    expect(await shown("http://192.0.2.7:8080/#/evse/1")).to.include("Passkeys, camera, notifications and the offline");
    expect(await shown("http://localhost:8080/#/evse/1")).to.not.include("are off");
  });
});
