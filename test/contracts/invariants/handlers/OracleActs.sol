// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OracleSignature} from "../../../../contracts/interfaces/IOracleCommittee.sol";
import {bounded, cheats, timeNow} from "../../base/TestBase.sol";
import {Digests} from "../../base/Digests.sol";
import {Item} from "../world/GameModel.sol";
import {QuorumActs} from "./QuorumActs.sol";

/// @notice What honest oracles and the owner of their committee do: settle what meters measured, post bonds, change the
/// committee.
abstract contract OracleActs is QuorumActs {
    /// @notice Three items: a session, the same again, and any other session, live or not, sometimes with an older top-up.
    function settleBatch(uint256 seed, uint256 values) external step {
        if (sessionCount() == 0) return;
        Item[] memory items = new Item[](3);
        items[0] = _truthOf(_liveSession(seed));
        if (values % 32 == 1) _awaitQuorumsEnd(items[0].session, values >> 8);
        else if (values % 8 != 2) _awaitCharge(items[0].session);
        items[1] = _truthOf(items[0].session);
        items[2] = _truthOf((seed >> 128) % 2 == 0 ? _liveSession(seed >> 32) : (seed >> 129) % sessionCount());
        // Whoever signed before the driver raised the hold.
        if (values % 4 == 0) items[2].toppedUpMicro = 0;
        _settleItems(items, _quorum(seed >> 64), RELAYER, true);
    }

    /// @notice Waits to the last second in which a quorum can settle the session, or to the one after that.
    function _awaitQuorumsEnd(uint256 index, uint256 seed) private {
        uint256 end = uint256(_sessions[index].opening.openedAt) + CHANGE_DELAY - (seed % 2);
        if (timeNow() < end) _warp(end);
    }

    function postBond(uint256 oracle, uint256 amountMicro) external step {
        oracle = oracle % ORACLES;
        amountMicro = bounded(amountMicro, 1, 3_000_000);
        address payer = oracleOf(oracle);
        erc20.mint(payer, amountMicro);
        cheats.prank(payer);
        erc20.approve(address(oracleBonds), amountMicro);
        cheats.prank(payer);
        oracleBonds.postBond(payer, amountMicro);
        bondsMicro[oracle] += amountMicro;
        _succeeded("post bond");
    }

    function withdrawBond(uint256 oracle, uint256 amountMicro) external step {
        oracle = oracle % ORACLES;
        address payee = oracleOf(oracle);
        amountMicro = bounded(amountMicro, 1, bondsMicro[oracle] + 1);
        bool isFree = !_isLiable(oracle) && amountMicro <= bondsMicro[oracle];

        cheats.prank(payee);
        try oracleBonds.withdrawBond(amountMicro, payee) {
            if (!isFree) _break(18, "an oracle took back a bond that it answers with");
            bondsMicro[oracle] -= amountMicro;
            earnedMicro[payee] += amountMicro;
            _succeeded("withdraw bond");
        } catch {
            if (isFree) _break(12, "an oracle that is free of duties could not take its bond");
            _refused("refused bond withdrawal");
        }
    }

    /// @notice The owner schedules another committee; one that was scheduled and is not active yet is replaced.
    function changeCommittee(uint256 seed) external step {
        if (seed % 4 != 0) return;
        uint256 size = 1 + ((seed >> 8) % 4);
        uint256 first = (seed >> 16) % (ORACLES + 1 - size);
        uint256 version = _addCommittee(first, size, size == 1 ? 1 : size - 1);
        bool isEligible = true;
        for (uint256 i; i < size; ++i) if (_resignedAt[first + i] != 0) isEligible = false;

        address[] memory members = _membersOf(version);
        uint8 threshold = uint8(_committees[version].threshold);
        cheats.prank(OWNER);
        try oracleCommittee.schedule(members, threshold) {
            if (!isEligible) _break(18, "an oracle that resigned was named again");
            (_nextCommittee, _nextFrom) = (version, timeNow() + CHANGE_DELAY);
            _succeeded("change committee");
        } catch {
            if (isEligible) _break(0, "a committee could not be scheduled");
            // The contract did not use the number.
            --_committeeCount;
            delete _committees[version];
            _refused("refused oracle that resigned");
        }
    }

    /// @notice Only the last oracle does, so that enough are left.
    function resign(uint256 seed) external step {
        uint256 oracle = ORACLES - 1;
        if (seed % 4 != 0) return;
        bool isNamed = _resignedAt[oracle] == 0 && (_isIn(_currentCommittee, oracle) || _isIn(_nextCommittee, oracle));
        cheats.prank(oracleOf(oracle));
        try oracleCommittee.resign() {
            if (!isNamed) _break(18, "an oracle resigned who was none");
            _resignedAt[oracle] = timeNow();
            _succeeded("resign");
        } catch {
            if (isNamed) _break(12, "an oracle could not resign");
            _refused("refused resignation");
        }
    }

    /// @notice Somebody shows what is behind a claim, if there is something.
    function showRecords(uint256 seed, bool isOther) external step {
        (uint256 number, uint256 place) = _demandedClaim(seed);
        if (number == batchCount()) return;
        ModelBatch storage batch = _batches[number];
        ModelClaim storage claim = batch.claims[place];
        Session storage session = _sessions[claim.session];
        bool isEvidence = batch.evidenceRoot == Digests.rootOf(batch.evidence, 0, batch.evidence.length);
        bool isOpen = timeNow() <= claim.answerableUntil && !claim.isShown && !claim.isDefaulted;
        Item memory item = _claimedOf(claim);
        if (isOther) item.energyMicroWh += 1;
        bytes32[] memory proof = Digests.proofOf(batch.evidence, claim.index);

        cheats.prank(RELAYER);
        try challenges.showRecords(session.terms, _recordsOfItem(item, false), proof) {
            if (!isOpen) _break(12, "records were shown after their time");
            if (!isEvidence || isOther) _break(18, "records were shown that nobody had signed for");
            claim.isShown = true;
            _succeeded("show records");
        } catch {
            if (isOpen && isEvidence && !isOther) _break(18, "records could not be shown");
            _refused(isOther ? "refused other records" : "refused records");
        }
    }

    /// @notice A quorum lowers what a session costs, whether a self-declared meter settled it or not.
    function lowerPrice(uint256 seed) external step {
        if (sessionCount() == 0) return;
        uint256 index = _provenSession(seed);
        Session storage session = _sessions[index];
        uint256 paidMicro = session.chargedMicro - session.refundedMicro;
        uint256 priceMicro = paidMicro == 0 || (seed >> 64) % 4 == 0 ? paidMicro : (seed >> 72) % paidMicro;
        bool isRight = session.provenAt != 0 && timeNow() <= session.provenAt + WINDOW && priceMicro < paidMicro;
        uint256[] memory signers = _quorum(seed);
        if (signers.length == 0) return;
        bytes32 digest = Digests.ofLowering(address(settlement), session.id, priceMicro);
        OracleSignature[] memory signatures = _signedByOracles(digest, signers);

        cheats.prank(RELAYER);
        try challenges.lowerPrice(session.terms, uint64(priceMicro), signatures) {
            if (!isRight) _break(18, "a quorum lowered a price that was final, or raised one");
            _recordLowering(index, priceMicro);
            _succeeded("lower a price");
        } catch {
            if (isRight) _break(18, "a quorum could not lower a price");
            _refused("refused lowering");
        }
    }

    /// @dev One that a self-declared meter settled, if there is any from there on.
    function _provenSession(uint256 seed) private view returns (uint256 index) {
        for (uint256 i; i < sessionCount(); ++i) {
            index = (seed + i) % sessionCount();
            if (_sessions[index].provenAt != 0 && timeNow() <= _sessions[index].provenAt + WINDOW) return index;
        }
    }

    function _isLiable(uint256 oracle) private view returns (bool) {
        if (_resignedAt[oracle] != 0) return timeNow() < _resignedAt[oracle] + LIABILITY;
        if (_isIn(_currentCommittee, oracle) || _isIn(_nextCommittee, oracle)) return true;
        return _isIn(_previousCommittee, oracle) && timeNow() < _currentFrom + LIABILITY;
    }

    function _isIn(uint256 version, uint256 oracle) private view returns (bool) {
        uint256[] storage members = _committees[version].members;
        for (uint256 i; i < members.length; ++i) if (members[i] == oracle) return true;
        return false;
    }
}
