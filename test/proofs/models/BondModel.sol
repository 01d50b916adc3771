// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev Bonds of OracleBonds, and what a case of each pays to one account; see docs/proofs.md. `owedMicro` follows every
/// write of an amount.
contract BondModel {
    mapping(uint256 oracle => uint256) public bondMicro;
    mapping(uint256 oracle => uint256) public poolMicro;
    mapping(uint256 oracle => uint256) public lossMicro;
    mapping(uint256 oracle => uint256) public payableMicro;
    /// 0 before the first loss, 1 while losses count, 2 afterwards.
    mapping(uint256 oracle => uint256) public stage;
    uint256 public creditMicro;
    uint256 public owedMicro;
    uint256 public burntMicro;
    uint256 public balanceMicro;

    function postBond(uint256 oracle, uint256 amountMicro) external {
        require(amountMicro != 0 && owedMicro + burntMicro + amountMicro <= type(uint64).max);
        balanceMicro += amountMicro;
        (bondMicro[oracle], owedMicro) = (bondMicro[oracle] + amountMicro, owedMicro + amountMicro);
    }

    function withdrawBond(uint256 oracle, uint256 amountMicro) external {
        require(amountMicro != 0 && amountMicro <= bondMicro[oracle]);
        (bondMicro[oracle], owedMicro) = (bondMicro[oracle] - amountMicro, owedMicro - amountMicro);
        balanceMicro -= amountMicro;
    }

    /// @dev The first loss freezes the bond; one that comes when the case is closed counts no more.
    function lose(uint256 oracle, uint256 amountMicro) external {
        require(amountMicro <= type(uint64).max);
        if (stage[oracle] == 2) return;
        if (stage[oracle] == 0) {
            (poolMicro[oracle], stage[oracle], owedMicro) = (bondMicro[oracle], 1, owedMicro - bondMicro[oracle]);
            owedMicro += poolMicro[oracle];
            bondMicro[oracle] = 0;
        }
        if (poolMicro[oracle] != 0) lossMicro[oracle] += amountMicro;
    }

    function close(uint256 oracle) external {
        require(stage[oracle] == 1);
        uint256 used = 2 * lossMicro[oracle] < poolMicro[oracle] ? 2 * lossMicro[oracle] : poolMicro[oracle];
        uint256 left = poolMicro[oracle] - used;
        owedMicro -= poolMicro[oracle];
        (payableMicro[oracle], owedMicro) = (used / 2, owedMicro + used / 2);
        (bondMicro[oracle], owedMicro) = (bondMicro[oracle] + left, owedMicro + left);
        burntMicro += used - used / 2;
        (poolMicro[oracle], stage[oracle]) = (0, 2);
    }

    function collect(uint256 oracle) external {
        require(payableMicro[oracle] != 0);
        uint256 part = payableMicro[oracle];
        (payableMicro[oracle], owedMicro) = (0, owedMicro - part);
        (creditMicro, owedMicro) = (creditMicro + part, owedMicro + part);
    }

    function withdrawCredit(uint256 amountMicro) external {
        require(amountMicro != 0 && amountMicro <= creditMicro);
        (creditMicro, owedMicro) = (creditMicro - amountMicro, owedMicro - amountMicro);
        balanceMicro -= amountMicro;
    }

    function checkSolvency() external view {
        assert(balanceMicro >= owedMicro + burntMicro);
    }
}
