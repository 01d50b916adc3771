// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice An operator's credit under one agreement, for all its parties together. One slot, used again for ever.
struct Credit {
    /// All that was ever credited for good. It never falls; what was withdrawn is counted elsewhere.
    uint64 finalMicro;
    /// Provisional credit of the epoch `epoch` and of the one before it.
    uint64 currentMicro;
    uint64 previousMicro;
    uint32 epoch;
}

/// @title Credit
/// @notice Provisional credit becomes final when the epoch after its own is over, by time alone. All amounts are parts of
/// what the ledger owes, so that no sum here overflows 64 bits.
library CreditLibrary {
    /// @notice The credit as it is in an epoch.
    function at(Credit memory credit, uint32 epoch) internal pure returns (Credit memory) {
        if (credit.epoch == epoch) return credit;
        unchecked {
            return
                credit.epoch + 1 == epoch
                    ? Credit(credit.finalMicro + credit.previousMicro, 0, credit.currentMicro, epoch)
                    : Credit(credit.finalMicro + credit.previousMicro + credit.currentMicro, 0, 0, epoch);
        }
    }
}
