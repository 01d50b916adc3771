// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Opening, PackedMetering, SessionTerms} from "../../../../contracts/interfaces/IChargingSettlement.sol";
import {
    PackedConnectedFee,
    PackedEnergyBands,
    PackedLimits,
    PackedTaxes,
    Tariff
} from "../../../../contracts/interfaces/ITariffRegistry.sol";
import {Digests} from "../../base/Digests.sol";
import {timeNow} from "../../base/TestBase.sol";
import {GameLog} from "./GameLog.sol";

/// @notice What is claimed of a session.
struct Item {
    uint256 session;
    uint256 toppedUpMicro;
    uint256 energyMicroWh;
    uint256 chargingSeconds;
    uint256 connectedSeconds;
}

/// @title Model of the game
/// @notice How the state should change. Nothing here shares code with the contracts.
abstract contract GameModel is GameLog {
    /* SESSIONS */

    /// @notice Whether the hold of this session can still be raised.
    function _isRaisable(Session storage session) internal view returns (bool) {
        uint256 free = accounts[driverIndexOf(session.terms.driver)][session.terms.lane].freeMicro;
        return session.status == Status.Live && free != 0 && timeNow() + TOP_UP_MARGIN <= session.terms.expiresAt;
    }

    /// @notice Whether these terms, whose driver agreed, should open.
    function _isOpenable(SessionTerms memory terms) internal view returns (bool) {
        ModelAccount storage account = accounts[driverIndexOf(terms.driver)][terms.lane];
        if (isPaused || account.live != 0 || terms.nonce != account.nonce) return false;
        if (terms.holdMicro == 0 || terms.holdMicro > account.freeMicro) return false;
        return _isBinding(terms.agreement, operatorIndexOf(terms.operator));
    }

    function _isBinding(uint256 agreement, uint256 operator) internal view returns (bool) {
        if (agreement == 0) return true;
        ModelAgreement storage content = _agreements[agreement];
        if (content.operator != operator || content.isRetired) return false;
        return content.signedCount == content.partners.length;
    }

    function _recordOpening(SessionTerms memory terms, Tariff memory tariff, bytes32 id) internal {
        ModelAccount storage account = accounts[driverIndexOf(terms.driver)][terms.lane];
        account.freeMicro -= terms.holdMicro;
        account.nonce += 1;
        Session storage session = _sessions.push();
        session.terms = terms;
        session.tariff = tariff;
        session.id = id;
        session.opening = Opening(uint40(timeNow()), uint24(uint256(blockhash(block.number - 1))));
        account.live = _sessions.length;
        _measure(session, uint256(keccak256(abi.encode("measured", id))));
    }

    /// @dev What the meter will have seen at the end of the session.
    function _measure(Session storage session, uint256 seed) private {
        ModelMeter storage meter = meters[operatorIndexOf(session.terms.operator)];
        session.pagination = meter.nextPagination + (seed % 3);
        meter.nextPagination = session.pagination + 2;
        session.beginMicroWh = meter.registerMicroWh + ((seed >> 8) % 1_000_000);
        session.endMicroWh = session.beginMicroWh + ((seed >> 32) % 6 == 0 ? 0 : (seed >> 40) % 60_000_000_000);
        meter.registerMicroWh = session.endMicroWh;
        // Seldom, and then by hours, the meter's clock is set forward meanwhile.
        session.chargingSeconds = (seed >> 100) % ((seed >> 90) % 8 == 0 ? 40_000 : 4_000);
    }

    /// @notice Books the claims of a batch that a quorum signed, in order; gives back how many were settled.
    function _recordBatch(
        Item[] memory items,
        uint256[] memory signers,
        bytes32 evidenceRoot,
        bytes32[] memory evidence
    ) internal returns (uint256 settledCount) {
        ModelBatch storage batch = _batches.push();
        batch.settledAt = timeNow();
        batch.signers = signers;
        batch.evidenceRoot = evidenceRoot;
        batch.evidence = evidence;
        batch.leaves = new bytes32[](items.length);
        for (uint256 i; i < items.length; ++i) {
            string memory refusal = _refusalOf(items[i]);
            if (bytes(refusal).length != 0) {
                _succeeded(refusal);
                continue;
            }
            Session storage session = _sessions[items[i].session];
            uint256 operator = operatorIndexOf(session.terms.operator);
            _recordSettlement(session, items[i]);
            uint256 epoch = timeNow() / EPOCH;
            _credits[operator][session.terms.agreement].provisionalMicro[epoch] += session.chargedMicro;
            epochUseMicro[operator][epoch] += session.chargedMicro;
            batch.leaves[i] = Digests.ofClaim(session.id, _metering(items[i]));
            ModelClaim storage claim = batch.claims.push();
            (claim.session, claim.index, claim.metering) = (items[i].session, i, _metering(items[i]));
            claim.paidMicro = session.chargedMicro;
            ++settledCount;
            _succeeded(items[i].energyMicroWh == 0 ? "settle without energy" : "settle");
        }
        if (settledCount == 0) _batches.pop();
    }

    /// @dev Why a claim is skipped; empty if it is not.
    function _refusalOf(Item memory item) private view returns (string memory) {
        Session storage session = _sessions[item.session];
        if (session.status != Status.Live) return "skipped settlement";
        if (item.toppedUpMicro != session.toppedUpMicro) return "skipped with another top-up";
        uint256 elapsed = timeNow() - session.opening.openedAt;
        if (elapsed >= CHANGE_DELAY) return "skipped after the quorum's time";
        if (item.chargingSeconds > item.connectedSeconds || item.connectedSeconds > elapsed) {
            return "skipped out of time's bounds";
        }
        if (!_isWithinPower(item, timeNow())) return "skipped above power";
        uint256 used = epochUseMicro[operatorIndexOf(session.terms.operator)][timeNow() / EPOCH];
        return used + _chargeFor(session, item) > EPOCH_LIMIT ? "skipped at the epoch's limit" : "";
    }

    function _isWithinPower(Item memory item, uint256 settledAt) internal view returns (bool) {
        Session storage session = _sessions[item.session];
        uint256 elapsed = settledAt - session.opening.openedAt;
        return item.energyMicroWh <= (elapsed * session.terms.maximumPowerW * 1e6) / 3_600;
    }

    /// @notice Whether a maker vouches for the operator's meter: for the first one's.
    function _isVouched(Session storage session) internal view returns (bool) {
        return operatorIndexOf(session.terms.operator) == 0;
    }

    /// @notice Books a settlement by the meter's records, whose credit is final where a maker vouches for the meter.
    function _recordProof(uint256 index, uint256 lastPagination) internal {
        Session storage session = _sessions[index];
        uint256 operator = operatorIndexOf(session.terms.operator);
        _recordSettlement(session, _provenOf(_truthOf(index), timeNow()));
        ModelCredit storage credit = _credits[operator][session.terms.agreement];
        if (_isVouched(session)) {
            credit.finalMicro += session.chargedMicro;
        } else {
            uint256 epoch = timeNow() / EPOCH;
            credit.provisionalMicro[epoch] += session.chargedMicro;
            epochUseMicro[operator][epoch] += session.chargedMicro;
            if (session.chargedMicro != 0) session.provenAt = timeNow();
        }
        ModelMeter storage meter = meters[operator];
        (meter.isUsed, meter.lastPagination, meter.lastRegisterMicroWh) = (true, lastPagination, session.endMicroWh);
    }

    function _recordSettlement(Session storage session, Item memory item) private {
        uint256 held = session.terms.holdMicro + session.toppedUpMicro;
        session.priceMicro = _priceOf(session.tariff, item.energyMicroWh, item.chargingSeconds, item.connectedSeconds);
        session.chargedMicro = _chargeFor(session, item);
        session.returnedMicro = held - session.chargedMicro;
        session.status = Status.Settled;
        _release(session);
    }

    /// @notice Books what driver and operator agreed on, whose credit is final.
    function _recordAgreement(uint256 index, uint256 chargedMicro) internal {
        Session storage session = _sessions[index];
        (session.priceMicro, session.chargedMicro) = (chargedMicro, chargedMicro);
        session.returnedMicro = session.terms.holdMicro + session.toppedUpMicro - chargedMicro;
        session.status = Status.Settled;
        _credits[operatorIndexOf(session.terms.operator)][session.terms.agreement].finalMicro += chargedMicro;
        _release(session);
    }

    /// @notice Books the whole hold as free again.
    function _recordReturn(uint256 index, Status status) internal {
        Session storage session = _sessions[index];
        session.status = status;
        session.returnedMicro = session.terms.holdMicro + session.toppedUpMicro;
        _release(session);
    }

    function _release(Session storage session) private {
        ModelAccount storage account = accounts[driverIndexOf(session.terms.driver)][session.terms.lane];
        account.freeMicro += session.returnedMicro;
        account.live = 0;
    }

    /* WHAT METERS HAVE SEEN */

    /// @notice What the session's meter will show.
    function _truthOf(uint256 index) internal view returns (Item memory) {
        Session storage session = _sessions[index];
        uint256 energyMicroWh = session.endMicroWh - session.beginMicroWh;
        return Item(index, session.toppedUpMicro, energyMicroWh, session.chargingSeconds, session.chargingSeconds);
    }

    /// @notice What records that show this prove of a session that is settled then: no more time than has passed.
    function _provenOf(Item memory shown, uint256 settledAt) internal view returns (Item memory proven) {
        uint256 latest = settledAt - _sessions[shown.session].opening.openedAt;
        uint256 provenSeconds = shown.chargingSeconds > latest ? 0 : shown.chargingSeconds;
        return Item(shown.session, shown.toppedUpMicro, shown.energyMicroWh, provenSeconds, provenSeconds);
    }

    /// @notice Whether the meter lane would take the session's records.
    function _isProvable(uint256 index) internal view returns (bool) {
        Session storage session = _sessions[index];
        ModelMeter storage meter = meters[operatorIndexOf(session.terms.operator)];
        if (session.status != Status.Live) return false;
        if (!_isWithinPower(_truthOf(index), timeNow())) return false;
        if (meter.isUsed && session.pagination <= meter.lastPagination) return false;
        if (_isVouched(session)) return true;
        uint256 used = epochUseMicro[operatorIndexOf(session.terms.operator)][timeNow() / EPOCH];
        return used + _chargeFor(session, _provenOf(_truthOf(index), timeNow())) <= EPOCH_LIMIT;
    }

    function _metering(Item memory item) internal view returns (PackedMetering) {
        Opening memory opening = _sessions[item.session].opening;
        bytes memory word = abi.encodePacked(
            opening.openedAt,
            opening.salt,
            uint64(item.toppedUpMicro),
            uint64(item.energyMicroWh),
            uint32(item.chargingSeconds),
            uint32(item.connectedSeconds)
        );
        return PackedMetering.wrap(uint256(bytes32(word)));
    }

    /* CORRECTION */

    /// @notice What is paid of a settled claim, and what its meter's records give.
    function _pricesOf(uint256 number, uint256 place) internal view returns (uint256 paidMicro, uint256 provenMicro) {
        ModelClaim storage claim = _batches[number].claims[place];
        return (claim.paidMicro, _provenMicro(number, claim.session));
    }

    /// @notice What the meter's records of a session in this batch give.
    function _provenMicro(uint256 number, uint256 session) internal view returns (uint256) {
        return _chargeFor(_sessions[session], _provenOf(_truthOf(session), _batches[number].settledAt));
    }

    /// @notice What was paid too much is the driver's at once, and no bond is touched.
    function _recordChallenge(uint256 number, uint256 place) internal {
        ModelBatch storage batch = _batches[number];
        ModelClaim storage claim = batch.claims[place];
        Session storage session = _sessions[claim.session];
        (uint256 paidMicro, uint256 provenMicro) = _pricesOf(number, place);
        uint256 refundedMicro = paidMicro - provenMicro;
        claim.paidMicro = provenMicro;
        session.refundedMicro += refundedMicro;
        ModelCredit storage credit = _credits[operatorIndexOf(session.terms.operator)][session.terms.agreement];
        credit.provisionalMicro[batch.settledAt / EPOCH] -= refundedMicro;
        accounts[driverIndexOf(session.terms.driver)][session.terms.lane].freeMicro += refundedMicro;
    }

    /// @notice A quorum lowered what a self-declared meter settled: the difference is the driver's at once.
    function _recordLowering(uint256 index, uint256 priceMicro) internal {
        Session storage session = _sessions[index];
        uint256 refundedMicro = session.chargedMicro - session.refundedMicro - priceMicro;
        session.refundedMicro += refundedMicro;
        ModelCredit storage credit = _credits[operatorIndexOf(session.terms.operator)][session.terms.agreement];
        credit.provisionalMicro[session.provenAt / EPOCH] -= refundedMicro;
        accounts[driverIndexOf(session.terms.driver)][session.terms.lane].freeMicro += refundedMicro;
    }

    /// @notice What a quorum claimed, as far as a meter can have signed it: connected as long as it charged.
    function _claimedOf(ModelClaim storage claim) internal view returns (Item memory) {
        uint256 word = PackedMetering.unwrap(claim.metering);
        return Item(claim.session, uint64(word >> 128), uint64(word >> 64), uint32(word >> 32), uint32(word >> 32));
    }

    /// @notice Counts a loss against those who signed, in proportion to what they have at stake.
    function _recordLoss(ModelBatch storage batch, uint256[3] memory parts) internal {
        uint256 allMicro;
        uint256[] memory numbers = new uint256[](batch.signers.length);
        for (uint256 i; i < numbers.length; ++i) {
            numbers[i] = _caseFor(batch.signers[i], batch.settledAt);
            ModelCase storage found = _cases[batch.signers[i]][numbers[i]];
            if (!found.isClosed) allMicro += found.poolMicro;
        }
        for (uint256 i; i < numbers.length; ++i) {
            ModelCase storage found = _cases[batch.signers[i]][numbers[i]];
            if (found.isClosed || found.poolMicro == 0) continue;
            for (uint256 k; k < 3; ++k) found.claimedMicro += (parts[k] * found.poolMicro) / allMicro;
        }
    }

    function _caseFor(uint256 oracle, uint256 settledAt) private returns (uint256) {
        ModelCase[] storage cases = _cases[oracle];
        for (uint256 i; i < cases.length; ++i) if (cases[i].openedAt >= settledAt) return i;
        cases.push(ModelCase(timeNow(), bondsMicro[oracle], 0, false));
        bondsMicro[oracle] = 0;
        return cases.length - 1;
    }

    /// @notice As much as a case pays is burnt; the rest is the oracle's again.
    function _recordClosing(uint256 oracle, uint256 number) internal {
        ModelCase storage found = _cases[oracle][number];
        uint256 twice = 2 * found.claimedMicro;
        uint256 used = twice < found.poolMicro ? twice : found.poolMicro;
        found.isClosed = true;
        burntMicro += used - used / 2;
        bondsMicro[oracle] += found.poolMicro - used;
    }

    /* PARTIES */

    /// @notice What a party may have taken out of a total.
    function _partOf(
        uint256 operator,
        uint256 agreement,
        address party,
        uint256 totalMicro
    ) internal view returns (uint256) {
        if (agreement == 0) return party == operatorOf(operator) ? totalMicro : 0;
        ModelAgreement storage content = _agreements[agreement];
        uint256 partnersBps;
        for (uint256 i; i < content.partners.length; ++i) {
            if (partnerOf(content.partners[i]) == party) return (totalMicro * content.shareBps[i]) / 10_000;
            partnersBps += content.shareBps[i];
        }
        if (party != operatorOf(operator)) return 0;
        uint256 rest = totalMicro * (10_000 - partnersBps);
        return rest % 10_000 == 0 ? rest / 10_000 : rest / 10_000 + 1;
    }

    function _withdrawableOf(uint256 operator, uint256 agreement, address party) internal view returns (uint256) {
        ModelCredit storage credit = _credits[operator][agreement];
        return _partOf(operator, agreement, party, credit.finalMicro) - credit.withdrawnMicro[party];
    }

    /* PRICE */

    function _chargeFor(Session storage session, Item memory item) internal view returns (uint256) {
        uint256 price = _priceOf(session.tariff, item.energyMicroWh, item.chargingSeconds, item.connectedSeconds);
        uint256 held = session.terms.holdMicro + session.toppedUpMicro;
        return price > held ? held : price;
    }

    /// @dev The price in words of its own: everything in whole steps, each component and its tax floored, then the limits.
    function _priceOf(
        Tariff memory tariff,
        uint256 energyMicroWh,
        uint256 charging,
        uint256 connected
    ) private pure returns (uint256 gross) {
        if (energyMicroWh == 0)
            if (!tariff.chargesWithoutEnergy) return 0;
        uint256 taxes = PackedTaxes.unwrap(tariff.taxes);
        uint256 limits = PackedLimits.unwrap(tariff.limits);
        uint256 fee = PackedConnectedFee.unwrap(tariff.connectedFee);
        energyMicroWh = _inSteps(energyMicroWh, 1e6 * uint256(tariff.energyStepWh));
        charging = _inSteps(charging, tariff.chargingStepSeconds);
        connected = connected > uint32(fee >> 32) ? _inSteps(connected - uint32(fee >> 32), uint32(fee)) : 0;
        gross = _taxed(tariff.flatFeeMicro, taxes >> 48);
        gross += _taxed(_energyOf(tariff, energyMicroWh) / 1e12, uint16(taxes >> 32));
        gross += _taxed((charging * tariff.priceNanoPerChargingHour) / 3.6e6, uint16(taxes >> 16));
        connected = (connected * (fee >> 128)) / 3.6e6;
        if (uint64(fee >> 64) != 0)
            if (connected > uint64(fee >> 64)) connected = uint64(fee >> 64);
        gross += _taxed(connected, uint16(taxes));
        if (gross < uint64(limits >> 64)) gross = uint64(limits >> 64);
        if (uint64(limits) != 0)
            if (gross > uint64(limits)) gross = uint64(limits);
    }

    /// @dev What lies between the beginnings of two bands has the price of the first; a band of no energy does not exist.
    function _energyOf(Tariff memory tariff, uint256 energyMicroWh) private pure returns (uint256 scaled) {
        uint256 bands = PackedEnergyBands.unwrap(tariff.energyBands);
        uint256 price = tariff.priceNanoPerKwh;
        uint256 from;
        for (uint256 band; band < 4; ++band) {
            uint256 next = band == 3 ? 0 : uint256(uint32(bands >> (80 * band + 48))) * 1e6;
            uint256 end = next == 0 || next > energyMicroWh ? energyMicroWh : next;
            if (end > from) scaled += (end - from) * price;
            if (next == 0) return scaled;
            (from, price) = (next, uint48(bands >> (80 * band)));
        }
    }

    function _inSteps(uint256 quantity, uint256 step) private pure returns (uint256) {
        return step == 0 ? quantity : (quantity / step) * step;
    }

    function _taxed(uint256 net, uint256 bps) private pure returns (uint256) {
        return net + (net * bps) / 10_000;
    }
}
