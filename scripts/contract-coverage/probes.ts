import path from "node:path";

import { type ProbedDecision } from "./decisions.ts";

/** Where the library with the probes is put, from the root of a copy. */
export const probeFile = "contracts/BranchProbe.sol";

/**
 * A call of this address is what Hardhat's EVM notes when it runs with `--coverage`, and nothing else: the 32 bytes that
 * are sent to it are the notice. The cast lets pure functions call it.
 */
export const probeSource = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

library BranchProbe {
    function condition(bool isTrue, uint256 whenTrue, uint256 whenFalse) internal pure returns (bool) {
        reached(isTrue ? whenTrue : whenFalse);
        return isTrue;
    }

    function reached(uint256 way) internal pure {
        _asPure(_tell)(way);
    }

    function _tell(uint256 way) private view {
        assembly ("memory-safe") {
            let at_ := mload(0x40)
            mstore(at_, way)
            pop(staticcall(gas(), 0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE, at_, 32, 0, 0))
        }
    }

    function _asPure(function(uint256) view tell) private pure returns (function(uint256) pure pureTell) {
        assembly ("memory-safe") {
            pureTell := tell
        }
    }
}
`;

/** The notices of a decision, by its number. */
export function noticesOf(number: number): { readonly whenTrue: number; readonly whenFalse: number } {
  return { whenTrue: 2 * number + 1, whenFalse: 2 * number + 2 };
}

interface Insertion {
  readonly at: number;
  /** What ends at a place stands before what begins there. */
  readonly isEnd: boolean;
  readonly text: string;
}

/**
 * A source that tells which way each of its decisions goes. Lines stay where they are.
 *
 * @param source The file's text, in UTF-8.
 * @param decisions Outer ones before those inside them, as they stand in the source.
 * @param firstNumber The number of the first decision; the others follow.
 */
export function probed(
  file: string,
  source: Buffer,
  decisions: readonly ProbedDecision[],
  firstNumber: number,
): string {
  const insertions = decisions.flatMap(({ probe }, index): readonly Insertion[] => {
    const { whenTrue, whenFalse } = noticesOf(firstNumber + index);
    if (probe.kind === "condition") {
      return [
        { at: probe.start, isEnd: false, text: "BranchProbe.condition(" },
        { at: probe.end, isEnd: true, text: `, ${whenTrue}, ${whenFalse})` },
      ];
    }
    return [
      { at: probe.whenTrue, isEnd: false, text: ` BranchProbe.reached(${whenTrue});` },
      ...probe.whenFalse.map((at) => ({ at, isEnd: false, text: ` BranchProbe.reached(${whenFalse});` })),
    ];
  });
  const pragma = /^pragma solidity [^;]*;/mu.exec(source.toString("latin1"));
  if (pragma === null) throw new SyntaxError(`${file} has no pragma`);
  const way = path.posix.relative(path.posix.dirname(file), probeFile);
  const specifier = way.startsWith(".") ? way : `./${way}`;
  insertions.push({
    at: pragma.index + pragma[0].length,
    isEnd: false,
    text: ` import {BranchProbe} from "${specifier}";`,
  });

  return inserted(source, insertions);
}

function inserted(source: Buffer, insertions: readonly Insertion[]): string {
  // Of those that begin at one place the outer stands first, of those that end there the inner.
  const ends = insertions.filter(({ isEnd }) => isEnd).toReversed();
  const begins = insertions.filter(({ isEnd }) => !isEnd);
  let text = "";
  let position = 0;
  for (const { at, text: insertion } of [...ends, ...begins].toSorted((left, right) => left.at - right.at)) {
    text += source.toString("utf8", position, at) + insertion;
    position = at;
  }

  return text + source.toString("utf8", position);
}
