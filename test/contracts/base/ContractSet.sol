// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthorizedFunding} from "../../../contracts/interfaces/IAuthorizedFunding.sol";
import {IChallenges} from "../../../contracts/interfaces/IChallenges.sol";
import {IChargingSettlement, Neighbours, Rules} from "../../../contracts/interfaces/IChargingSettlement.sol";
import {IMeterRegistry} from "../../../contracts/interfaces/IMeterRegistry.sol";
import {IMeterSettlement} from "../../../contracts/interfaces/IMeterSettlement.sol";
import {ChallengeRules} from "../../../contracts/interfaces/IChallenges.sol";
import {IOracleBonds} from "../../../contracts/interfaces/IOracleBonds.sol";
import {IOpeningGuard} from "../../../contracts/interfaces/IOpeningGuard.sol";
import {IOracleCommittee} from "../../../contracts/interfaces/IOracleCommittee.sol";
import {IPartnerAgreements} from "../../../contracts/interfaces/IPartnerAgreements.sol";
import {ITariffRegistry} from "../../../contracts/interfaces/ITariffRegistry.sol";
import {IVehicleConsents} from "../../../contracts/interfaces/IVehicleConsents.sol";
import {cheats, deployed} from "./TestBase.sol";

/// @notice The rules of a test's contracts.
struct TestRules {
    uint40 longestSessionSeconds;
    uint256 changeDelaySeconds;
    uint256 liabilitySeconds;
    uint40 windowSeconds;
    uint40 answerSeconds;
    uint40 epochSeconds;
    uint64 epochLimitMicro;
    uint64 leastBondMicro;
    uint64 rewardMicro;
    uint32 ringSize;
}

/// @notice Who is appointed.
struct TestAppointments {
    address owner;
    address guardian;
    address[] oracles;
    uint8 threshold;
}

/// @title Contract set
/// @notice All contracts of a deployment, around a token, as they are deployed.
abstract contract ContractSet {
    ITariffRegistry public tariffRegistry;
    IPartnerAgreements public partnerAgreements;
    IOracleCommittee public oracleCommittee;
    IOpeningGuard public openingGuard;
    IMeterRegistry public meterRegistry;
    IMeterSettlement public meterSettlement;
    IChallenges public challenges;
    IOracleBonds public oracleBonds;
    IVehicleConsents public vehicleConsents;
    IAuthorizedFunding public authorizedFunding;
    IChargingSettlement public settlement;

    /// @notice Rules with room for what a test wants to see.
    function _usualRules() internal pure returns (TestRules memory) {
        return TestRules(48 hours, 72 hours, 48 hours, 24 hours, 12 hours, 24 hours, 15_000_000, 0, 500_000, 8);
    }

    function _deployContracts(address erc20, TestAppointments memory appointments, TestRules memory rules) internal {
        oracleCommittee = IOracleCommittee(
            deployed(
                "contracts/OracleCommittee.sol:OracleCommittee",
                abi.encode(
                    appointments.owner,
                    rules.changeDelaySeconds,
                    rules.liabilitySeconds,
                    appointments.oracles,
                    appointments.threshold
                )
            )
        );
        openingGuard = IOpeningGuard(
            deployed("contracts/OpeningGuard.sol:OpeningGuard", abi.encode(appointments.owner, appointments.guardian))
        );
        tariffRegistry = ITariffRegistry(deployed("contracts/TariffRegistry.sol:TariffRegistry", ""));
        partnerAgreements = IPartnerAgreements(deployed("contracts/PartnerAgreements.sol:PartnerAgreements", ""));
        meterRegistry = IMeterRegistry(
            deployed("contracts/MeterRegistry.sol:MeterRegistry", abi.encode(oracleCommittee))
        );
        _deployAround(erc20, rules);
    }

    /// @dev Five contracts and the settlement know each other; so its address is foretold, and that of the challenges.
    function _deployAround(address erc20, TestRules memory rules) private {
        address foretold = cheats.computeCreateAddress(address(this), cheats.getNonce(address(this)) + 5);
        meterSettlement = IMeterSettlement(
            deployed("contracts/MeterSettlement.sol:MeterSettlement", abi.encode(foretold, meterRegistry))
        );
        _deployChallenges(erc20, foretold, rules);
        vehicleConsents = IVehicleConsents(
            deployed("contracts/VehicleConsents.sol:VehicleConsents", abi.encode(foretold))
        );
        authorizedFunding = IAuthorizedFunding(
            deployed("contracts/periphery/AuthorizedFunding.sol:AuthorizedFunding", abi.encode(foretold))
        );
        Neighbours memory neighbours = Neighbours(
            tariffRegistry,
            partnerAgreements,
            oracleCommittee,
            openingGuard,
            meterSettlement,
            challenges,
            vehicleConsents,
            authorizedFunding
        );
        Rules memory core = Rules(
            rules.longestSessionSeconds,
            rules.epochSeconds,
            rules.epochLimitMicro,
            type(uint64).max,
            type(uint64).max
        );
        settlement = IChargingSettlement(
            deployed("contracts/ChargingSettlement.sol:ChargingSettlement", abi.encode(erc20, neighbours, core))
        );
        require(address(settlement) == foretold, "the settlement stands at another address");
    }

    function _deployChallenges(address erc20, address foretold, TestRules memory rules) private {
        address next = cheats.computeCreateAddress(address(this), cheats.getNonce(address(this)) + 1);
        oracleBonds = IOracleBonds(
            deployed(
                "contracts/OracleBonds.sol:OracleBonds",
                abi.encode(erc20, oracleCommittee, partnerAgreements, next, rules.leastBondMicro)
            )
        );
        ChallengeRules memory windows = ChallengeRules(
            rules.windowSeconds,
            rules.answerSeconds,
            rules.rewardMicro,
            1_000,
            0,
            rules.ringSize
        );
        challenges = IChallenges(
            deployed(
                "contracts/Challenges.sol:Challenges",
                abi.encode(foretold, meterSettlement, oracleCommittee, oracleBonds, windows)
            )
        );
    }
}
