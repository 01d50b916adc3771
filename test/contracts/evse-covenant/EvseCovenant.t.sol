// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CovenantStatus, CovenantTerms, IEvseCovenant} from "../../../contracts/evidence/interfaces/IEvseCovenant.sol";
import {IRevenueShare, SharePhase, ShareTerms} from "../../../contracts/evidence/interfaces/IRevenueShare.sol";
import {IRevenueShares} from "../../../contracts/evidence/interfaces/IRevenueShares.sol";
import {SettledClaim} from "../../../contracts/interfaces/IChallenges.sol";
import {Opening, PackedMetering, SessionTerms} from "../../../contracts/interfaces/IChargingSettlement.sol";
import {SignedRecord} from "../../../contracts/interfaces/IMeterSettlement.sol";
import {PartnerShare} from "../../../contracts/interfaces/IPartnerAgreements.sol";
import {ClaimTree} from "../../../contracts/libraries/ClaimTree.sol";
import {PackedMeteringLibrary} from "../../../contracts/libraries/PackedMeteringLibrary.sol";
import {SettlementDomain} from "../../../contracts/libraries/SettlementDomain.sol";
import {bounded, cheats, deployed, TestBase, timeNow} from "../base/TestBase.sol";
import {GameWorld} from "../invariants/world/GameWorld.sol";

/// @notice Stands for settlement, challenges and meters where a game only needs what they say of a session.
contract SessionsStub {
    address public immutable erc20;
    address public immutable partnerAgreements;
    address public immutable meterRegistry;
    uint256 public constant unit = 1;
    uint40 public constant maximumSessionSeconds = 2 days;
    uint40 public constant challengeWindowSeconds = 1 days;

    mapping(uint256 batch => uint160) private _roots;
    uint64 private _energyMicroWh;

    constructor(address token, address agreements, address meters) {
        (erc20, partnerAgreements, meterRegistry) = (token, agreements, meters);
    }

    function challenges() external view returns (address) {
        return address(this);
    }

    function meterSettlement() external view returns (address) {
        return address(this);
    }

    /// @notice A batch of these leaves, as the contract of challenges keeps it.
    function anchor(uint256 batch, bytes32 settled, bytes32 evidenceRoot, uint256 count) external {
        _roots[batch] = uint160(bytes20(keccak256(abi.encode(settled, evidenceRoot, count))));
    }

    function batchOf(uint256 batch) external view returns (uint160 root, uint40 settledAt, uint24, uint16) {
        return (_roots[batch], _roots[batch] == 0 ? 0 : 1, 0, 0);
    }

    /// @notice The next records prove so much.
    function sign(uint64 energyMicroWh) external {
        _energyMicroWh = energyMicroWh;
    }

    function measure(
        SessionTerms calldata,
        Opening calldata opening,
        uint64 toppedUpMicro,
        uint40,
        SignedRecord[] calldata
    ) external view returns (PackedMetering) {
        PackedMetering opened = PackedMeteringLibrary.packOpening(opening, toppedUpMicro);
        return PackedMeteringLibrary.withMeasured(opened, _energyMicroWh, 0, 0);
    }
}

/// @notice What the model knows of a covenant.
struct Pledge {
    CovenantTerms terms;
    uint256 pledgedAt;
    CovenantStatus status;
}

/// @title Covenants handler
/// @notice The operator who pledges, whoever shows sessions or has bonds released, holders who are paid, and time. EVSE 1 and
/// 3 are the operator's, 2 another one's.
contract CovenantsHandler is GameWorld {
    uint32 private constant AGREEMENT = 1;
    uint256 public constant SHARES = 7;
    address private constant SHOWER = address(0x5e0);

    SessionsStub public sessions;
    IRevenueShare public share;
    IEvseCovenant public covenants;
    Pledge[] private _pledges;
    uint256 public rewardsMicro;
    uint256 public holdersMicro;
    uint256 public keptMicro;
    uint256 public spentMicro;
    uint256 public paidMicro;
    uint256 private _anchored;
    string public fault;
    mapping(string action => uint256) public did;

    constructor(bool isIssued) {
        sessions = new SessionsStub(address(erc20), address(partnerAgreements), address(meterRegistry));
        IRevenueShares shares = IRevenueShares(
            deployed("contracts/evidence/RevenueShares.sol:RevenueShares", abi.encode(sessions))
        );
        covenants = IEvseCovenant(deployed("contracts/evidence/EvseCovenant.sol:EvseCovenant", abi.encode(shares)));
        uint40 end = uint40(timeNow() + 15 days);
        address operator = operatorOf(0);
        cheats.prank(operator);
        meterRegistry.registerEvse("DE*WPF*E3", 50_000);
        cheats.prank(operator);
        share = shares.create(ShareTerms("Park", "PARK", 2_500, uint32(SHARES), 1, end));
        PartnerShare[] memory parts = new PartnerShare[](1);
        parts[0] = PartnerShare(address(share), 2_500);
        cheats.prank(operator);
        partnerAgreements.propose(parts);
        cheats.prank(operator);
        share.join(AGREEMENT);
        erc20.mint(operator, 1e18);
        cheats.prank(operator);
        erc20.approve(address(covenants), 1e18);
        if (!isIssued) return;

        cheats.prank(operator);
        share.setVerified(driverOf(0), true);
        erc20.mint(driverOf(0), SHARES);
        cheats.prank(driverOf(0));
        erc20.approve(address(share), SHARES);
        cheats.prank(driverOf(0));
        share.buyShares(uint32(SHARES));
    }

    function pledgeCount() external view returns (uint256) {
        return _pledges.length;
    }

    function pledgeAt(uint256 index) external view returns (Pledge memory) {
        return _pledges[index];
    }

    /* OPERATOR */

    function operatorPledges(uint256 seed, uint256 bondMicro, uint256 seconds_) external {
        address caller = seed % 8 == 0 ? thief() : operatorOf(0);
        CovenantTerms memory terms;
        bool isKnown = (seed >> 32) % 16 != 0;
        terms.share = isKnown ? share : IRevenueShare(address(sessions));
        terms.endsAt = uint40(timeNow() + bounded(seconds_, 0, 20 days));
        terms.bondMicro = (seed >> 8) % 8 == 0 ? 0 : uint64(bounded(bondMicro, 1, 1e9));
        uint32[3] memory lists = [uint32(1), 3, 2];
        uint256 count = (seed >> 16) % 8 == 0 ? 3 : (seed >> 24) % 3;
        terms.evses = new uint32[](count);
        for (uint256 i; i < count; ++i) terms.evses[i] = lists[i];
        bool isGood =
            isKnown &&
                caller == operatorOf(0) &&
                terms.bondMicro != 0 &&
                terms.endsAt > timeNow() &&
                (count == 1 || count == 2) &&
                share.phase() != SharePhase.Failed;
        cheats.prank(caller);
        try covenants.pledge(terms) returns (uint256 covenant) {
            if (!isGood || covenant != _pledges.length + 1) fault = "what cannot be pledged was pledged";
            _pledges.push(Pledge(terms, timeNow(), CovenantStatus.Active));
            spentMicro += terms.bondMicro;
            ++did["pledge"];
        } catch {
            if (isGood) fault = "a pledge was refused";
            ++did["refused pledge"];
        }
    }

    /* ANYBODY */

    function anybodyShowsSettlement(uint256 seed, uint256 openedAt, uint256 siblings) external {
        if (_pledges.length == 0) return;
        (uint256 number, uint256 index, SettledClaim memory claim) = _claimOf(seed, openedAt, siblings);
        CovenantTerms memory terms = _pledges[number].terms;
        // The quorum signed another agreement than is shown, there is no such batch, or the bond was another one.
        uint256 lie = (seed >> 56) % 16;
        if (lie == 0) claim.terms.agreement += 2;
        else if (lie == 1) claim.batch += 1_000_000;
        else if (lie == 2) ++terms.bondMicro;
        bool isForged = lie < 3;
        bool isBreach =
            !isForged &&
                PackedMeteringLibrary.energyMicroWh(claim.metering) != 0 &&
                _isBreach(number, index, claim.terms, PackedMeteringLibrary.openedAt(claim.metering));
        cheats.prank(SHOWER);
        try covenants.breakBySettlement(number + 1, terms, index, claim) {
            _noteBroken(number, isBreach);
            ++did["broken by settlement"];
        } catch {
            if (isBreach) fault = "a breach was refused";
            ++did["refused settlement"];
        }
    }

    function anybodyShowsRecords(uint256 seed, uint256 openedAt, uint256 energyMicroWh) external {
        if (_pledges.length == 0) return;
        uint256 number = seed % _pledges.length;
        uint256 index = (seed >> 8) % 3;
        SessionTerms memory session = _sessionOf(seed);
        openedAt = _momentOf(number, openedAt);
        sessions.sign(uint64(energyMicroWh % 3));
        bool isBreach = energyMicroWh % 3 != 0 && _isBreach(number, index, session, openedAt);
        CovenantTerms memory terms = _pledges[number].terms;
        Opening memory opening = Opening(uint40(openedAt), 0);
        cheats.prank(SHOWER);
        try covenants.breakByRecords(number + 1, terms, index, session, opening, 0, new SignedRecord[](1)) {
            _noteBroken(number, isBreach);
            ++did["broken by records"];
        } catch {
            if (isBreach) fault = "a breach was refused";
            ++did["refused records"];
        }
    }

    function anybodyReleases(uint256 seed) external {
        if (_pledges.length == 0) return;
        Pledge storage pledged = _pledges[seed % _pledges.length];
        bool isDue =
            pledged.status == CovenantStatus.Active &&
                (timeNow() > pledged.terms.endsAt + 3 days || share.phase() == SharePhase.Failed);
        try covenants.release((seed % _pledges.length) + 1, pledged.terms) {
            if (!isDue) fault = "a bond was released that is bound";
            pledged.status = CovenantStatus.Kept;
            keptMicro += pledged.terms.bondMicro;
            ++did["release"];
        } catch {
            if (isDue) fault = "a bond was not released";
            ++did["refused release"];
        }
    }

    function anybodyPays() external {
        uint256 before = erc20.balanceOf(driverOf(0));
        try share.pay(driverOf(0)) {
            paidMicro += erc20.balanceOf(driverOf(0)) - before;
            ++did["pay"];
        } catch {
            ++did["refused payment"];
        }
    }

    function timePasses(uint256 seconds_) external {
        cheats.warp(timeNow() + bounded(seconds_, 1 hours, 2 days));
    }

    /* MODEL */

    function _isBreach(
        uint256 number,
        uint256 index,
        SessionTerms memory session,
        uint256 openedAt
    ) private view returns (bool) {
        Pledge storage pledged = _pledges[number];
        return
            pledged.status == CovenantStatus.Active &&
            share.phase() == SharePhase.Issued &&
            index < pledged.terms.evses.length &&
            session.evse == pledged.terms.evses[index] &&
            session.operator == operatorOf(0) &&
            session.agreement != AGREEMENT &&
            openedAt > pledged.pledgedAt &&
            openedAt < pledged.terms.endsAt;
    }

    function _noteBroken(uint256 number, bool isBreach) private {
        if (!isBreach) fault = "a kept covenant was broken";
        uint256 bondMicro = _pledges[number].terms.bondMicro;
        _pledges[number].status = CovenantStatus.Broken;
        rewardsMicro += bondMicro / 10;
        holdersMicro += bondMicro - bondMicro / 10;
    }

    function shownMicro() external view returns (uint256) {
        return erc20.balanceOf(SHOWER);
    }

    /// @dev Around the pledge, or anywhere.
    function _momentOf(uint256 number, uint256 seed) private view returns (uint256) {
        Pledge storage pledged = _pledges[number];
        if (seed % 4 == 0) return pledged.pledgedAt + ((seed >> 8) % 2);
        if (seed % 4 == 1) return uint256(pledged.terms.endsAt) - ((seed >> 8) % 2);
        return pledged.pledgedAt + ((seed >> 8) % 30 days);
    }

    function _sessionOf(uint256 seed) private view returns (SessionTerms memory session) {
        session.driver = driverOf(1);
        session.operator = (seed >> 16) % 8 == 0 ? operatorOf(1) : operatorOf(0);
        session.agreement = uint32((seed >> 24) % 3);
        session.evse = (seed >> 32) % 2 == 0 ? 1 : 3;
    }

    /// @dev A claim at some place of a batch that was settled, and which covenant and EVSE it is held against.
    function _claimOf(
        uint256 seed,
        uint256 openedAt,
        uint256 siblings
    ) private returns (uint256 number, uint256 index, SettledClaim memory claim) {
        number = seed % _pledges.length;
        index = (seed >> 8) % 3;
        claim.terms = _sessionOf(seed);
        Opening memory opening = Opening(uint40(_momentOf(number, openedAt)), 0);
        claim.metering = PackedMeteringLibrary.withMeasured(
            PackedMeteringLibrary.packOpening(opening, 0),
            uint64((seed >> 40) % 4),
            0,
            0
        );
        claim.isReadable = (seed >> 48) % 2 == 0;
        claim.evidenceRoot = bytes32(seed);
        claim.batch = ++_anchored;
        claim.count = 1 + (siblings % 2);
        claim.index = (siblings >> 8) % claim.count;
        bytes32 leaf = ClaimTree.leafOf(this.sessionIdOf(claim.terms), claim.metering, claim.isReadable);
        bytes32 settled = leaf;
        if (claim.count == 2) {
            claim.proof = new bytes32[](1);
            claim.proof[0] = bytes32(siblings);
            settled =
                claim.index == 0
                    ? keccak256(abi.encode(leaf, claim.proof[0]))
                    : keccak256(abi.encode(claim.proof[0], leaf));
        }
        sessions.anchor(claim.batch, settled, claim.evidenceRoot, claim.count);
    }

    function sessionIdOf(SessionTerms calldata terms) external view returns (bytes32) {
        return SettlementDomain.sessionIdAt(address(sessions), terms);
    }
}

/// @title Invariants of the covenants
/// @notice Letters and numbers are those of docs/invariants.md. One world's share is issued, the other one's fails.
contract EvseCovenantInvariants is TestBase {
    CovenantsHandler[2] private _worlds;

    function setUp() public {
        for (uint256 i; i < 2; ++i) {
            _worlds[i] = CovenantsHandler(
                deployed("test/contracts/evse-covenant/EvseCovenant.t.sol:CovenantsHandler", abi.encode(i == 0))
            );
            _target(address(_worlds[i]));
        }
    }

    /// @notice E10: to the last millionth, over covenants themselves.
    function invariant_the_balance_is_the_bonds_of_active_covenants() public view {
        for (uint256 i; i < 2; ++i) {
            CovenantsHandler world = _worlds[i];
            uint256 boundMicro;
            for (uint256 p; p < world.pledgeCount(); ++p) {
                Pledge memory pledged = world.pledgeAt(p);
                (CovenantStatus status, uint40 pledgedAt, ) = world.covenants().covenantOf(p + 1);
                cheats.assertTrue(status == pledged.status && pledgedAt == pledged.pledgedAt, "another state is kept");
                if (status == CovenantStatus.Active) boundMicro += pledged.terms.bondMicro;
            }
            cheats.assertEq(world.erc20().balanceOf(address(world.covenants())), boundMicro, "balance");
        }
    }

    /// @notice E11: a bond goes back whole, or a tenth to whoever showed the breach and the rest to the holders.
    function invariant_a_bond_is_paid_once_to_whom_it_belongs() public view {
        for (uint256 i; i < 2; ++i) {
            CovenantsHandler world = _worlds[i];
            cheats.assertEq(world.shownMicro(), world.rewardsMicro(), "rewards");
            uint256 operatorMicro = world.erc20().balanceOf(world.operatorOf(0));
            cheats.assertEq(operatorMicro, 1e18 + world.keptMicro() - world.spentMicro(), "the operator's");
            uint256 hadMicro = world.share().owedMicroOf(world.driverOf(0)) + world.paidMicro();
            uint256 waitsMicro = world.holdersMicro() % world.SHARES();
            cheats.assertEq(hadMicro + waitsMicro, world.holdersMicro(), "the holders'");
        }
    }

    function invariant_every_call_of_a_covenant_did_as_the_model_says() public view {
        for (uint256 i; i < 2; ++i) cheats.assertEq(bytes(_worlds[i].fault()).length, 0, _worlds[i].fault());
    }

    function test_a_long_game_of_covenants_does_everything() public {
        uint256 seed = cheats.envOr("WATTPROOF_GAME_SEED", 1);
        uint256 steps = cheats.envOr("WATTPROOF_GAME_STEPS", 1_500);
        for (uint256 i; i < steps; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _play(_worlds[seed % 2], seed >> 8);
            if (i % 100 == 99) {
                invariant_the_balance_is_the_bonds_of_active_covenants();
                invariant_a_bond_is_paid_once_to_whom_it_belongs();
                invariant_every_call_of_a_covenant_did_as_the_model_says();
            }
        }
        string[10] memory kinds = [
            "pledge",
            "refused pledge",
            "broken by settlement",
            "refused settlement",
            "broken by records",
            "refused records",
            "release",
            "refused release",
            "pay",
            "refused payment"
        ];
        for (uint256 i; i < kinds.length; ++i) {
            cheats.assertTrue(_worlds[0].did(kinds[i]) + _worlds[1].did(kinds[i]) > 0, kinds[i]);
        }
    }

    function _play(CovenantsHandler world, uint256 seed) private {
        uint256 act = seed % 12;
        uint256 other = uint256(keccak256(abi.encode(seed, "other")));
        uint256 third = uint256(keccak256(abi.encode(seed, "third")));
        if (act <= 1) world.operatorPledges(other, third, seed >> 8);
        else if (act <= 5) world.anybodyShowsSettlement(other, third, seed >> 8);
        else if (act <= 8) world.anybodyShowsRecords(other, third, seed >> 8);
        else if (act == 9) world.anybodyReleases(other);
        else if (act == 10) world.anybodyPays();
        else world.timePasses(third);
    }
}
