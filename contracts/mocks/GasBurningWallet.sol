// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Gas-burning wallet
/// @notice A contract that accepts every signature (ERC-1271) after using so much gas. For tests only.
contract GasBurningWallet {
    bytes4 private constant MAGIC = 0x1626ba7e;

    uint256 public toBurn;

    function setToBurn(uint256 gasToBurn) external {
        toBurn = gasToBurn;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        uint256 burn = toBurn;
        uint256 start = gasleft();
        bytes32 waste;
        while (start - gasleft() < burn) waste = keccak256(abi.encode(waste));
        return waste == 0 && burn > 1000 ? bytes4(0) : MAGIC;
    }
}
