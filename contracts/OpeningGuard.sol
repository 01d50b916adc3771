// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {IOpeningGuard} from "./interfaces/IOpeningGuard.sol";

/// @title Opening guard
/// @dev See IOpeningGuard.
contract OpeningGuard is IOpeningGuard, Ownable2Step {
    address public guardian;
    bool public isOpeningPaused;

    constructor(address owner, address firstGuardian) Ownable(owner) {
        guardian = firstGuardian;

        emit GuardianChanged(firstGuardian);
    }

    /// @inheritdoc IOpeningGuard
    function changeGuardian(address nextGuardian) external onlyOwner {
        if (nextGuardian == guardian) return;

        guardian = nextGuardian;

        emit GuardianChanged(nextGuardian);
    }

    /// @inheritdoc IOpeningGuard
    function pauseOpening() external {
        require(msg.sender == guardian, NotGuardian(msg.sender));
        if (isOpeningPaused) return;

        isOpeningPaused = true;

        emit OpeningPaused(msg.sender);
    }

    /// @inheritdoc IOpeningGuard
    function resumeOpening() external {
        require(msg.sender == guardian || msg.sender == owner(), NotGuardian(msg.sender));
        if (!isOpeningPaused) return;

        isOpeningPaused = false;

        emit OpeningResumed(msg.sender);
    }
}
