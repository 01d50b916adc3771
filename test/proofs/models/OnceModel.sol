// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev The sessions of one account of ChargingSettlement; see docs/proofs.md.
contract OnceModel {
    uint256 public nonce;
    uint256 public commitment;
    /// The nonce of the live session; without meaning when there is none.
    uint256 public liveNonce;
    /// Above the nonce of every session that was settled or expired.
    uint256 public endedBelow;
    uint256 public openedCount;
    uint256 public endedCount;

    function advanceNonce() external {
        require(nonce < type(uint32).max);
        nonce += 1;
    }

    function open(uint256 session, uint256 itsNonce, uint256 hold, uint256 expiry, uint256 time) external {
        require(session != 0);
        require(commitment == 0);
        require(itsNonce == nonce);
        require(itsNonce != type(uint32).max);
        require(hold != 0);
        require(expiry > time);
        require(expiry <= time + 2 days);
        (nonce, commitment) = (nonce + 1, session);
        (liveNonce, openedCount) = (itsNonce, openedCount + 1);
    }

    function topUp(uint256 session, uint256 raised) external {
        require(session != 0 && raised != 0);
        require(commitment == session);
        commitment = raised;
    }

    function settle(uint256 session) external {
        require(session != 0);
        require(commitment == session);
        commitment = 0;
        (endedBelow, endedCount) = (liveNonce + 1, endedCount + 1);
    }

    function expire(uint256 session, uint256 expiry, uint256 time) external {
        require(session != 0);
        require(commitment == session);
        require(time > expiry);
        commitment = 0;
        (endedBelow, endedCount) = (liveNonce + 1, endedCount + 1);
    }

    function checkOnce() external view {
        bool isLive = commitment != 0;
        assert(
            openedCount == endedCount + (isLive ? 1 : 0) &&
                endedBelow <= nonce &&
                (!isLive || (endedBelow <= liveNonce && liveNonce < nonce))
        );
    }
}
