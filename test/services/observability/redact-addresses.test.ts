import { expect } from "chai";
import fc from "fast-check";

import { createLogger } from "../../../services/observability/logger.ts";
import { redactAddresses } from "../../../services/observability/redact-addresses.ts";

const id = `0x${"ab".repeat(32)}`;

describe("Addresses in errors and logs", function () {
  const cases: readonly (readonly [string, string])[] = [
    ["no address, key=abc", "no address, key=abc"],
    ["http://127.0.0.1:8545", "http://127.0.0.1:8545"],
    ["https://user:pa:ss@rpc.example/v1 is away.", "https://…@rpc.example/v1 is away."],
    ["https://mainnet.example/v3/0123456789abcdef0123456789abcdef", "https://mainnet.example/v3/…"],
    ["https://rpc.example/v2/my-Key_0123456789/eth?x=1", "https://rpc.example/v2/…/eth?…"],
    ["https://rpc.example?apikey=secret", "https://rpc.example?…"],
    ["wss://rpc.example/ws#secret", "wss://rpc.example/ws#…"],
    ["postgres://w:secret@db:5432/wattproof", "postgres://…@db:5432/wattproof"],
    [`http://a/v1/sessions/${id} gave no answer`, `http://a/v1/sessions/${id} gave no answer`],
    ['{"a":"https://u:p@a/b","b":"https://c/?k=1"}', '{"a":"https://…@a/b","b":"https://c/?…"}'],
    ["(requestUrl=https://a/0123456789abcdef0)", "(requestUrl=https://a/…)"],
  ];
  for (const [text, shown] of cases) {
    it(`are shown as ${shown}`, function () {
      expect(redactAddresses(text)).to.equal(shown);
    });
  }

  it("never tell a key, wherever a provider puts it", function () {
    const key = fc.stringMatching(/^[A-Za-z0-9_-]{16,64}$/u);
    const place = fc.constantFrom(
      (secret: string) => `https://${secret}@rpc.example/v1`,
      (secret: string) => `https://user:${secret}@rpc.example`,
      (secret: string) => `https://rpc.example/v3/${secret}`,
      (secret: string) => `https://rpc.example/${secret}/mainnet`,
      (secret: string) => `https://rpc.example/?key=${secret}`,
      (secret: string) => `wss://rpc.example/ws?a=b&token=${secret}#c`,
    );
    fc.assert(
      fc.property(key, place, (secret, put) => {
        expect(redactAddresses(`The endpoint ${put(secret)} is away.`)).to.not.contain(secret);
      }),
    );
  });

  it("are without keys in every line of the log, in errors and their causes, too", function () {
    const lines: string[] = [];
    const log = createLogger("info", { write: (line: string) => void lines.push(line) });
    const secret = "https://user:secret@rpc.example/v3/0123456789abcdef0123456789abcdef?key=secret";
    const cause = new Error(`fetch failed: ${secret}`);
    log.warn({ url: secret, err: new Error(`No answer of ${secret}`, { cause }) }, `asked ${secret}`);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.contain("https://…@rpc.example/v3/…?…").and.not.contain("secret").and.not.contain("0123456789");
    expect(() => JSON.parse(lines[0] ?? "") as unknown).to.not.throw();
  });
});
