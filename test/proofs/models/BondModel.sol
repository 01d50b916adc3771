// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev Bonds of SettlementLedger, and what they pay; see docs/proofs.md. `owedMicro` follows every write of an amount.
contract BondModel {
    mapping(uint256 key => uint256) public freeMicro;
    mapping(uint256 credit => uint256) public creditMicro;
    mapping(uint256 oracle => uint256) public bondMicro;
    uint256 public owedMicro;
    uint256 public balanceMicro;

    function postBond(uint256 oracle, uint256 amountMicro) external {
        require(amountMicro != 0 && owedMicro + amountMicro <= type(uint64).max);
        balanceMicro += amountMicro;
        (bondMicro[oracle], owedMicro) = (bondMicro[oracle] + amountMicro, owedMicro + amountMicro);
    }

    function withdrawBond(uint256 oracle, uint256 amountMicro) external {
        require(amountMicro != 0 && amountMicro <= bondMicro[oracle]);
        (bondMicro[oracle], owedMicro) = (bondMicro[oracle] - amountMicro, owedMicro - amountMicro);
        balanceMicro -= amountMicro;
    }

    /// @dev As far as the bond goes.
    function compensate(uint256 oracle, uint256 credit, uint256 amountMicro) external {
        uint256 part = bondMicro[oracle] < amountMicro ? bondMicro[oracle] : amountMicro;
        (bondMicro[oracle], owedMicro) = (bondMicro[oracle] - part, owedMicro - part);
        (creditMicro[credit], owedMicro) = (creditMicro[credit] + part, owedMicro + part);
    }

    function reward(uint256 oracle, uint256 key, uint256 amountMicro) external {
        uint256 part = bondMicro[oracle] < amountMicro ? bondMicro[oracle] : amountMicro;
        (bondMicro[oracle], owedMicro) = (bondMicro[oracle] - part, owedMicro - part);
        (freeMicro[key], owedMicro) = (freeMicro[key] + part, owedMicro + part);
    }

    function withdraw(uint256 key, uint256 amountMicro) external {
        require(amountMicro != 0 && amountMicro <= freeMicro[key]);
        (freeMicro[key], owedMicro) = (freeMicro[key] - amountMicro, owedMicro - amountMicro);
        balanceMicro -= amountMicro;
    }

    function withdrawCredit(uint256 credit, uint256 amountMicro) external {
        require(amountMicro != 0 && amountMicro <= creditMicro[credit]);
        (creditMicro[credit], owedMicro) = (creditMicro[credit] - amountMicro, owedMicro - amountMicro);
        balanceMicro -= amountMicro;
    }

    function checkSolvency() external view {
        assert(balanceMicro >= owedMicro);
    }
}
