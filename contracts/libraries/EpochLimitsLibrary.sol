// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice What was done for an operator in an epoch, under all agreements, in one slot. Amounts in 10⁻⁶ token.
struct EpochUse {
    /// What oracles credited, and meters for which no maker vouches.
    uint64 creditedMicro;
    /// What oracles gave back to drivers.
    uint64 returnedMicro;
    /// The holds of the sessions that oracles settled by records that the contract cannot read.
    uint64 unreadableMicro;
    uint32 epoch;
}

/// @notice What can be done for an operator in an epoch, in the order of the use above.
struct EpochLimits {
    uint256 creditMicro;
    uint256 returnMicro;
    uint256 unreadableMicro;
}

/// @title Limits of an epoch
/// @notice What the limits allow beside what was used. All limits are below 2^64, and so is all that is used.
library EpochLimitsLibrary {
    /// @notice So many times these limits, as far as 64 bits hold them.
    function times(EpochLimits memory limits, uint256 multiple) internal pure returns (EpochLimits memory) {
        return
            EpochLimits(
                Math.min(limits.creditMicro * multiple, type(uint64).max),
                Math.min(limits.returnMicro * multiple, type(uint64).max),
                Math.min(limits.unreadableMicro * multiple, type(uint64).max)
            );
    }

    /// @notice What is left of them; nothing where they were lowered below what was used before.
    function less(EpochLimits memory limits, EpochUse memory use) internal pure returns (EpochLimits memory) {
        return
            EpochLimits(
                Math.saturatingSub(limits.creditMicro, use.creditedMicro),
                Math.saturatingSub(limits.returnMicro, use.returnedMicro),
                Math.saturatingSub(limits.unreadableMicro, use.unreadableMicro)
            );
    }

    /// @notice Whether the whole hold can be given back within what is left; also where the claim is that the session cost
    /// something, so that nothing has to be priced first.
    function allowsHold(EpochLimits memory left, uint256 heldMicro, bool isReadable) internal pure returns (bool) {
        if (heldMicro > left.returnMicro) return false;
        return isReadable || heldMicro <= left.unreadableMicro;
    }

    function copy(EpochLimits memory left) internal pure returns (EpochLimits memory) {
        return EpochLimits(left.creditMicro, left.returnMicro, left.unreadableMicro);
    }

    /// @notice What was used between these two.
    function minus(EpochLimits memory before, EpochLimits memory left) internal pure returns (EpochLimits memory) {
        return
            EpochLimits(
                before.creditMicro - left.creditMicro,
                before.returnMicro - left.returnMicro,
                before.unreadableMicro - left.unreadableMicro
            );
    }

    /// @notice The use with more, all of it within what was left.
    function plus(EpochUse memory use, EpochLimits memory used) internal pure returns (EpochUse memory) {
        unchecked {
            return
                EpochUse(
                    use.creditedMicro + uint64(used.creditMicro),
                    use.returnedMicro + uint64(used.returnMicro),
                    use.unreadableMicro + uint64(used.unreadableMicro),
                    use.epoch
                );
        }
    }
}
