// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {BondCase, IOracleBonds, Loss} from "./interfaces/IOracleBonds.sol";
import {IOracleCommittee} from "./interfaces/IOracleCommittee.sol";
import {IPartnerAgreements} from "./interfaces/IPartnerAgreements.sol";
import {TokenHolder} from "./TokenHolder.sol";

/// @title Oracle bonds
/// @dev See IOracleBonds. Nothing here touches the settlement's money, and the settlement touches none of this.
contract OracleBonds is IOracleBonds, TokenHolder, ReentrancyGuardTransient {
    /// One slot: reading it is all that settling needs.
    struct Bond {
        uint64 amountMicro;
        uint32 caseCount;
    }

    /// Members of one committee that had the least bond when they last signed; nobody since any bond shrank.
    struct BondedSigners {
        uint24 committee;
        uint16 signers;
    }

    /// What an account has lost, or was promised, in one case.
    struct Claimed {
        uint64 lossMicro;
        uint64 rewardMicro;
    }

    /// Each payment burns as much again, so that an oracle that pays itself loses half.
    uint256 private constant COST_OF_PAYMENT = 2;

    IOracleCommittee public immutable oracleCommittee;
    IPartnerAgreements public immutable partnerAgreements;
    address public immutable challenges;
    uint64 public immutable leastBondMicro;

    uint64 public burntMicro;
    BondedSigners private _bonded;
    mapping(address oracle => Bond) private _bonds;
    mapping(address oracle => mapping(uint32 number => BondCase)) private _cases;
    mapping(bytes32 key => Claimed) private _claims;
    mapping(address account => mapping(uint32 agreement => uint64)) private _creditsMicro;
    mapping(address account => mapping(uint32 agreement => mapping(address party => uint64))) private _withdrawnMicro;

    modifier onlyChallenges() {
        require(msg.sender == challenges, NotChallenges(msg.sender));
        _;
    }

    constructor(
        IERC20Metadata token,
        IOracleCommittee oracles,
        IPartnerAgreements agreements,
        address challengesContract,
        uint64 leastMicro
    ) TokenHolder(token) {
        oracleCommittee = oracles;
        partnerAgreements = agreements;
        challenges = challengesContract;
        leastBondMicro = leastMicro;
    }

    /* BOND */

    /// @inheritdoc IOracleBonds
    function postBond(address oracle, uint256 amount) external nonReentrant {
        require(oracle != address(0), AddressZero());
        uint64 amountMicro = _receive(msg.sender, amount, _mostOwedMicro());

        _bonds[oracle].amountMicro += amountMicro;

        emit BondPosted(oracle, msg.sender, amountMicro);
    }

    /// @inheritdoc IOracleBonds
    function withdrawBond(uint256 amount, address recipient) external nonReentrant {
        require(!oracleCommittee.isLiable(msg.sender), BondBound(msg.sender));
        uint256 amountMicro = _toMicro(amount);
        uint64 bondMicro = _bonds[msg.sender].amountMicro;
        require(amountMicro <= bondMicro, BalanceTooLow(amountMicro, bondMicro));

        _bonds[msg.sender].amountMicro = bondMicro - uint64(amountMicro);
        delete _bonded;

        emit BondWithdrawn(msg.sender, recipient, amountMicro);

        _pay(recipient, amount, amountMicro);
    }

    /// @inheritdoc IOracleBonds
    function requireBonded(uint24 committee, uint16 signers) external {
        // To look at each bond again with every batch reads a cold slot for each signer, and the list of members.
        BondedSigners memory bonded = _bonded;
        if (bonded.committee != committee) bonded = BondedSigners(committee, 0);
        if (signers & ~bonded.signers == 0) return;
        address[] memory oracles = oracleCommittee.signersOf(committee, signers & ~bonded.signers);
        for (uint256 i; i < oracles.length; ++i) {
            uint64 bondMicro = _bonds[oracles[i]].amountMicro;
            require(bondMicro >= leastBondMicro, BondTooLow(oracles[i], bondMicro, leastBondMicro));
        }

        _bonded = BondedSigners(committee, bonded.signers | signers);
    }

    /* LOSS */

    /// @inheritdoc IOracleBonds
    function claimLoss(Loss calldata loss) external onlyChallenges {
        uint256 count = loss.liable.length;
        uint32[] memory numbers = new uint32[](count);
        uint256 allMicro;
        for (uint256 i; i < count; ++i) {
            numbers[i] = _caseFor(loss.liable[i], loss.settledAt);
            allMicro += _openPoolOf(loss.liable[i], numbers[i]);
        }
        for (uint256 i; i < count; ++i) {
            uint256 poolMicro = _openPoolOf(loss.liable[i], numbers[i]);
            if (poolMicro != 0) _claim(loss, loss.liable[i], numbers[i], poolMicro, allMicro);
        }
    }

    /// @dev Parts round down. They are parts of 64 bits.
    function _claim(Loss calldata loss, address oracle, uint32 number, uint256 poolMicro, uint256 allMicro) private {
        uint64 driverMicro = uint64((loss.driverMicro * poolMicro) / allMicro);
        uint64 operatorMicro = uint64((loss.operatorMicro * poolMicro) / allMicro);
        uint64 rewardMicro = uint64((loss.rewardMicro * poolMicro) / allMicro);

        BondCase storage bondCase = _cases[oracle][number];
        bondCase.lossMicro += uint128(driverMicro) + operatorMicro;
        bondCase.rewardMicro += rewardMicro;
        _claims[_keyOf(oracle, number, loss.driver, 0)].lossMicro += driverMicro;
        _claims[_keyOf(oracle, number, loss.operator, loss.agreement)].lossMicro += operatorMicro;
        _claims[_keyOf(oracle, number, loss.challenger, 0)].rewardMicro += rewardMicro;

        emit LossClaimed(oracle, number, loss.sessionId, driverMicro, operatorMicro, rewardMicro);
    }

    /// @dev The first case that began when the batch was settled or later: its pool is what backed the batch. If there is
    /// none, the bond that there is now does, and is frozen.
    function _caseFor(address oracle, uint40 settledAt) private returns (uint32 number) {
        Bond memory bond = _bonds[oracle];
        number = bond.caseCount;
        if (number != 0 && _cases[oracle][number].openedAt >= settledAt) {
            while (number > 1 && _cases[oracle][number - 1].openedAt >= settledAt) --number;
            return number;
        }

        ++number;
        uint256 closesAt = block.timestamp + oracleCommittee.liabilitySeconds();
        BondCase storage bondCase = _cases[oracle][number];
        bondCase.openedAt = uint40(block.timestamp);
        bondCase.closesAt = uint40(closesAt);
        bondCase.poolMicro = bond.amountMicro;
        _bonds[oracle] = Bond(0, number);
        delete _bonded;

        emit CaseOpened(oracle, number, bond.amountMicro, closesAt);
    }

    function _openPoolOf(address oracle, uint32 number) private view returns (uint256) {
        BondCase storage bondCase = _cases[oracle][number];
        return bondCase.isClosed ? 0 : bondCase.poolMicro;
    }

    /// @inheritdoc IOracleBonds
    function closeCase(address oracle, uint32 number) external {
        BondCase memory bondCase = _cases[oracle][number];
        require(bondCase.openedAt != 0 && !bondCase.isClosed, CaseNotOpen(oracle, number));
        require(block.timestamp > bondCase.closesAt, CaseStillOpen(block.timestamp, bondCase.closesAt));
        uint256 claimedMicro = uint256(bondCase.lossMicro) + bondCase.rewardMicro;
        uint256 usedMicro = Math.min(COST_OF_PAYMENT * claimedMicro, bondCase.poolMicro);
        uint256 payableMicro = usedMicro / COST_OF_PAYMENT;
        uint256 paidLossMicro = Math.min(bondCase.lossMicro, payableMicro);
        uint256 paidRewardMicro = payableMicro - paidLossMicro;
        uint64 lostMicro = uint64(usedMicro - payableMicro);
        uint64 returnedMicro = uint64(bondCase.poolMicro - usedMicro);

        bondCase.isClosed = true;
        bondCase.paidLossMicro = uint64(paidLossMicro);
        bondCase.paidRewardMicro = uint64(paidRewardMicro);
        _cases[oracle][number] = bondCase;
        _bonds[oracle].amountMicro += returnedMicro;
        burntMicro += lostMicro;
        owedMicro -= lostMicro;

        emit CaseClosed(oracle, number, paidLossMicro, paidRewardMicro, lostMicro, returnedMicro);
    }

    /// @inheritdoc IOracleBonds
    function collect(address oracle, uint32 number, address account, uint32 agreement) external {
        BondCase memory bondCase = _cases[oracle][number];
        Claimed memory claimed = _claims[_keyOf(oracle, number, account, agreement)];
        require(bondCase.isClosed, CaseStillOpen(block.timestamp, bondCase.closesAt));
        uint256 amountMicro =
            _partOf(claimed.lossMicro, bondCase.paidLossMicro, bondCase.lossMicro) +
                _partOf(claimed.rewardMicro, bondCase.paidRewardMicro, bondCase.rewardMicro);
        require(amountMicro != 0, NothingToCollect(oracle, number, account));

        delete _claims[_keyOf(oracle, number, account, agreement)];
        _creditsMicro[account][agreement] += uint64(amountMicro);

        emit PayoutCollected(oracle, number, account, agreement, amountMicro);
    }

    function _partOf(uint256 claimedMicro, uint256 paidMicro, uint256 allMicro) private pure returns (uint256) {
        return allMicro == 0 ? 0 : (claimedMicro * paidMicro) / allMicro;
    }

    function _keyOf(address oracle, uint32 number, address account, uint32 agreement) private pure returns (bytes32) {
        return keccak256(abi.encode(oracle, number, account, agreement));
    }

    /* DEPOSIT AND CREDIT */

    /// @inheritdoc IOracleBonds
    function takeDeposit(address payer, uint64 amountMicro) external onlyChallenges nonReentrant {
        if (amountMicro == 0) return;
        _receive(payer, uint256(amountMicro) * unit, _mostOwedMicro());

        emit DepositTaken(payer, amountMicro);
    }

    /// @inheritdoc IOracleBonds
    function creditDeposit(address account, uint64 amountMicro) external onlyChallenges {
        if (amountMicro == 0) return;
        _creditsMicro[account][0] += amountMicro;

        emit DepositCredited(account, amountMicro);
    }

    /// @inheritdoc IOracleBonds
    function withdrawCredit(
        address account,
        uint32 agreement,
        uint256 amount,
        address recipient
    ) external nonReentrant {
        uint256 amountMicro = _toMicro(amount);
        uint64 withdrawable = withdrawableOf(account, agreement, msg.sender);
        require(amountMicro <= withdrawable, BalanceTooLow(amountMicro, withdrawable));

        _withdrawnMicro[account][agreement][msg.sender] += uint64(amountMicro);

        emit CreditWithdrawn(account, agreement, msg.sender, recipient, amountMicro);

        _pay(recipient, amount, amountMicro);
    }

    /// @dev What was burnt is in the balance, too.
    function _mostOwedMicro() private view returns (uint256) {
        return type(uint64).max - burntMicro;
    }

    /* VIEWS */

    /// @inheritdoc IOracleBonds
    function bondOf(address oracle) external view returns (uint64) {
        return _bonds[oracle].amountMicro;
    }

    /// @inheritdoc IOracleBonds
    function caseCountOf(address oracle) external view returns (uint32) {
        return _bonds[oracle].caseCount;
    }

    /// @inheritdoc IOracleBonds
    function caseOf(address oracle, uint32 number) external view returns (BondCase memory) {
        return _cases[oracle][number];
    }

    /// @inheritdoc IOracleBonds
    function claimOf(
        address oracle,
        uint32 number,
        address account,
        uint32 agreement
    ) external view returns (uint64 lossMicro, uint64 rewardMicro) {
        Claimed memory claimed = _claims[_keyOf(oracle, number, account, agreement)];
        return (claimed.lossMicro, claimed.rewardMicro);
    }

    /// @inheritdoc IOracleBonds
    function creditOf(address account, uint32 agreement) external view returns (uint64) {
        return _creditsMicro[account][agreement];
    }

    /// @inheritdoc IOracleBonds
    function withdrawableOf(address account, uint32 agreement, address party) public view returns (uint64) {
        uint64 creditMicro = _creditsMicro[account][agreement];
        uint64 partMicro = partnerAgreements.partOf(account, agreement, party, creditMicro);
        return partMicro - _withdrawnMicro[account][agreement][party];
    }
}
