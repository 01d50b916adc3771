// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev Credits of SettlementLedger, and what a challenge takes back; see docs/proofs.md. `owedMicro` follows every write
/// of an amount.
contract CreditModel {
    mapping(uint256 key => uint256) public freeMicro;
    mapping(uint256 credit => uint256) public finalMicro;
    mapping(uint256 credit => uint256) public provisionalMicro;
    uint256 public owedMicro;
    uint256 public balanceMicro;

    function deposit(uint256 key, uint256 amountMicro) external {
        require(amountMicro != 0 && owedMicro + amountMicro <= type(uint64).max);
        balanceMicro += amountMicro;
        (freeMicro[key], owedMicro) = (freeMicro[key] + amountMicro, owedMicro + amountMicro);
    }

    function withdraw(uint256 key, uint256 amountMicro) external {
        require(amountMicro != 0 && amountMicro <= freeMicro[key]);
        (freeMicro[key], owedMicro) = (freeMicro[key] - amountMicro, owedMicro - amountMicro);
        balanceMicro -= amountMicro;
    }

    /// @dev Opening and settlement in one: what is charged leaves the free balance.
    function charge(uint256 key, uint256 credit, uint256 amountMicro) external {
        require(amountMicro <= freeMicro[key]);
        (freeMicro[key], owedMicro) = (freeMicro[key] - amountMicro, owedMicro - amountMicro);
        (provisionalMicro[credit], owedMicro) = (provisionalMicro[credit] + amountMicro, owedMicro + amountMicro);
    }

    /// @dev Time does it in the contract; here anybody may, at any time.
    function makeFinal(uint256 credit, uint256 amountMicro) external {
        require(amountMicro <= provisionalMicro[credit]);
        (provisionalMicro[credit], owedMicro) = (provisionalMicro[credit] - amountMicro, owedMicro - amountMicro);
        (finalMicro[credit], owedMicro) = (finalMicro[credit] + amountMicro, owedMicro + amountMicro);
    }

    function withdrawCredit(uint256 credit, uint256 amountMicro) external {
        require(amountMicro != 0 && amountMicro <= finalMicro[credit]);
        (finalMicro[credit], owedMicro) = (finalMicro[credit] - amountMicro, owedMicro - amountMicro);
        balanceMicro -= amountMicro;
    }

    function refund(uint256 credit, uint256 key, uint256 amountMicro) external {
        require(amountMicro != 0 && amountMicro <= finalMicro[credit]);
        (finalMicro[credit], owedMicro) = (finalMicro[credit] - amountMicro, owedMicro - amountMicro);
        (freeMicro[key], owedMicro) = (freeMicro[key] + amountMicro, owedMicro + amountMicro);
    }

    function takeBack(uint256 credit, uint256 key, uint256 amountMicro) external {
        require(amountMicro <= provisionalMicro[credit]);
        (provisionalMicro[credit], owedMicro) = (provisionalMicro[credit] - amountMicro, owedMicro - amountMicro);
        (freeMicro[key], owedMicro) = (freeMicro[key] + amountMicro, owedMicro + amountMicro);
    }

    function checkSolvency() external view {
        assert(balanceMicro >= owedMicro);
    }
}
