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
/// has signed it. Parts are taken of totals: each partner's is rounded down, the remainder is the operator's.
interface IPartnerAgreements {
    event AgreementProposed(uint32 indexed agreement, address indexed operator, PartnerShare[] shares);
    /// @notice A partner has signed; `isBinding` when it was the last one.
    event AgreementSigned(uint32 indexed agreement, address indexed partner, bool isBinding);
    /// @notice Sessions can no longer be opened under it; open ones keep it.
    event AgreementRetired(uint32 indexed agreement, address indexed operator);

    error PartnerCountOutOfRange(uint256 count, uint256 least, uint256 most);
    /// @notice A partner is the zero address, the operator, or named twice.
    error PartnerInvalid(address partner);
    error ShareZero(address partner);
    error SharesAboveWhole(uint256 sharesBps, uint256 limitBps);
    error AgreementUnknown(uint32 agreement);
    error NotPartner(address account, uint32 agreement);
    error AlreadySigned(address partner, uint32 agreement);
    error SignatureInvalid(address partner);
    error NotOperator(address caller, address operator);
    error AlreadyRetired(uint32 agreement);

    /// @notice Proposes an agreement of the calling operator with one to eight partners.
    /// @return agreement Its number, from 1 up.
    function propose(PartnerShare[] calldata shares) external returns (uint32 agreement);
    /// @notice The calling partner agrees.
    function sign(uint32 agreement) external;
    /// @notice A partner agrees by a signature (ERC-1271 for contract wallets) of the EIP-712 digest of
    /// PartnerConsent(uint32 agreement,address operator,bytes32 sharesHash). Anybody may send it.
    function signFor(uint32 agreement, address partner, bytes calldata signature) external;
    /// @notice Ends the agreement for sessions opened later. Only the operator.
    function retire(uint32 agreement) external;

    /// @notice Whether sessions of this operator can be opened under the agreement.
    function isBinding(address operator, uint32 agreement) external view returns (bool);
    /// @notice A party's part of a total: a partner's rounded down, the operator's the remainder, others' 0. For agreement
    /// 0 the whole is the operator's.
    function partOf(
        address operator,
        uint32 agreement,
        address party,
        uint64 totalMicro
    ) external view returns (uint64 partMicro);
    /// @notice What was agreed.
    function agreementOf(
        uint32 agreement
    ) external view returns (address operator, PartnerShare[] memory shares, uint256 signedCount, bool isRetired);
    /// @notice What a partner signs.
    function consentDigestOf(uint32 agreement) external view returns (bytes32 digest);
}
