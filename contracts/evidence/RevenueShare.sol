// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IChargingSettlement} from "../interfaces/IChargingSettlement.sol";
import {IPartnerAgreements} from "../interfaces/IPartnerAgreements.sol";
import {
    IRevenueShare,
    IShareCompliance,
    IShareIdentities,
    SharePhase,
    ShareTerms
} from "./interfaces/IRevenueShare.sol";

/// @title Revenue share
/// @dev See IRevenueShare. While shares can change hands there are always `shareCount` of them.
contract RevenueShare is IRevenueShare, ERC20, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// Each share has earned so much when the holder's balance changed last.
    struct Account {
        uint128 microPerShare;
        uint128 owedMicro;
    }

    uint64 private constant WHOLE_BPS = 10_000;
    uint256 private constant LONGEST_SALE = 365 days;

    IChargingSettlement public immutable settlement;
    IPartnerAgreements public immutable partnerAgreements;
    address public immutable issuer;
    IERC20 private immutable _erc20;
    uint256 private immutable _unit;

    ShareTerms private _terms;
    uint32 public agreement;
    IShareIdentities public identities;
    IShareCompliance public compliance;
    uint256 private _issuerMicro;
    bool private _hasIssued;
    uint256 private _pulledMicro;
    uint256 private _undividedMicro;
    uint128 private _microPerShare;
    mapping(address holder => Account) private _accounts;
    mapping(address account => bool) private _isListed;

    constructor(
        IChargingSettlement chargingSettlement,
        address sharesIssuer,
        ShareTerms memory terms
    ) ERC20(terms.name, terms.symbol) {
        require(terms.shareBps >= 1 && terms.shareBps <= WHOLE_BPS, ShareOutOfRange(terms.shareBps, 1, WHOLE_BPS));
        require(terms.shareCount != 0 && terms.priceMicro != 0, SaleEmpty(terms.shareCount, terms.priceMicro));
        uint256 latest = block.timestamp + LONGEST_SALE;
        require(
            terms.saleEndsAt > block.timestamp && terms.saleEndsAt <= latest,
            SaleEndOutOfRange(terms.saleEndsAt, block.timestamp + 1, latest)
        );
        settlement = chargingSettlement;
        partnerAgreements = chargingSettlement.partnerAgreements();
        issuer = sharesIssuer;
        _erc20 = chargingSettlement.erc20();
        _unit = chargingSettlement.unit();
        _terms = terms;
    }

    /* SALE */

    /// @inheritdoc IRevenueShare
    function join(uint32 number) external {
        require(msg.sender == issuer, NotIssuer(msg.sender, issuer));
        require(phase() == SharePhase.Selling, PhaseWrong(phase()));
        require(agreement == 0, AlreadyJoined(agreement));

        agreement = number;

        emit AgreementJoined(number);

        partnerAgreements.sign(number);
        require(partnerAgreements.isBinding(issuer, number), AgreementNotBinding(number));
        // Of a whole in basis points a part is a share.
        uint256 shareBps = partnerAgreements.partOf(issuer, number, address(this), WHOLE_BPS);
        require(shareBps == _terms.shareBps, ShareDiffers(shareBps, _terms.shareBps));
        _issueIfComplete();
    }

    /// @inheritdoc IRevenueShare
    function buyShares(uint32 count) external nonReentrant {
        require(phase() == SharePhase.Selling, PhaseWrong(phase()));
        uint256 left = _terms.shareCount - totalSupply();
        require(count >= 1 && count <= left, CountOutOfRange(count, 1, left));
        _requireVerified(msg.sender);

        uint256 amountMicro = uint256(count) * _terms.priceMicro;
        _mint(msg.sender, count);
        _issueIfComplete();

        emit SharesSold(msg.sender, count, amountMicro);

        uint256 balanceBefore = _erc20.balanceOf(address(this));
        _erc20.safeTransferFrom(msg.sender, address(this), amountMicro * _unit);
        _requireReceived(balanceBefore, amountMicro * _unit);
    }

    /// @dev Nothing is for sale any more, and there is something to hold.
    function _issueIfComplete() private {
        if (agreement == 0 || totalSupply() != _terms.shareCount) return;

        _hasIssued = true;
        _issuerMicro = uint256(_terms.shareCount) * _terms.priceMicro;
    }

    /// @inheritdoc IRevenueShare
    function refund(address holder) external nonReentrant {
        require(phase() == SharePhase.Failed, PhaseWrong(phase()));
        uint256 count = balanceOf(holder);
        require(count != 0, NothingOwed(holder));

        _burn(holder, count);
        uint256 amountMicro = count * _terms.priceMicro;

        emit SharesRefunded(holder, count, amountMicro);

        _erc20.safeTransfer(holder, amountMicro * _unit);
    }

    /// @inheritdoc IRevenueShare
    function withdrawProceeds(address recipient) external nonReentrant {
        require(msg.sender == issuer, NotIssuer(msg.sender, issuer));
        require(recipient != address(0), AddressZero());
        uint256 amountMicro = _issuerMicro;
        require(amountMicro != 0, NothingOwed(issuer));

        _issuerMicro = 0;

        emit IssuerPaid(recipient, amountMicro);

        _erc20.safeTransfer(recipient, amountMicro * _unit);
    }

    /* REVENUE */

    /// @inheritdoc IRevenueShare
    function pull() external nonReentrant {
        SharePhase now_ = phase();
        require(now_ != SharePhase.Selling, PhaseWrong(now_));
        uint256 amountMicro = settlement.withdrawableOf(issuer, agreement, address(this));
        require(amountMicro != 0, NothingOwed(address(this)));

        if (now_ == SharePhase.Failed) _issuerMicro += amountMicro;
        else _divide(amountMicro);

        emit RevenuePulled(amountMicro, _microPerShare);

        uint256 balanceBefore = _erc20.balanceOf(address(this));
        settlement.withdrawCredit(issuer, agreement, amountMicro * _unit, address(this));
        _requireReceived(balanceBefore, amountMicro * _unit);
    }

    /// @inheritdoc IRevenueShare
    function addRevenue(uint64 amountMicro) external nonReentrant {
        require(phase() == SharePhase.Issued, PhaseWrong(phase()));
        require(amountMicro != 0, NothingAdded());

        _divide(amountMicro);

        emit RevenueAdded(msg.sender, amountMicro, _microPerShare);

        uint256 balanceBefore = _erc20.balanceOf(address(this));
        _erc20.safeTransferFrom(msg.sender, address(this), amountMicro * _unit);
        _requireReceived(balanceBefore, amountMicro * _unit);
    }

    function _divide(uint256 amountMicro) private {
        _pulledMicro += amountMicro;
        uint256 dividedMicro = _undividedMicro + amountMicro;
        uint256 shareCount = _terms.shareCount;
        // Each payment has 64 bits; 128 hold their sum.
        _microPerShare += uint128(dividedMicro / shareCount);
        _undividedMicro = dividedMicro % shareCount;
    }

    /// @inheritdoc IRevenueShare
    function pay(address holder) external nonReentrant {
        uint256 amountMicro = owedMicroOf(holder);
        require(amountMicro != 0, NothingOwed(holder));

        _accounts[holder] = Account(_microPerShare, 0);

        emit RevenuePaid(holder, amountMicro);

        _erc20.safeTransfer(holder, amountMicro * _unit);
    }

    /* TRANSFERS */

    /// @dev What shares earned until now stays with who held them.
    function _update(address from, address to, uint256 count) internal override {
        if (from != address(0) && to != address(0)) {
            require(phase() == SharePhase.Issued, PhaseWrong(phase()));
            _requireVerified(to);
            require(
                address(compliance) == address(0) || compliance.canTransfer(from, to, count),
                TransferRefused(from, to, count)
            );
        }
        _keepOwed(from);
        _keepOwed(to);

        super._update(from, to, count);
    }

    function _keepOwed(address holder) private {
        if (holder == address(0)) return;
        // At most what was pulled.
        _accounts[holder] = Account(_microPerShare, uint128(owedMicroOf(holder)));
    }

    /* RULES */

    /// @inheritdoc IRevenueShare
    function setVerified(address account, bool isVerifiedNow) external {
        require(msg.sender == issuer, NotIssuer(msg.sender, issuer));

        _isListed[account] = isVerifiedNow;

        emit VerificationChanged(account, isVerifiedNow);
    }

    /// @inheritdoc IRevenueShare
    function changeRules(IShareIdentities nextIdentities, IShareCompliance nextCompliance) external {
        require(msg.sender == issuer, NotIssuer(msg.sender, issuer));

        (identities, compliance) = (nextIdentities, nextCompliance);

        emit RulesChanged(nextIdentities, nextCompliance);
    }

    function _requireVerified(address account) private view {
        require(isVerified(account), NotVerified(account));
    }

    function _requireReceived(uint256 balanceBefore, uint256 amount) private view {
        uint256 received = _erc20.balanceOf(address(this)) - balanceBefore;
        require(received == amount, TransferMismatch(received, amount));
    }

    /* VIEWS */

    /// @inheritdoc IShareIdentities
    function isVerified(address account) public view returns (bool) {
        return address(identities) == address(0) ? _isListed[account] : identities.isVerified(account);
    }

    /// @inheritdoc IRevenueShare
    function termsOf() external view returns (ShareTerms memory) {
        return _terms;
    }

    /// @inheritdoc IRevenueShare
    function phase() public view returns (SharePhase) {
        if (_hasIssued) return SharePhase.Issued;
        return block.timestamp < _terms.saleEndsAt ? SharePhase.Selling : SharePhase.Failed;
    }

    /// @inheritdoc IRevenueShare
    function owedMicroOf(address holder) public view returns (uint256) {
        Account memory account = _accounts[holder];
        return account.owedMicro + balanceOf(holder) * (_microPerShare - account.microPerShare);
    }

    /// @inheritdoc IRevenueShare
    function backing()
        external
        view
        returns (uint256 finalMicro, uint256 provisionalMicro, uint256 pulledMicro, uint256 undividedMicro)
    {
        (, uint64 allProvisionalMicro) = settlement.creditOf(issuer, agreement);
        finalMicro = settlement.withdrawableOf(issuer, agreement, address(this));
        provisionalMicro = partnerAgreements.partOf(issuer, agreement, address(this), allProvisionalMicro);
        return (finalMicro, provisionalMicro, _pulledMicro, _undividedMicro);
    }

    /// @notice Shares are whole.
    function decimals() public pure override returns (uint8) {
        return 0;
    }
}
