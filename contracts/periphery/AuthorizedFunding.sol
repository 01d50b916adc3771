// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {
    IAuthorizedFunding,
    TokenPermit,
    TransferAuthorization,
    WitnessedTransfer
} from "../interfaces/IAuthorizedFunding.sol";
import {IChargingSettlement, SessionTerms} from "../interfaces/IChargingSettlement.sol";
import {
    ISignatureTransfer,
    PermitTransferFrom,
    SignatureTransferDetails,
    TokenPermissions
} from "../interfaces/ISignatureTransfer.sol";
import {ITransferWithAuthorization} from "../interfaces/ITransferWithAuthorization.sol";
import {SessionTermsLibrary} from "../libraries/SessionTermsLibrary.sol";

/// @title Authorised funding
/// @dev See IAuthorizedFunding.
contract AuthorizedFunding is IAuthorizedFunding, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using SessionTermsLibrary for SessionTerms;

    /// Completes Permit2's type: its last member, then the referenced types in alphabetical order.
    string private constant WITNESS_TYPE =
        "SessionTerms witness)"
        "SessionTerms(address driver,uint32 lane,uint32 nonce,address operator,uint32 agreement,uint32 evse,"
        "uint32 meter,uint24 maximumPowerW,bytes32 tariffId,uint64 holdMicro,uint40 expiresAt)"
        "TokenPermissions(address token,uint256 amount)";

    /// The same on every chain, and nobody can put other code there: it follows from the code and from a factory that has
    /// no key. A parameter could name a contract that checks no signatures.
    ISignatureTransfer private constant PERMIT2 = ISignatureTransfer(0x000000000022D473030F116dDEE9F6B43aC78BA3);

    IChargingSettlement public immutable settlement;

    constructor(IChargingSettlement settlementContract) {
        settlement = settlementContract;
    }

    /* PERMIT */

    /// @inheritdoc IAuthorizedFunding
    function depositWithPermit(
        address driver,
        uint32 lane,
        uint256 amount,
        TokenPermit calldata permit
    ) external nonReentrant {
        IERC20 erc20 = settlement.erc20();
        _pull(erc20, msg.sender, amount, permit);

        _deposit(erc20, msg.sender, driver, lane, amount);
    }

    /// @inheritdoc IAuthorizedFunding
    function depositWithPermitAndOpen(
        SessionTerms calldata terms,
        TokenPermit calldata permit,
        bytes calldata signature
    ) external nonReentrant returns (bytes32 sessionId) {
        IERC20 erc20 = settlement.erc20();
        (uint64 freeMicro, , ) = settlement.accountOf(terms.driver, terms.lane);
        if (terms.holdMicro > freeMicro) {
            uint256 amount = (terms.holdMicro - freeMicro) * settlement.unit();
            _pull(erc20, terms.driver, amount, permit);
            _deposit(erc20, terms.driver, terms.driver, terms.lane, amount);
        }

        return settlement.openSigned(terms, signature);
    }

    function _pull(IERC20 erc20, address payer, uint256 amount, TokenPermit calldata permit) private {
        bool isPermitTaken = _tryPermit(erc20, payer, permit);
        uint256 allowance = erc20.allowance(payer, address(this));
        // Somebody may have sent the permit before, or the token may only seem to take it. The allowance tells.
        require(isPermitTaken || allowance >= amount, PermitRefused(allowance, amount));
        require(allowance >= amount, AllowanceTooLow(allowance, amount));

        uint256 balanceBefore = erc20.balanceOf(address(this));
        erc20.safeTransferFrom(payer, address(this), amount);
        _requireReceived(erc20, balanceBefore, amount);
    }

    function _tryPermit(IERC20 erc20, address owner, TokenPermit calldata permit) private returns (bool isTaken) {
        IERC20Permit token = IERC20Permit(address(erc20));
        try token.permit(owner, address(this), permit.value, permit.deadline, permit.v, permit.r, permit.s) {
            return true;
        } catch {
            return false;
        }
    }

    /* TRANSFER AUTHORIZATION */

    /// @inheritdoc IAuthorizedFunding
    function openWithTransferAuthorization(
        SessionTerms calldata terms,
        TransferAuthorization calldata authorization,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (bytes32 sessionId) {
        IERC20 erc20 = settlement.erc20();
        uint256 balanceBefore = erc20.balanceOf(address(this));
        bytes32 authorizationId = _requireUnused(erc20, terms);
        ITransferWithAuthorization(address(erc20)).receiveWithAuthorization(
            terms.driver,
            address(this),
            authorization.value,
            authorization.validAfter,
            authorization.validBefore,
            authorizationId,
            v,
            r,
            s
        );
        _requireUsed(erc20, terms.driver, authorizationId);

        return _depositAndOpen(erc20, balanceBefore, terms, authorization.value);
    }

    /// @inheritdoc IAuthorizedFunding
    function openWithWalletTransferAuthorization(
        SessionTerms calldata terms,
        TransferAuthorization calldata authorization,
        bytes calldata signature
    ) external nonReentrant returns (bytes32 sessionId) {
        IERC20 erc20 = settlement.erc20();
        uint256 balanceBefore = erc20.balanceOf(address(this));
        bytes32 authorizationId = _requireUnused(erc20, terms);
        ITransferWithAuthorization(address(erc20)).receiveWithAuthorization(
            terms.driver,
            address(this),
            authorization.value,
            authorization.validAfter,
            authorization.validBefore,
            authorizationId,
            signature
        );
        _requireUsed(erc20, terms.driver, authorizationId);

        return _depositAndOpen(erc20, balanceBefore, terms, authorization.value);
    }

    /// @dev The session opens because the token says that the driver authorised it, which a call that did not fail does not
    /// say: a token without this function may take every call, and tokens may come from elsewhere meanwhile.
    function _requireUnused(IERC20 erc20, SessionTerms calldata terms) private view returns (bytes32 authorizationId) {
        authorizationId = settlement.sessionIdOf(terms);
        require(!_isUsed(erc20, terms.driver, authorizationId), AuthorizationUsed(terms.driver, authorizationId));
    }

    function _requireUsed(IERC20 erc20, address driver, bytes32 authorizationId) private view {
        require(_isUsed(erc20, driver, authorizationId), AuthorizationNotTaken(driver, authorizationId));
    }

    function _isUsed(IERC20 erc20, address driver, bytes32 authorizationId) private view returns (bool) {
        return ITransferWithAuthorization(address(erc20)).authorizationState(driver, authorizationId);
    }

    /* PERMIT2 */

    /// @inheritdoc IAuthorizedFunding
    function openWithPermit2(
        SessionTerms calldata terms,
        WitnessedTransfer calldata transfer
    ) external nonReentrant returns (bytes32 sessionId) {
        require(address(PERMIT2).code.length != 0, Permit2Missing(address(PERMIT2)));

        IERC20 erc20 = settlement.erc20();
        uint256 balanceBefore = erc20.balanceOf(address(this));
        PERMIT2.permitWitnessTransferFrom(
            PermitTransferFrom(TokenPermissions(address(erc20), transfer.amount), transfer.nonce, transfer.deadline),
            SignatureTransferDetails(address(this), transfer.amount),
            terms.driver,
            terms.hash(),
            WITNESS_TYPE,
            transfer.signature
        );

        return _depositAndOpen(erc20, balanceBefore, terms, transfer.amount);
    }

    /* DEPOSIT */

    function _depositAndOpen(
        IERC20 erc20,
        uint256 balanceBefore,
        SessionTerms calldata terms,
        uint256 amount
    ) private returns (bytes32 sessionId) {
        _requireReceived(erc20, balanceBefore, amount);

        _deposit(erc20, terms.driver, terms.driver, terms.lane, amount);

        return settlement.openAuthorized(terms);
    }

    /// @dev Tokens that are here for another reason must not make up for a token that kept a fee.
    function _requireReceived(IERC20 erc20, uint256 balanceBefore, uint256 amount) private view {
        uint256 received = erc20.balanceOf(address(this)) - balanceBefore;
        require(received == amount, TransferMismatch(received, amount));
    }

    function _deposit(IERC20 erc20, address payer, address driver, uint32 lane, uint256 amount) private {
        emit Funded(payer, driver, lane, amount);

        erc20.forceApprove(address(settlement), amount);
        settlement.deposit(driver, lane, amount);
    }

    /* VIEWS */

    /// @inheritdoc IAuthorizedFunding
    function permit2() external pure returns (ISignatureTransfer) {
        return PERMIT2;
    }
}
