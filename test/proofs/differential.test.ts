import { AssertionError, expect } from "chai";
import fc from "fast-check";

import { asProved, erroneousModels, type ModelCall, playOn, type SourceOf } from "./game/models.ts";
import { ACTIONS, type Move, moveOf, type Opened, type Step } from "./game/moves.ts";
import { expectSameBooks, type World, worldOf } from "./game/world.ts";

const GAMES = 24;
const STEPS = fc.array(fc.tuple(fc.nat(ACTIONS - 1), fc.nat(2), fc.integer({ min: 0, max: 20_000_000 })), {
  minLength: 40,
  maxLength: 40,
});
/** A game without money shows little, nor does one in which nobody tries to raise the hold of a session that is over. */
const beginning: readonly Step[] = [
  [0, 0, 19_000_001],
  [0, 1, 9_000_001],
  [0, 2, 17_000_001],
  [14, 0, 900_000],
  [14, 0, 900_001],
  [4, 0, 4_000_001],
  [8, 0, 2_000_001],
  [7, 0, 2_000_001],
];

const games = fc.sample(STEPS, { seed: 20_261_124, numRuns: GAMES });

/** Plays one game on the contract and the models; throws where they differ. Counts what happened. */
async function playGame(steps: readonly Step[], sourceOf: SourceOf, done: Map<string, number>): Promise<void> {
  const world = await worldOf(sourceOf);
  const opened: Opened[] = [];
  for (const step of [...beginning, ...steps]) {
    const move = await moveOf(world, step, opened);
    const isDone = await move.play();
    const played = `${move.name} ${isDone ? "took effect" : "was refused"}`;
    done.set(played, (done.get(played) ?? 0) + 1);
    if (isDone || move.isComparedIfDone !== true) await playOnModels(world, move, isDone, played);
    await expectSameBooks(world);
  }
}

async function playOnModels(world: World, move: Move, isDone: boolean, played: string): Promise<void> {
  for (const [name, model] of Object.entries(world.models)) {
    const calls = Object.entries(move.calls ?? {}).find(([other]) => other === name)?.[1] ?? [];
    if (calls.length > 0) expect(await playAll(model, calls), `${name}: ${played}`).to.equal(isDone);
  }
  if (move.once === undefined) return;
  const [number, call] = move.once;
  const model = world.once[number];
  if (model === undefined) throw new RangeError("There is no model of this account");
  expect(await playOn(model, call), `OnceModel: ${played}`).to.equal(isDone);
}

/** Whether all calls took effect, of which a move has several where the model knows it as several. */
async function playAll(model: World["models"]["BondModel"], calls: readonly ModelCall[]): Promise<boolean> {
  let isDone = true;
  for (const call of calls) isDone = (await playOn(model, call)) && isDone;
  return isDone;
}

describe("The models that are proved", () => {
  it("do what the contract does, call by call, in random games", async function () {
    this.timeout(900_000);
    const done = new Map<string, number>();
    for (const steps of games) await playGame(steps, asProved, done);

    // Games in which a kind of call was never done, or never refused, would leave it out.
    expect([...done.keys()].sort()).to.deep.equal([
      "advance nonce took effect",
      "close case took effect",
      "collect took effect",
      "deposit took effect",
      "deposit was refused",
      "expire took effect",
      "expire was refused",
      "idle took effect",
      "lose took effect",
      "open took effect",
      "open was refused",
      "post bond took effect",
      "post bond was refused",
      "refund took effect",
      "refund was refused",
      "settle took effect",
      "settle was refused",
      "take back took effect",
      "take back was refused",
      "top up took effect",
      "top up was refused",
      "wait took effect",
      "withdraw bond took effect",
      "withdraw bond was refused",
      "withdraw compensation took effect",
      "withdraw compensation was refused",
      "withdraw credit took effect",
      "withdraw credit was refused",
      "withdraw took effect",
      "withdraw was refused",
    ]);
  });

  // One for each model; the long set tries them all.
  for (const { title, sourceOf } of erroneousModels(
    process.env["WATTPROOF_EVERY_ERROR"] === undefined ? 1 : Infinity,
  )) {
    it(`are told from the contract with an error in them: ${title}`, async function () {
      this.timeout(900_000);
      const found = await firstDifference(sourceOf);

      expect(found, "no game told the wrong model from the contract").to.be.instanceOf(AssertionError);
    });
  }
});

/** What the first game fails with in which the models and the contract differ. */
async function firstDifference(sourceOf: SourceOf): Promise<unknown> {
  for (const steps of games) {
    try {
      await playGame(steps, sourceOf, new Map());
    } catch (error) {
      return error;
    }
  }
  return undefined;
}
