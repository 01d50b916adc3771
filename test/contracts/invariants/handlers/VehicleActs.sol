// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SessionTerms} from "../../../../contracts/interfaces/IChargingSettlement.sol";
import {Tariff} from "../../../../contracts/interfaces/ITariffRegistry.sol";
import {VehicleConsent} from "../../../../contracts/interfaces/IVehicleConsents.sol";
import {Digests} from "../../base/Digests.sol";
import {bounded, cheats, timeNow} from "../../base/TestBase.sol";
import {GameWorld} from "../world/GameWorld.sol";

/// @notice What vehicles do by their own keys, and their drivers' consents. The first driver's vehicle has a key of
/// secp256k1, the others' of secp256r1.
abstract contract VehicleActs is GameWorld {
    function consent(uint256 driver, uint256 seed) external step {
        driver = driver % DRIVERS;
        VehicleConsent memory content = _consentFor(driver, seed);
        bytes32 digest = Digests.ofVehicleConsent(address(vehicleConsents), content);
        bytes32 consentId;
        if (seed % 2 == 0) {
            cheats.prank(content.driver);
            consentId = vehicleConsents.grant(content);
        } else {
            consentId = vehicleConsents.grantFor(content, _signature(FIRST_DRIVER_KEY + driver, digest));
        }
        if (consentId != Digests.consentId(content)) _break(14, "the consent's id is not its struct hash");
        ModelConsent storage model = _consents[driver];
        model.consent = content;
        (model.isGranted, model.grantedAt, model.period, model.heldMicro) = (true, timeNow(), 0, 0);
        _succeeded("consent to a vehicle");
    }

    function revokeConsent(uint256 driver, uint256 seed) external step {
        driver = driver % DRIVERS;
        ModelConsent storage model = _consents[driver];
        if (!model.isGranted || seed % 3 != 0) return;
        VehicleConsent memory content = model.consent;
        if (seed % 2 == 0) {
            cheats.prank(content.driver);
            vehicleConsents.revoke(content);
        } else {
            bytes32 digest = Digests.ofRevocation(address(vehicleConsents), Digests.consentId(content));
            vehicleConsents.revokeFor(content, _signature(FIRST_DRIVER_KEY + driver, digest));
        }
        model.isGranted = false;
        _succeeded("revoke a consent");
    }

    function openByVehicle(uint256 driver, uint256 seed) external step {
        driver = driver % DRIVERS;
        ModelConsent storage model = _consents[driver];
        VehicleConsent memory content = model.consent;
        if (content.operators.length == 0) return;
        (SessionTerms memory terms, Tariff memory tariff) = _termsFor(driver, content.lane, seed);
        terms.holdMicro = uint64(bounded(terms.holdMicro, 1, seed % 5 == 0 ? 30_000_000 : content.sessionCapMicro));
        _startPeriod(model);
        bool isAllowed = _isAllowed(model, terms);
        bool isOpenable = isAllowed && _isOpenable(terms);
        bytes memory signature = _signedByVehicle(driver, digestOf(terms));

        cheats.prank(RELAYER);
        try vehicleConsents.openByVehicle(content, terms, signature) returns (bytes32 sessionId) {
            if (!isAllowed) _break(10, "a vehicle opened a session against its driver's consent");
            if (!isOpenable) _break(7, "a vehicle's session opened that could not");
            model.heldMicro += terms.holdMicro;
            _recordOpening(terms, tariff, sessionId);
            _succeeded("open by vehicle");
        } catch {
            if (isOpenable) _break(0, "a vehicle could not open a session");
            _refused(isAllowed ? "refused vehicle's opening" : "refused vehicle without consent");
        }
    }

    /// @notice A key that is not the vehicle's.
    function openByOtherVehicle(uint256 driver, uint256 seed) external step {
        driver = driver % DRIVERS;
        VehicleConsent memory content = _consents[driver].consent;
        if (content.operators.length == 0) return;
        (SessionTerms memory terms, ) = _termsFor(driver, content.lane, seed);
        terms.holdMicro = 1;
        (bytes32 r, bytes32 s) = cheats.signP256(THIEF_KEY, digestOf(terms));
        bytes memory signature = driver == 0 ? _signature(THIEF_KEY, digestOf(terms)) : abi.encode(r, s);

        try vehicleConsents.openByVehicle(content, terms, signature) {
            _break(10, "a stranger's key opened a session");
        } catch {
            _refused("refused stranger's vehicle");
        }
    }

    function _consentFor(uint256 driver, uint256 seed) private view returns (VehicleConsent memory content) {
        (uint256 x, uint256 y) = cheats.publicKeyP256(VEHICLE_KEY + driver);
        content.driver = driverOf(driver);
        content.lane = uint32((seed >> 8) % LANES);
        content.vehicleKey = driver == 0 ? abi.encodePacked(cheats.addr(VEHICLE_KEY)) : abi.encode(x, y);
        content.operators = new address[](1 + ((seed >> 16) % 2));
        for (uint256 i; i < content.operators.length; ++i) content.operators[i] = operatorOf(i);
        content.sessionCapMicro = uint64(1_000_000 + ((seed >> 24) % 5_000_000));
        content.periodCapMicro = uint64(2_000_000 + ((seed >> 48) % 10_000_000));
        content.periodSeconds = uint40(1 hours + ((seed >> 72) % 5 days));
        // With steps another expiry, so that no two consents are the same.
        content.expiresAt = uint40(timeNow() + 1 days + ((seed >> 96) % 10 days) + steps);
    }

    function _startPeriod(ModelConsent storage model) private {
        uint256 period = (timeNow() - model.grantedAt) / model.consent.periodSeconds;
        if (period != model.period) (model.period, model.heldMicro) = (period, 0);
    }

    function _isAllowed(ModelConsent storage model, SessionTerms memory terms) private view returns (bool) {
        if (!model.isGranted || timeNow() >= model.consent.expiresAt) return false;
        if (operatorIndexOf(terms.operator) >= model.consent.operators.length) return false;
        if (terms.holdMicro > model.consent.sessionCapMicro) return false;
        return model.heldMicro + terms.holdMicro <= model.consent.periodCapMicro;
    }

    function _signedByVehicle(uint256 driver, bytes32 sessionId) private pure returns (bytes memory) {
        if (driver == 0) return _signature(VEHICLE_KEY, sessionId);
        (bytes32 r, bytes32 s) = cheats.signP256(VEHICLE_KEY + driver, sessionId);
        return abi.encode(r, s);
    }
}
