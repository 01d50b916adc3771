// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChargingSettlement} from "../../interfaces/IChargingSettlement.sol";

/// @notice What is offered to holders. It never changes.
struct ShareTerms {
    string name;
    string symbol;
    /// This contract's part in the agreement, in basis points of what the operator earns under it.
    uint16 shareBps;
    /// How many shares there are; all must be sold.
    uint32 shareCount;
    /// What one costs in the primary sale, in 10⁻⁶ token.
    uint64 priceMicro;
    /// From this second (since 1970) on nobody can buy; what is not issued by then has failed.
    uint40 saleEndsAt;
}

/// @notice Where a share is in its life.
enum SharePhase {
    Selling,
    /// All are sold and the agreement binds: holders earn.
    Issued,
    /// Buyers get their money back.
    Failed
}

/// @notice Who may hold, as ERC-3643's identity registry answers it.
interface IShareIdentities {
    function isVerified(address account) external view returns (bool);
}

/// @notice What may be transferred, as ERC-3643's compliance answers it.
interface IShareCompliance {
    function canTransfer(address from, address to, uint256 amount) external view returns (bool);
}

/// @title Revenue share
/// @notice A tradable claim on what an operator earns under one agreement: this contract is a partner in it, takes its part
/// out of the settlement, and pays holders in proportion to their shares. Shares are whole (0 decimals, ERC-20). Nobody
/// reports any revenue: what arrives was paid for sessions that meters or oracles proved, or paid in by somebody.
///
/// Only who is on the issuer's list can buy or be handed shares, from the beginning; the issuer can have registries of
/// ERC-3643 answer instead. No list can keep a holder from what the shares earned, or from a refund.
///
/// Warning: a revenue claim is a security in most places. Warning: the issuer can open sessions under another agreement, or
/// none; then this one earns nothing more.
interface IRevenueShare is IShareIdentities {
    /* EVENTS */

    /// @notice The agreement binds, with this contract as a partner.
    event AgreementJoined(uint32 indexed agreement);
    /// @notice Somebody bought shares in the primary sale.
    event SharesSold(address indexed buyer, uint256 count, uint256 amountMicro);
    /// @notice A buyer of shares that were not issued got the price back.
    event SharesRefunded(address indexed holder, uint256 count, uint256 amountMicro);
    /// @notice The issuer took out what is the issuer's.
    event IssuerPaid(address indexed recipient, uint256 amountMicro);
    /// @notice Part of the agreement's credit came in; each share has earned `microPerShare` in all.
    event RevenuePulled(uint256 amountMicro, uint256 microPerShare);
    /// @notice Somebody paid in for the holders; each share has earned `microPerShare` in all.
    event RevenueAdded(address indexed payer, uint256 amountMicro, uint256 microPerShare);
    /// @notice A holder was paid what the shares earned.
    event RevenuePaid(address indexed holder, uint256 amountMicro);
    /// @notice The issuer put an account on the list, or took it off.
    event VerificationChanged(address indexed account, bool isVerified);
    /// @notice Other contracts answer who may hold and what may be transferred; the zero address: the issuer's list, anything.
    event RulesChanged(IShareIdentities identities, IShareCompliance compliance);

    /* ERRORS */

    /// @notice A share of nothing or of more than the whole.
    error ShareOutOfRange(uint256 shareBps, uint256 least, uint256 most);
    /// @notice No shares, or no price.
    error SaleEmpty(uint256 shareCount, uint256 priceMicro);
    /// @notice The sale would end before now, or later than anybody means.
    error SaleEndOutOfRange(uint256 saleEndsAt, uint256 least, uint256 most);
    /// @notice Only the issuer can do this.
    error NotIssuer(address caller, address issuer);
    /// @notice Not in this phase.
    error PhaseWrong(SharePhase phase);
    /// @notice The contract is a partner already.
    error AlreadyJoined(uint32 agreement);
    /// @notice The agreement is another operator's, or does not bind.
    error AgreementNotBinding(uint32 agreement);
    /// @notice The agreement gives this contract another share.
    error ShareDiffers(uint256 shareBps, uint256 expected);
    /// @notice The account may not hold shares.
    error NotVerified(address account);
    /// @notice The compliance contract does not allow the transfer.
    error TransferRefused(address from, address to, uint256 count);
    /// @notice No share, or more than are left.
    error CountOutOfRange(uint256 count, uint256 least, uint256 most);
    /// @notice Nothing was to be paid in.
    error NothingAdded();
    /// @notice There is nothing to take out.
    error NothingOwed(address account);
    /// @notice The zero address cannot be paid.
    error AddressZero();
    /// @notice The token moved another amount than was asked for.
    error TransferMismatch(uint256 received, uint256 expected);

    /* SALE */

    /// @notice Signs the issuer's agreement as a partner. Only the issuer, until the sale ends. All other partners have signed.
    function join(uint32 agreement) external;

    /// @notice Buys shares with the caller's tokens. Only who is verified.
    function buyShares(uint32 count) external;

    /// @notice Gives a buyer's money back where the shares were not issued. Anybody may call.
    function refund(address holder) external;

    /// @notice Pays the issuer what is the issuer's: the price of all shares once they are issued; revenue where they were not.
    function withdrawProceeds(address recipient) external;

    /* REVENUE */

    /// @notice Takes this contract's part out of the settlement and divides it among all shares. What does not divide waits
    /// for the next time. Anybody may call.
    function pull() external;

    /// @notice Takes tokens from the caller and divides them among all shares, as `pull` does. Anybody may call while holders
    /// earn; a covenant that was broken pays them so.
    /// @param amountMicro In 10⁻⁶ token.
    function addRevenue(uint64 amountMicro) external;

    /// @notice Pays a holder what the shares earned. Anybody may call.
    function pay(address holder) external;

    /* RULES */

    /// @notice Puts an account on the list of who may hold shares, or takes it off. Only the issuer.
    function setVerified(address account, bool isVerifiedNow) external;

    /// @notice Has other contracts answer. Only the issuer.
    function changeRules(IShareIdentities identities, IShareCompliance compliance) external;

    /* VIEWS */

    /// @notice The terms.
    function termsOf() external view returns (ShareTerms memory);
    /// @notice Where it is in its life.
    function phase() external view returns (SharePhase);
    /// @notice What a holder can be paid, in 10⁻⁶ token.
    function owedMicroOf(address holder) external view returns (uint256);
    /// @notice What backs the shares, in 10⁻⁶ token.
    /// @return finalMicro This contract's part of final credit that was not pulled yet.
    /// @return provisionalMicro Its part of credit that can still be challenged, rounded down.
    /// @return pulledMicro All that was ever pulled or paid in for holders.
    /// @return undividedMicro What of it waits for the next time.
    /// How much of the credit meters proved, quorums claimed and challenges corrected is in the settlement's events alone.
    function backing()
        external
        view
        returns (uint256 finalMicro, uint256 provisionalMicro, uint256 pulledMicro, uint256 undividedMicro);
    /// @notice Who sells the shares, and whose revenue it is.
    function issuer() external view returns (address);
    /// @notice The agreement; 0 before it was joined.
    function agreement() external view returns (uint32);
    /// @notice The settlement whose credit it is.
    function settlement() external view returns (IChargingSettlement);
}
