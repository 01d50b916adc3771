// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

import {Curve} from "../interfaces/IMeterRegistry.sol";

/// @title Signature of a meter
/// @notice ECDSA over SHA-256 of the bytes that the meter signed, exactly as they are. On secp256r1 and secp256k1; for
/// the other curves there is no precompiled contract, and an oracle attests.
library MeterSignature {
    uint256 private constant SECP256K1_N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    /// @notice Whether signatures on the curve can be verified here.
    function isVerifiable(Curve curve) internal pure returns (bool) {
        return curve == Curve.Secp256r1 || curve == Curve.Secp256k1;
    }

    /// @notice Whether (r, s) is the key's signature of the payload. r and s must lie between 1 and n − 1 and are never
    /// reduced; of s and n − s, which are equally valid and which meters use equally often, both are accepted.
    /// Warning: so one record has two valid signatures. Never identify a record by its signature.
    /// @param curve secp256r1 or secp256k1; false for any other.
    /// @param x The key's coordinates; a point of the curve.
    /// @param y See `x`.
    function isValid(
        Curve curve,
        uint256 x,
        uint256 y,
        bytes calldata payload,
        bytes32 r,
        bytes32 s
    ) internal view returns (bool) {
        return isValidOfDigest(curve, x, y, sha256(payload), r, s);
    }

    /// @notice The same for a digest, which is signed as it stands.
    function isValidOfDigest(
        Curve curve,
        uint256 x,
        uint256 y,
        bytes32 digest,
        bytes32 r,
        bytes32 s
    ) internal view returns (bool) {
        if (curve == Curve.Secp256r1) {
            // The library wants the lower of both twins. It calls the precompiled contract of EIP-7951 (RIP-7212), or
            // computes where there is none.
            return P256.verify(digest, r, _lowerTwin(s, P256.N), bytes32(x), bytes32(y));
        }
        if (curve == Curve.Secp256k1) return _isValidSecp256k1(digest, x, y, r, _lowerTwin(s, SECP256K1_N));
        return false;
    }

    /// @dev A key of secp256k1 is known to the chain by its address. Recovery gives the key from the signature and one bit
    /// of the point that r stands for; a meter does not write this bit down, so that both are tried. Range checks are the
    /// precompiled contract's: it gives the zero address for r or s of 0 or above n − 1.
    function _isValidSecp256k1(bytes32 digest, uint256 x, uint256 y, bytes32 r, bytes32 s) private pure returns (bool) {
        address signer = address(uint160(uint256(keccak256(abi.encode(x, y)))));
        if (signer == address(0)) return false;
        return ecrecover(digest, 27, r, s) == signer || ecrecover(digest, 28, r, s) == signer;
    }

    function _lowerTwin(bytes32 s, uint256 n) private pure returns (bytes32) {
        unchecked {
            // Above n it stays what it is, and is refused.
            return uint256(s) > n / 2 && uint256(s) < n ? bytes32(n - uint256(s)) : s;
        }
    }
}
