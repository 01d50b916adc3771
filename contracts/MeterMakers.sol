// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {Curve, IMeterRegistry, Maker, MakerStatement} from "./interfaces/IMeterRegistry.sol";
import {IOracleCommittee} from "./interfaces/IOracleCommittee.sol";
import {EllipticCurve} from "./libraries/EllipticCurve.sol";
import {MeterSignature} from "./libraries/MeterSignature.sol";

/// @title Makers of meters
/// @dev The part of the meter registry that knows which makers' keys vouch for meters. See IMeterRegistry.
abstract contract MeterMakers is IMeterRegistry, EIP712 {
    uint256 private constant LONGEST_TEXT = 64;

    bytes32 private constant VOUCHING_TYPEHASH = keccak256(
        "MeterVouching(bytes32 keyId,string meterType,string serialNumber,uint40 calibrationExpiresAt)"
    );

    IOracleCommittee public immutable oracleCommittee;

    uint32 private _makerCount;
    mapping(uint32 maker => Maker) private _makers;
    mapping(bytes32 keyId => uint32 maker) private _makerByKey;

    constructor(IOracleCommittee oracles) {
        oracleCommittee = oracles;
    }

    /* MAKERS */

    /// @inheritdoc IMeterRegistry
    function registerMaker(Curve curve, uint256 x, uint256 y, string calldata name) external returns (uint32 maker) {
        _requireCommitteeOwner();
        require(MeterSignature.isVerifiable(curve), CurveNotVerifiable(curve));
        require(EllipticCurve.isOnCurve(curve, x, y), PublicKeyOffCurve());
        _requireText(name);
        bytes32 keyId = _makerKeyIdOf(curve, x, y);
        require(_makerByKey[keyId] == 0, MakerKeyKnown(_makerByKey[keyId]));
        uint256 activeFrom = block.timestamp + oracleCommittee.changeDelaySeconds();

        maker = ++_makerCount;
        _makerByKey[keyId] = maker;
        _makers[maker] = Maker(curve, uint40(activeFrom), 0, x, y, name);

        emit MakerRegistered(maker, keyId, curve, x, y, name, activeFrom);
    }

    /// @inheritdoc IMeterRegistry
    function revokeMaker(uint32 maker) external {
        _requireCommitteeOwner();
        Maker storage content = _makers[maker];
        require(content.curve != Curve.None, MakerUnknown(maker));
        require(content.revokedAt == 0, MakerNotActive(maker, content.activeFrom, content.revokedAt));

        content.revokedAt = uint40(block.timestamp);

        emit MakerRevoked(maker, _makerKeyIdOf(content.curve, content.x, content.y));
    }

    /// @dev Whether nothing has happened since that ended the trust in the maker that vouched for a meter.
    function _isTrustedMaker(uint32 maker) internal view returns (bool) {
        return maker != 0 && _makers[maker].revokedAt == 0;
    }

    /* VOUCHING */

    function _requireVouched(bytes32 keyId, MakerStatement calldata statement, bytes32 r, bytes32 s) internal view {
        uint32 number = statement.maker;
        Maker memory maker = _makers[number];
        require(maker.curve != Curve.None, MakerUnknown(number));
        require(
            block.timestamp >= maker.activeFrom && maker.revokedAt == 0,
            MakerNotActive(number, maker.activeFrom, maker.revokedAt)
        );
        _requireText(statement.meterType);
        _requireText(statement.serialNumber);
        require(
            MeterSignature.isValidOfDigest(maker.curve, maker.x, maker.y, _vouchingDigestOf(keyId, statement), r, s),
            MakerSignatureInvalid(number)
        );
    }

    function _vouchingDigestOf(bytes32 keyId, MakerStatement calldata statement) internal view returns (bytes32) {
        return
            _hashTypedDataV4(
                keccak256(
                    abi.encode(
                        VOUCHING_TYPEHASH,
                        keyId,
                        keccak256(bytes(statement.meterType)),
                        keccak256(bytes(statement.serialNumber)),
                        statement.calibrationExpiresAt
                    )
                )
            );
    }

    /* VIEWS */

    /// @inheritdoc IMeterRegistry
    function makerOf(uint32 maker) external view returns (Maker memory content) {
        return _makers[maker];
    }

    /* CHECKS */

    function _requireCommitteeOwner() private view {
        address owner = Ownable(address(oracleCommittee)).owner();
        require(msg.sender == owner, NotCommitteeOwner(msg.sender, owner));
    }

    function _requireText(string calldata text) private pure {
        uint256 length = bytes(text).length;
        require(length > 0 && length <= LONGEST_TEXT, TextLengthOutOfRange(length, 1, LONGEST_TEXT));
    }

    /// @dev As `keyIdOf` computes it from the same key's bytes.
    function _makerKeyIdOf(Curve curve, uint256 x, uint256 y) private pure returns (bytes32) {
        return keccak256(abi.encode(curve, abi.encodePacked(x, y)));
    }
}
