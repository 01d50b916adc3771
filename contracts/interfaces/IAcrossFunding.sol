// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChargingSettlement} from "./IChargingSettlement.sol";

/// @title Across funding
/// @notice Pays money that arrives from another chain over Across into a driver's account, and opens a session with it.
/// A message is 20 bytes of the driver and 4 bytes of the lane; behind them may stand the ABI encoding of `SessionTerms`
/// and the driver's signature of them.
/// What is not meant for this contract is refused, so that the depositor gets it back at the origin: another caller than
/// the SpokePool, another token, or no driver. After that nothing is refused: what cannot be paid in or opened waits here
/// or is free balance, and is the driver's.
/// Correctness: the SpokePool has sent the tokens before it calls.
/// Liveness: a relayer that gives too little gas leaves the money waiting; anybody can pay it in later.
interface IAcrossFunding {
    /* EVENTS */

    /// @notice Money has arrived for a driver. In the token's smallest unit.
    event FillReceived(address indexed driver, uint32 indexed lane, uint256 amount);
    /// @notice What waited was paid into the driver's account, but for `remainder`, which is less than the settlement can
    /// keep. Both in the token's smallest unit.
    event FillDeposited(address indexed driver, uint32 indexed lane, uint256 amount, uint256 remainder);
    /// @notice What has arrived waits, because it could not be paid in.
    event DepositDelayed(address indexed driver, uint32 indexed lane);
    /// @notice The session of the message did not open. The money is the driver's.
    event OpeningFailed(address indexed driver, uint32 indexed lane);
    /// @notice A driver has taken out what waited.
    event WaitingWithdrawn(address indexed driver, uint32 indexed lane, address indexed recipient, uint256 amount);

    /* ERRORS */

    /// @notice Only the SpokePool brings messages.
    error NotSpokePool(address caller, address spokePool);
    /// @notice The settlement is in another token.
    error TokenMismatch(address token, address expected);
    /// @notice The message has no place for driver and lane. In bytes.
    error MessageTooShort(uint256 length, uint256 least);
    /// @notice The message names nobody.
    error DriverZero();
    /// @notice This is a part of `handleV3AcrossMessage`, and not called from elsewhere.
    error NotSelf(address caller);
    /// @notice Nothing waits that the settlement could keep.
    error NothingWaiting(address driver, uint32 lane);

    /* FILL */

    /// @notice Called by the SpokePool after it has sent `amount` of `tokenSent` here.
    /// @param relayer Who fills; it does not matter here.
    function handleV3AcrossMessage(address tokenSent, uint256 amount, address relayer, bytes calldata message) external;

    /// @notice Opens the session of a message. Only this contract calls it; if it fails, the money stays as free balance.
    function openFromMessage(bytes calldata encoded) external;

    /* WAITING */

    /// @notice Pays in what waits for a driver. Anybody may call it.
    function depositWaiting(address driver, uint32 lane) external;

    /// @notice Sends what waits to whom its driver names.
    function withdrawWaiting(uint32 lane, address recipient) external;

    /* VIEWS */

    /// @notice What waits for a driver, in the token's smallest unit.
    function waitingOf(address driver, uint32 lane) external view returns (uint256 amount);

    /// @notice The settlement that money is paid into.
    function settlement() external view returns (IChargingSettlement);

    /// @notice Across' contract on this chain.
    function spokePool() external view returns (address);
}
