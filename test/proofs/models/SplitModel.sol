// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev What becomes of holds in ChargingSettlement; see docs/proofs.md.
contract SplitModel {
    mapping(uint256 key => uint256) public freeMicro;
    mapping(uint256 key => uint256) public commitment;
    mapping(uint256 key => uint256) public heldMicro;
    mapping(uint256 credit => uint256) public creditMicro;

    /// @dev Whatever comes into a free balance otherwise: deposits, refunds, what a challenge brings.
    function deposit(uint256 key, uint256 amountMicro) external {
        require(amountMicro != 0);
        freeMicro[key] += amountMicro;
    }

    function withdraw(uint256 key, uint256 amountMicro) external {
        require(amountMicro != 0 && amountMicro <= freeMicro[key]);
        freeMicro[key] -= amountMicro;
    }

    function open(uint256 key, uint256 session, uint256 hold, uint256 expiry, uint256 time) external {
        require(session != 0 && commitment[key] == 0 && hold != 0 && hold <= freeMicro[key]);
        require(expiry > time && expiry <= time + 2 days);
        freeMicro[key] -= hold;
        (commitment[key], heldMicro[key]) = (session, hold);
    }

    function topUp(uint256 key, uint256 session, uint256 raised, uint256 amountMicro) external {
        require(session != 0 && raised != 0 && commitment[key] == session);
        require(amountMicro != 0 && amountMicro <= freeMicro[key]);
        uint256 boundBefore = freeMicro[key] + heldMicro[key];
        freeMicro[key] -= amountMicro;
        (commitment[key], heldMicro[key]) = (raised, heldMicro[key] + amountMicro);
        _check(boundBefore, heldMicro[key], freeMicro[key]);
    }

    function settle(uint256 key, uint256 session, uint256 credit, uint256 priceMicro) external {
        require(session != 0 && commitment[key] == session);
        (uint256 freeBefore, uint256 creditBefore) = (freeMicro[key], creditMicro[credit]);
        (uint256 charged, uint256 returned) = _split(heldMicro[key], priceMicro);
        commitment[key] = 0;
        freeMicro[key] += returned;
        creditMicro[credit] += charged;
        _check(heldMicro[key], creditMicro[credit] - creditBefore, freeMicro[key] - freeBefore);
    }

    function _split(uint256 hold, uint256 priceMicro) private pure returns (uint256 charged, uint256 returned) {
        return priceMicro < hold ? (priceMicro, hold - priceMicro) : (hold, 0);
    }

    function expire(uint256 key, uint256 session, uint256 expiry, uint256 time) external {
        require(session != 0 && commitment[key] == session && time > expiry);
        uint256 freeBefore = freeMicro[key];
        commitment[key] = 0;
        freeMicro[key] += heldMicro[key];
        _check(heldMicro[key], 0, freeMicro[key] - freeBefore);
    }

    /// @dev Whatever goes out of a credit: withdrawals, refunds, what a challenge takes back.
    function withdrawCredit(uint256 credit, uint256 amountMicro) external {
        require(amountMicro != 0 && amountMicro <= creditMicro[credit]);
        creditMicro[credit] -= amountMicro;
    }

    function compensate(uint256 credit, uint256 amountMicro) external {
        creditMicro[credit] += amountMicro;
    }

    function _check(uint256 hold, uint256 charged, uint256 returned) private pure {
        assert(charged <= hold && charged + returned == hold);
    }
}
