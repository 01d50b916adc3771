// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

import {Curve} from "../interfaces/IMeterRegistry.sol";

/// @title Elliptic curves of meter keys
/// @notice Whether a key is a point of its curve. The curves are y² = x³ + ax + b over a prime field and have cofactor 1,
/// so that every point but the one at infinity, which has no coordinates, is a key. Parameters: SEC 2 version 2.0 for
/// secp…, RFC 5639 for brainpool.
library EllipticCurve {
    /// @notice How many bytes a coordinate has; 0 for `None`.
    function coordinateBytesOf(Curve curve) internal pure returns (uint256) {
        if (curve == Curve.None) return 0;
        if (curve == Curve.Secp192r1 || curve == Curve.Secp192k1) return 24;
        if (curve == Curve.Secp224k1) return 28;
        if (curve == Curve.Secp384r1 || curve == Curve.BrainpoolP384r1) return 48;
        return 32;
    }

    /// @notice Whether this contract can do the arithmetic of the curve: its field fits 256 bits.
    function isComputable(Curve curve) internal pure returns (bool) {
        uint256 coordinateBytes = coordinateBytesOf(curve);
        return coordinateBytes != 0 && coordinateBytes <= 32;
    }

    /// @notice Whether (x, y) is a point of the curve, both coordinates reduced. The curve must be computable.
    function isOnCurve(Curve curve, uint256 x, uint256 y) internal pure returns (bool) {
        (uint256 p, uint256 a, uint256 b) = _parametersOf(curve);
        if (x >= p || y >= p) return false;
        uint256 cubic = mulmod(addmod(mulmod(x, x, p), a, p), x, p);
        return mulmod(y, y, p) == addmod(cubic, b, p);
    }

    /// @notice The coordinates in a public key of two equal halves, each of at most 32 bytes.
    function coordinatesOf(bytes memory publicKey) internal pure returns (uint256 x, uint256 y) {
        uint256 coordinateBytes = publicKey.length / 2;
        // Byte by byte it would take 13,000 gas for each record that is verified.
        assembly ("memory-safe") {
            let shift := sub(256, shl(3, coordinateBytes))
            x := shr(shift, mload(add(publicKey, 32)))
            y := shr(shift, mload(add(add(publicKey, 32), coordinateBytes)))
        }
    }

    function _parametersOf(Curve curve) private pure returns (uint256 p, uint256 a, uint256 b) {
        if (curve == Curve.Secp256r1) return (P256.P, P256.A, P256.B);
        if (curve == Curve.Secp256k1) {
            return (0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f, 0, 7);
        }
        if (curve == Curve.Secp192r1) {
            return (
                0xfffffffffffffffffffffffffffffffeffffffffffffffff,
                0xfffffffffffffffffffffffffffffffefffffffffffffffc,
                0x64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1
            );
        }
        if (curve == Curve.Secp192k1) {
            return (0xfffffffffffffffffffffffffffffffffffffffeffffee37, 0, 3);
        }
        if (curve == Curve.Secp224k1) {
            return (0xfffffffffffffffffffffffffffffffffffffffffffffffeffffe56d, 0, 5);
        }
        // BrainpoolP256r1; for a curve that is not computable no point is below p = 0.
        if (curve == Curve.BrainpoolP256r1) {
            return (
                0xa9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377,
                0x7d5a0975fc2c3057eef67530417affe7fb8055c126dc5c6ce94a4b44f330b5d9,
                0x26dc5c6ce94a4b44f330b5d9bbd77cbf958416295cf7e1ce6bccdc18ff8c07b6
            );
        }
    }
}
