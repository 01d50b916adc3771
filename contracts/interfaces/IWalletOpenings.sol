// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChargingSettlement, SessionTerms} from "./IChargingSettlement.sol";

/// @title Wallet openings
/// @notice Opens a session for a driver whose wallet is a contract that is not deployed yet (ERC-6492). The wallet's own
/// factory deploys it, and the settlement takes the signed terms, in one transaction.
/// Correctness: this contract holds no money and no right anywhere, so it may call whatever a stranger names.
interface IWalletOpenings {
    /* ERRORS */

    /// @notice The factory refused, or the wallet still has no code after it was called.
    error WalletNotCreated(address wallet, address factory);

    /* OPENING */

    /// @notice Deploys the driver's wallet unless it has code, and opens a session on the terms that it signed.
    /// @param factory The wallet's factory, as in the ERC-6492 signature.
    /// @param factoryCalldata What the factory is called with, as there.
    /// @param terms The driver is the wallet.
    /// @param signature What the wallet takes as its signature once it is deployed (ERC-1271).
    function createAndOpen(
        address factory,
        bytes calldata factoryCalldata,
        SessionTerms calldata terms,
        bytes calldata signature
    ) external returns (bytes32 sessionId);

    /* VIEWS */

    /// @notice The settlement in which sessions open.
    function settlement() external view returns (IChargingSettlement);
}
