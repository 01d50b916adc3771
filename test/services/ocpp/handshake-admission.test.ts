import { Socket } from "node:net";

import { expect } from "chai";

import { createHandshakeAdmission } from "../../../services/ocpp/wire/handshake-admission.ts";

/** An admission whose handshakes end when they are told to. */
function open(options: { readonly longestWaitMs?: number; readonly random?: () => number } = {}) {
  const begun: string[] = [];
  const ending = new Map<string, () => void>();
  const sockets = new Map<string, Socket>();
  let elapsedMs = 0;
  const admission = createHandshakeAdmission({
    ...{ atOnce: 2, places: 3, longestWaitMs: options.longestWaitMs ?? 600_000 },
    elapsedMs: () => elapsedMs,
    random: options.random ?? (() => 0.5),
  });
  const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  const ask = (...names: readonly string[]) =>
    names.map((name) => {
      const socket = new Socket();
      sockets.set(name, socket);
      return admission.ask(socket, () => {
        begun.push(name);
        return new Promise((resolve) => ending.set(name, resolve));
      });
    });
  const end = async (name: string, afterMs = 0): Promise<void> => {
    elapsedMs += afterMs;
    ending.get(name)?.();
    await turn();
  };
  const leave = async (name: string): Promise<void> => {
    sockets.get(name)?.destroy();
    await turn();
  };
  return { begun, admission, ask, end, leave };
}

describe("The order in which stations are let in", function () {
  const taken = { kind: "taken" } as const;

  it("has so many at once, and the others in the order in which they came", async function () {
    const { ask, end, begun, admission } = open();
    expect(ask("a", "b", "c", "d")).to.deep.equal([taken, taken, taken, taken]);
    expect(begun).to.deep.equal(["a", "b"]);
    expect(admission.waiting).to.equal(2);
    await end("b");
    expect(begun).to.deep.equal(["a", "b", "c"]);
    await end("a");
    expect(begun).to.deep.equal(["a", "b", "c", "d"]);
    expect(admission.waiting).to.equal(0);
  });

  it("tells whoever finds no place when to come back, and takes nobody's turn for that", async function () {
    const { ask, end, begun } = open();
    ask("a", "b", "c", "d", "e");
    expect(ask("f")).to.deep.equal([{ kind: "later", retryAfterSeconds: 1 }]);
    await end("a");
    expect(ask("g")).to.deep.equal([taken]);
    await end("b");
    await end("c");
    await end("d");
    await end("e");
    expect(begun).to.deep.equal(["a", "b", "c", "d", "e", "g"]);
  });

  it("has whoever goes away wait no longer", async function () {
    const { ask, end, leave, begun, admission } = open();
    ask("a", "b", "c", "d");
    await leave("c");
    expect(admission.waiting).to.equal(1);
    await end("a");
    expect(begun).to.deep.equal(["a", "b", "d"]);
  });

  it("spreads those who come back over the time that the queue takes, a minute at most", async function () {
    for (const [random, seconds] of [
      [0, 20],
      [0.95, 58],
    ] as const) {
      const { ask, end } = open({ random: () => random });
      ask("a", "b", "c", "d", "e");
      // Handshakes take about 13 seconds each by now.
      await end("a", 265_000);
      ask("f");
      const [turn] = ask("g");
      expect(turn).to.deep.equal({ kind: "later", retryAfterSeconds: seconds });
    }
  });

  it("lets nobody wait longer than a socket lives", async function () {
    const { ask, end } = open({ longestWaitMs: 1_000 });
    ask("a", "b");
    await end("a", 100_000);
    expect(ask("c", "d").map(({ kind }) => kind)).to.deep.equal(["taken", "taken"]);
    expect(ask("e").map(({ kind }) => kind)).to.deep.equal(["later"]);
  });
});
