// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IChargingSettlement} from "../interfaces/IChargingSettlement.sol";
import {IOracleCommittee, OracleSignature} from "../interfaces/IOracleCommittee.sol";
import {IPartnerAgreements} from "../interfaces/IPartnerAgreements.sol";
import {DriversPart, IEvidenceSales} from "./interfaces/IEvidenceSales.sol";

/// @title Drivers' pool
/// @dev The part of the evidence sales that knows who is owed what of the sales: partners by their agreements, and drivers
/// by rounds. See IEvidenceSales.
abstract contract DriversPool is IEvidenceSales, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    struct Round {
        bytes32 root;
        uint64 remainingMicro;
    }

    bytes32 private constant ROUND_TYPEHASH = keccak256("PoolRound(uint256 round,bytes32 root,uint64 totalMicro)");

    IChargingSettlement public immutable settlement;
    IOracleCommittee public immutable oracleCommittee;
    IPartnerAgreements public immutable partnerAgreements;
    IERC20 internal immutable _erc20;
    uint256 internal immutable _unit;

    /// All that parties and drivers can still take out.
    uint256 public owedMicro;
    uint256 public unallottedMicro;
    uint256 public roundCount;
    mapping(uint256 round => Round) public roundOf;
    mapping(uint256 round => mapping(address driver => mapping(uint32 lane => bool))) private _isCredited;
    mapping(address operator => mapping(uint32 agreement => uint64)) public soldMicroOf;
    mapping(address operator => mapping(uint32 agreement => mapping(address party => uint64))) private _withdrawnMicro;

    constructor(IChargingSettlement chargingSettlement) EIP712("Wattproof Evidence Sales", "1") {
        settlement = chargingSettlement;
        oracleCommittee = chargingSettlement.oracleCommittee();
        partnerAgreements = chargingSettlement.partnerAgreements();
        _erc20 = chargingSettlement.erc20();
        _unit = chargingSettlement.unit();
        // The settlement takes tokens from nobody but its caller; so only `creditParts` makes use of it.
        _erc20.forceApprove(address(chargingSettlement), type(uint256).max);
    }

    /* SALES */

    function _addSale(address operator, uint32 agreement, uint64 priceMicro) internal returns (uint256 driversMicro) {
        uint64 before = soldMicroOf[operator][agreement];
        uint256 sold = uint256(before) + priceMicro;
        require(sold <= type(uint64).max, SalesFull(sold, type(uint64).max));
        // Parts are taken of totals, so that roundings do not add up.
        driversMicro =
            partnerAgreements.partOf(operator, agreement, address(this), uint64(sold)) -
            partnerAgreements.partOf(operator, agreement, address(this), before);

        soldMicroOf[operator][agreement] = uint64(sold);
        unallottedMicro += driversMicro;
        owedMicro += priceMicro;
    }

    function _receive(address payer, uint256 amount) internal {
        uint256 balanceBefore = _erc20.balanceOf(address(this));
        _erc20.safeTransferFrom(payer, address(this), amount);
        _requireReceived(balanceBefore, amount);
    }

    function _requireReceived(uint256 balanceBefore, uint256 amount) internal view {
        uint256 received = _erc20.balanceOf(address(this)) - balanceBefore;
        require(received == amount, TransferMismatch(received, amount));
    }

    /* PARTS */

    /// @inheritdoc IEvidenceSales
    function joinAgreement(uint32 agreement) external {
        partnerAgreements.sign(agreement);
    }

    /// @inheritdoc IEvidenceSales
    function withdrawPart(
        address operator,
        uint32 agreement,
        uint64 amountMicro,
        address recipient
    ) external nonReentrant {
        require(amountMicro != 0, AmountZero());
        require(recipient != address(0), AddressZero());
        uint64 withdrawable = withdrawableOf(operator, agreement, msg.sender);
        require(amountMicro <= withdrawable, BalanceTooLow(amountMicro, withdrawable));

        _withdrawnMicro[operator][agreement][msg.sender] += amountMicro;
        owedMicro -= amountMicro;

        emit PartWithdrawn(operator, agreement, msg.sender, recipient, amountMicro);

        _erc20.safeTransfer(recipient, amountMicro * _unit);
    }

    /// @inheritdoc IEvidenceSales
    function collect(address operator, uint32 agreement) external nonReentrant {
        uint64 amountMicro = settlement.withdrawableOf(operator, agreement, address(this));
        require(amountMicro != 0, AmountZero());

        unallottedMicro += amountMicro;
        owedMicro += amountMicro;

        emit PoolCollected(operator, agreement, amountMicro);

        uint256 balanceBefore = _erc20.balanceOf(address(this));
        settlement.withdrawCredit(operator, agreement, amountMicro * _unit, address(this));
        _requireReceived(balanceBefore, amountMicro * _unit);
    }

    /* DRIVERS */

    /// @inheritdoc IEvidenceSales
    function allot(
        bytes32 root,
        uint64 totalMicro,
        OracleSignature[] calldata signatures
    ) external returns (uint256 round) {
        require(totalMicro != 0, AmountZero());
        require(totalMicro <= unallottedMicro, RoundAbovePool(totalMicro, unallottedMicro));
        round = roundCount + 1;
        oracleCommittee.requireQuorum(roundDigestOf(round, root, totalMicro), signatures);

        roundCount = round;
        unallottedMicro -= totalMicro;
        roundOf[round] = Round(root, totalMicro);

        emit RoundAllotted(round, root, totalMicro);
    }

    /// @inheritdoc IEvidenceSales
    function creditParts(DriversPart[] calldata parts) external nonReentrant {
        for (uint256 i; i < parts.length; ++i) _creditPart(parts[i]);
    }

    function _creditPart(DriversPart calldata part) private {
        (uint256 round, address driver, uint32 lane) = (part.round, part.driver, part.lane);
        uint64 amountMicro = part.amountMicro;
        require(round != 0 && round <= roundCount, RoundUnknown(round));
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(driver, lane, amountMicro))));
        require(MerkleProof.verifyCalldata(part.proof, roundOf[round].root, leaf), PartNotInRound(round, driver, lane));
        // Who sends one of a batch before stops nobody.
        if (_isCredited[round][driver][lane]) return;
        uint64 remainingMicro = roundOf[round].remainingMicro;
        require(amountMicro <= remainingMicro, RoundExhausted(round, amountMicro, remainingMicro));

        _isCredited[round][driver][lane] = true;
        roundOf[round].remainingMicro = remainingMicro - amountMicro;
        owedMicro -= amountMicro;

        emit PartCredited(round, driver, lane, amountMicro);

        settlement.deposit(driver, lane, amountMicro * _unit);
    }

    /* VIEWS */

    /// @inheritdoc IEvidenceSales
    function withdrawableOf(address operator, uint32 agreement, address party) public view returns (uint64) {
        // The drivers' part goes by rounds.
        if (party == address(this)) return 0;
        uint64 soldMicro = soldMicroOf[operator][agreement];
        uint64 partMicro = partnerAgreements.partOf(operator, agreement, party, soldMicro);
        return partMicro - _withdrawnMicro[operator][agreement][party];
    }

    /// @inheritdoc IEvidenceSales
    function roundDigestOf(uint256 round, bytes32 root, uint64 totalMicro) public view returns (bytes32 digest) {
        return _hashTypedDataV4(keccak256(abi.encode(ROUND_TYPEHASH, round, root, totalMicro)));
    }
}
