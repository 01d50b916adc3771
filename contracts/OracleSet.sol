// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {IOracleSet} from "./interfaces/IOracleSet.sol";

/// @title Oracle set
/// @dev See IOracleSet.
contract OracleSet is IOracleSet, Ownable2Step {
    struct Term {
        uint40 activeFrom;
        uint40 activeUntil;
    }

    /// A year: longer is a mistake of units, and `uint40` holds every sum of times below it.
    uint256 private constant LONGEST_DELAY = 365 days;
    uint40 private constant OPEN_END = type(uint40).max;

    uint256 public immutable changeDelaySeconds;

    mapping(address oracle => Term) private _terms;

    constructor(address owner, uint256 delaySeconds, address[] memory oracles) Ownable(owner) {
        require(delaySeconds <= LONGEST_DELAY, ChangeDelayTooLong(delaySeconds, LONGEST_DELAY));
        changeDelaySeconds = delaySeconds;
        for (uint256 i; i < oracles.length; ++i) _add(oracles[i], block.timestamp);
    }

    /* CHANGES */

    function addOracle(address oracle) external onlyOwner {
        _add(oracle, block.timestamp + changeDelaySeconds);
    }

    function removeOracle(address oracle) external onlyOwner {
        Term storage term = _terms[oracle];
        require(term.activeUntil == OPEN_END, OracleNotAdded(oracle));

        // A term that has not begun never begins: no session can rely on it.
        bool hasBegun = term.activeFrom <= block.timestamp;
        uint256 activeUntil = hasBegun ? block.timestamp + changeDelaySeconds : block.timestamp;
        term.activeUntil = uint40(activeUntil);

        emit OracleRemoved(oracle, activeUntil);
    }

    function _add(address oracle, uint256 activeFrom) private {
        require(oracle != address(0), OracleIsZero());
        // A term that still runs out would be cut short, or prolonged without the delay, by a new one.
        require(_terms[oracle].activeUntil <= block.timestamp, OracleAlreadyAdded(oracle));

        _terms[oracle] = Term(uint40(activeFrom), OPEN_END);

        emit OracleAdded(oracle, activeFrom);
    }

    /* VIEWS */

    function isOracle(address account) external view returns (bool) {
        Term memory term = _terms[account];
        return term.activeFrom <= block.timestamp && block.timestamp < term.activeUntil;
    }

    function termOf(address account) external view returns (uint256 activeFrom, uint256 activeUntil) {
        Term memory term = _terms[account];
        return (term.activeFrom, term.activeUntil);
    }
}
