// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChargingSettlement, SessionTerms} from "../interfaces/IChargingSettlement.sol";
import {IWalletOpenings} from "../interfaces/IWalletOpenings.sol";

/// @title Wallet openings
/// @dev See IWalletOpenings.
contract WalletOpenings is IWalletOpenings {
    IChargingSettlement public immutable settlement;

    constructor(IChargingSettlement settlementContract) {
        settlement = settlementContract;
    }

    /// @inheritdoc IWalletOpenings
    function createAndOpen(
        address factory,
        bytes calldata factoryCalldata,
        SessionTerms calldata terms,
        bytes calldata signature
    ) external returns (bytes32 sessionId) {
        if (terms.driver.code.length == 0) {
            // What counts is whether the wallet exists afterwards, not what the factory answers.
            // solhint-disable-next-line avoid-low-level-calls
            (bool isAnswered, ) = factory.call(factoryCalldata);
            require(isAnswered && terms.driver.code.length != 0, WalletNotCreated(terms.driver, factory));
        }

        return settlement.openSigned(terms, signature);
    }
}
