// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Curve} from "../interfaces/IMeterRegistry.sol";
import {Finding, IOcmfLens, Inspection, Judgement} from "../interfaces/IOcmfLens.sol";
import {IOcmfScanner, OcmfContent, PackedReading, RefusalReason} from "../interfaces/IOcmfScanner.sol";
import {EllipticCurve} from "../libraries/EllipticCurve.sol";
import {MeterSignature} from "../libraries/MeterSignature.sol";
import {OcmfRecord} from "../libraries/OcmfRecord.sol";
import {PackedReadingLibrary} from "../libraries/PackedReadingLibrary.sol";

/// @title OCMF lens
/// @dev See IOcmfLens.
contract OcmfLens is IOcmfLens {
    IOcmfScanner public immutable ocmfScanner;

    constructor(IOcmfScanner scanner) {
        ocmfScanner = scanner;
    }

    /// @inheritdoc IOcmfLens
    function inspect(
        Curve curve,
        bytes calldata publicKey,
        bytes calldata payload,
        bytes32 r,
        bytes32 s
    ) external view returns (Inspection memory inspection) {
        inspection.finding = _findingOn(curve, publicKey, payload, r, s);
        if (inspection.finding == Finding.CurveNotVerifiable) inspection.judgement = Judgement.Unsupported;
        else if (inspection.finding != Finding.None) inspection.judgement = Judgement.Refused;
        else _inspectContent(inspection, payload);
    }

    /// @inheritdoc IOcmfLens
    function isOnCurve(Curve curve, bytes calldata publicKey) external pure returns (bool) {
        if (!EllipticCurve.isComputable(curve)) return false;
        if (publicKey.length != 2 * EllipticCurve.coordinateBytesOf(curve)) return false;
        (uint256 x, uint256 y) = EllipticCurve.coordinatesOf(publicKey);
        return EllipticCurve.isOnCurve(curve, x, y);
    }

    /// @dev What is wrong with key or signature; `None` if nothing is.
    function _findingOn(
        Curve curve,
        bytes calldata publicKey,
        bytes calldata payload,
        bytes32 r,
        bytes32 s
    ) private view returns (Finding) {
        if (!MeterSignature.isVerifiable(curve)) return Finding.CurveNotVerifiable;
        if (publicKey.length != 2 * EllipticCurve.coordinateBytesOf(curve)) return Finding.PublicKeyLengthWrong;
        (uint256 x, uint256 y) = EllipticCurve.coordinatesOf(publicKey);
        if (!EllipticCurve.isOnCurve(curve, x, y)) return Finding.PublicKeyOffCurve;
        if (!MeterSignature.isValid(curve, x, y, payload, r, s)) return Finding.SignatureInvalid;
        return Finding.None;
    }

    function _inspectContent(Inspection memory inspection, bytes calldata payload) private view {
        try ocmfScanner.scan(payload) returns (OcmfContent memory content) {
            inspection.judgement = Judgement.Accepted;
            inspection.content = content;
            if (content.begin.isPresent && content.end.isPresent) {
                PackedReading begin = PackedReadingLibrary.packAgain(content.begin);
                PackedReading end = PackedReadingLibrary.packAgain(content.end);
                inspection.energyMicroWh = OcmfRecord.energyMicroWhOf(begin, end);
                inspection.chargingSeconds = OcmfRecord.chargingSecondsOf(begin, end);
            }
        } catch (bytes memory reason) {
            (inspection.refusal, inspection.position) = _decodeRefusal(reason);
            inspection.finding = Finding.ContentRefused;
            bool isLimit = inspection.refusal >= RefusalReason.SizeAboveLimit;
            inspection.judgement = isLimit ? Judgement.Unsupported : Judgement.Refused;
        }
    }

    /// @dev Passes on what is no refusal, such as an end of the gas.
    function _decodeRefusal(bytes memory reason) private pure returns (RefusalReason refusal, uint256 position) {
        if (reason.length != 68 || bytes4(reason) != IOcmfScanner.RecordRefused.selector) {
            assembly ("memory-safe") {
                revert(add(reason, 32), mload(reason))
            }
        }
        bytes memory arguments = new bytes(64);
        for (uint256 i = 0; i < 64; ++i) arguments[i] = reason[i + 4];
        return abi.decode(arguments, (RefusalReason, uint256));
    }
}
