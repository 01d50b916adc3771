// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A partner's part of what an operator earns.
struct PartnerShare {
    address partner;
    /// In basis points of the credit, 1 to 10,000.
    uint16 shareBps;
}

/// @title Partner agreements
/// @notice How operators share with site hosts, roaming providers, platforms and grid companies. An agreement never
/// changes; another one has another number, and sessions name the one they were opened under. It binds when every partner
/// has signed it. Parts are taken of totals: each partner's is rounded down, the rest is the operator's.
interface IPartnerAgreements {
    /// @notice An operator has proposed an agreement; nobody has signed it yet.
    event AgreementProposed(uint32 indexed agreement, address indexed operator, PartnerShare[] shares);
    /// @notice A partner has signed; `isBinding` when it was the last one.
    event AgreementSigned(uint32 indexed agreement, address indexed partner, bool isBinding);
    /// @notice Sessions can no longer be opened under it; open ones keep it.
    event AgreementRetired(uint32 indexed agreement, address indexed operator);

    /// @notice The agreement has no partner, or more than eight.
    error PartnerCountOutOfRange(uint256 count, uint256 least, uint256 most);
    /// @notice A partner is the zero address, the operator, or named twice.
    error PartnerInvalid(address partner);
    /// @notice The partner would get nothing.
    error ShareZero(address partner);
    /// @notice The partners together would get more than there is.
    error SharesAboveWhole(uint256 sharesBps, uint256 limitBps);
    /// @notice No agreement has this number.
    error AgreementUnknown(uint32 agreement);
    /// @notice The operator has retired the agreement: nobody can sign it, or retire it again.
    error AlreadyRetired(uint32 agreement);
    /// @notice The account has no share in the agreement.
    error NotPartner(address account, uint32 agreement);
    /// @notice The partner has signed the agreement.
    error AlreadySigned(address partner, uint32 agreement);
    /// @notice The signature is not the partner's of this agreement.
    error SignatureInvalid(address partner);
    /// @notice Only the operator who proposed the agreement can retire it.
    error NotOperator(address caller, address operator);

    /// @notice Proposes an agreement of the calling operator.
    /// @param shares One to eight partners, all different, none of them the operator; together at most 10,000 basis
    /// points.
    /// @return agreement Its number, from 1 up.
    function propose(PartnerShare[] calldata shares) external returns (uint32 agreement);

    /// @notice The calling partner agrees.
    function sign(uint32 agreement) external;

    /// @notice A partner agrees by a signature (plain, or by ERC-1271) of the EIP-712 digest of
    /// PartnerConsent(uint32 agreement,address operator,PartnerShare[] shares)PartnerShare(address partner,uint16 shareBps)
    /// in the domain "Wattproof Partner Agreements", version "1". Anybody may send it.
    function signFor(uint32 agreement, address partner, bytes calldata signature) external;

    /// @notice Ends the agreement for sessions opened later, whether it was signed or not. Only the operator.
    function retire(uint32 agreement) external;

    /// @notice Whether sessions of this operator can be opened under the agreement: it is the operator's, every partner
    /// has signed, and it was not retired.
    function isBinding(address operator, uint32 agreement) external view returns (bool);

    /// @notice A party's part of a total: a partner's rounded down, the operator's what the shares leave of the whole,
    /// rounded up, others' 0. For agreement 0 the whole is the operator's. An agreement of another operator gives 0.
    /// A part depends on the total alone, whatever was withdrawn before, and never falls while the total grows; so parts
    /// that were taken of an earlier total are never more than those of a later one. Together the parts are the total
    /// where it is a multiple of 10,000 or there is one partner; else up to one millionth of a token for each further
    /// partner, which is the operator's, waits until the total has grown.
    /// @param totalMicro All that was ever credited under the agreement, in 10⁻⁶ token.
    function partOf(
        address operator,
        uint32 agreement,
        address party,
        uint64 totalMicro
    ) external view returns (uint64 partMicro);

    /// @notice What was agreed; all zero for a number that no agreement has.
    /// @return operator Who proposed it.
    /// @return shares Of the partners, in the operator's order.
    /// @return signedCount How many partners have signed.
    /// @return isRetired Whether the operator has ended it.
    function agreementOf(
        uint32 agreement
    ) external view returns (address operator, PartnerShare[] memory shares, uint256 signedCount, bool isRetired);

    /// @notice Whether this partner has signed the agreement.
    function hasSigned(uint32 agreement, address partner) external view returns (bool);

    /// @notice How many agreements there are; the last one has this number.
    function agreementCount() external view returns (uint32);

    /// @notice What a partner signs.
    function consentDigestOf(uint32 agreement) external view returns (bytes32 digest);
}
