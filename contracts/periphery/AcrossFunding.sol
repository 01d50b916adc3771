// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAcrossFunding} from "../interfaces/IAcrossFunding.sol";
import {IChargingSettlement, SessionTerms} from "../interfaces/IChargingSettlement.sol";

/// @title Across funding
/// @dev See IAcrossFunding.
contract AcrossFunding is IAcrossFunding {
    using SafeERC20 for IERC20;

    uint256 private constant DRIVER_BYTES = 20;
    /// Driver and lane.
    uint256 private constant LEAST_BYTES = 24;

    IChargingSettlement public immutable settlement;
    address public immutable spokePool;
    IERC20 private immutable _erc20;
    uint256 private immutable _unit;

    mapping(address driver => mapping(uint32 lane => uint256)) public waitingOf;
    /// The sum of what waits for all.
    uint256 private _waiting;

    constructor(IChargingSettlement settlementContract, address spokePoolContract) {
        settlement = settlementContract;
        spokePool = spokePoolContract;
        _erc20 = settlementContract.erc20();
        _unit = settlementContract.unit();
    }

    /* FILL */

    /// @inheritdoc IAcrossFunding
    function handleV3AcrossMessage(address tokenSent, uint256 amount, address, bytes calldata message) external {
        require(msg.sender == spokePool, NotSpokePool(msg.sender, spokePool));
        require(tokenSent == address(_erc20), TokenMismatch(tokenSent, address(_erc20)));
        require(message.length >= LEAST_BYTES, MessageTooShort(message.length, LEAST_BYTES));
        address driver = address(bytes20(message));
        require(driver != address(0), DriverZero());
        uint32 lane = uint32(bytes4(message[DRIVER_BYTES:]));
        // A token may have kept a fee, and what waits for others is not this driver's.
        uint256 arrived = Math.min(amount, _erc20.balanceOf(address(this)) - _waiting);

        waitingOf[driver][lane] += arrived;
        _waiting += arrived;

        emit FillReceived(driver, lane, arrived);

        // solhint-disable-next-line no-empty-blocks
        try this.depositWaiting(driver, lane) {} catch {
            emit DepositDelayed(driver, lane);
        }
        if (message.length == LEAST_BYTES) return;
        // solhint-disable-next-line no-empty-blocks
        try this.openFromMessage(message[LEAST_BYTES:]) {} catch {
            emit OpeningFailed(driver, lane);
        }
    }

    /// @inheritdoc IAcrossFunding
    function openFromMessage(bytes calldata encoded) external {
        require(msg.sender == address(this), NotSelf(msg.sender));

        (SessionTerms memory terms, bytes memory signature) = abi.decode(encoded, (SessionTerms, bytes));
        settlement.openSigned(terms, signature);
    }

    /* WAITING */

    /// @inheritdoc IAcrossFunding
    function depositWaiting(address driver, uint32 lane) external {
        uint256 waiting = waitingOf[driver][lane];
        uint256 remainder = waiting % _unit;
        uint256 amount = waiting - remainder;
        require(amount != 0, NothingWaiting(driver, lane));

        waitingOf[driver][lane] = remainder;
        _waiting -= amount;

        emit FillDeposited(driver, lane, amount, remainder);

        _erc20.forceApprove(address(settlement), amount);
        settlement.deposit(driver, lane, amount);
    }

    /// @inheritdoc IAcrossFunding
    function withdrawWaiting(uint32 lane, address recipient) external {
        uint256 amount = waitingOf[msg.sender][lane];
        require(amount != 0, NothingWaiting(msg.sender, lane));

        waitingOf[msg.sender][lane] = 0;
        _waiting -= amount;

        emit WaitingWithdrawn(msg.sender, lane, recipient, amount);

        _erc20.safeTransfer(recipient, amount);
    }
}
