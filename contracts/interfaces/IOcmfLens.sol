// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Curve} from "./IMeterRegistry.sol";
import {IOcmfScanner, OcmfContent, RefusalReason} from "./IOcmfScanner.sol";

/// @notice What the chain says about a record.
enum Judgement {
    None,
    /// The key's signature is good and the content may be billed.
    Accepted,
    /// The record must not be billed.
    Refused,
    /// The contract cannot say: the curve is not verifiable on chain, or the record is over a limit of the contract.
    Unsupported
}

/// @notice What was found first, in the order of the checks.
enum Finding {
    None,
    CurveNotVerifiable,
    PublicKeyLengthWrong,
    PublicKeyOffCurve,
    SignatureInvalid,
    /// See `refusal` and `position`.
    ContentRefused
}

/// @notice The answer of the lens.
struct Inspection {
    Judgement judgement;
    Finding finding;
    /// Why the content is not taken, and where in the payload that was seen.
    RefusalReason refusal;
    uint256 position;
    /// Empty unless accepted.
    OcmfContent content;
    /// In 10⁻⁶ Wh; 0 unless begin and end are present.
    uint256 energyMicroWh;
    /// In seconds; 0 where the meter's clock proves no duration.
    uint256 chargingSeconds;
}

/// @title OCMF lens
/// @notice Lets anybody ask the chain about one record. It checks signature and content but knows no meter and no
/// session: whose key it is, whether `ID` is a session's tag and whether the record was used before is not asked here.
interface IOcmfLens {
    /// @notice Judges one record. Never reverts because of the record.
    /// @param publicKey X and Y, big-endian, each as long as the curve's field.
    /// @param payload The signed bytes: what stands between the first and the second `|`.
    /// @param r First half of the signature.
    /// @param s Second half of the signature; both s and n − s are accepted.
    function inspect(
        Curve curve,
        bytes calldata publicKey,
        bytes calldata payload,
        bytes32 r,
        bytes32 s
    ) external view returns (Inspection memory inspection);

    /// @notice Whether the key is a point of its curve; false also where the length is wrong. Not for 384-bit curves,
    /// whose arithmetic does not fit: these give false.
    function isOnCurve(Curve curve, bytes calldata publicKey) external pure returns (bool);

    /// @notice Reads the content.
    function ocmfScanner() external view returns (IOcmfScanner);
}
