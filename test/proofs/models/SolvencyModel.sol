// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev The money of ChargingSettlement; see docs/proofs.md. `owedMicro` follows every write of an amount.
contract SolvencyModel {
    mapping(uint256 key => uint256) public freeMicro;
    mapping(uint256 key => uint256) public commitment;
    mapping(uint256 key => uint256) public heldMicro;
    mapping(uint256 credit => uint256) public creditMicro;
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

    function open(uint256 key, uint256 session, uint256 hold, uint256 expiry, uint256 time) external {
        require(session != 0 && commitment[key] == 0 && hold != 0 && hold <= freeMicro[key]);
        require(expiry > time && expiry <= time + 2 days);
        (freeMicro[key], owedMicro) = (freeMicro[key] - hold, owedMicro - hold);
        commitment[key] = session;
        (heldMicro[key], owedMicro) = (hold, owedMicro + hold);
    }

    function topUp(uint256 key, uint256 session, uint256 raised, uint256 amountMicro) external {
        require(session != 0 && raised != 0 && commitment[key] == session);
        require(amountMicro != 0 && amountMicro <= freeMicro[key]);
        (freeMicro[key], owedMicro) = (freeMicro[key] - amountMicro, owedMicro - amountMicro);
        commitment[key] = raised;
        (heldMicro[key], owedMicro) = (heldMicro[key] + amountMicro, owedMicro + amountMicro);
    }

    function settle(uint256 key, uint256 session, uint256 credit, uint256 priceMicro) external {
        require(session != 0 && commitment[key] == session);
        uint256 hold = heldMicro[key];
        uint256 charged = priceMicro < hold ? priceMicro : hold;
        (commitment[key], heldMicro[key], owedMicro) = (0, 0, owedMicro - hold);
        (freeMicro[key], owedMicro) = (freeMicro[key] + hold - charged, owedMicro + hold - charged);
        (creditMicro[credit], owedMicro) = (creditMicro[credit] + charged, owedMicro + charged);
    }

    function expire(uint256 key, uint256 session, uint256 expiry, uint256 time) external {
        require(session != 0 && commitment[key] == session && time > expiry);
        uint256 hold = heldMicro[key];
        (commitment[key], heldMicro[key], owedMicro) = (0, 0, owedMicro - hold);
        (freeMicro[key], owedMicro) = (freeMicro[key] + hold, owedMicro + hold);
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
