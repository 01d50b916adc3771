// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    ClaimStatus,
    ClaimMark,
    ClaimState,
    EnergyClaim,
    IEnergyClaims,
    PackedInterval,
    Purpose
} from "../../../contracts/evidence/interfaces/IEnergyClaims.sol";
import {IClaimTransferRules} from "../../../contracts/evidence/interfaces/IClaimTransferRules.sol";
import {OracleSignature} from "../../../contracts/interfaces/IOracleCommittee.sol";
import {bounded, cheats, deployed, TestBase, timeNow} from "../base/TestBase.sol";
import {GameWorld} from "../invariants/world/GameWorld.sol";

interface IToken721 {
    function ownerOf(uint256 tokenId) external view returns (address);
    function transferFrom(address from, address to, uint256 tokenId) external;
}

/// @notice What was claimed of a device in a group.
struct Claimed {
    uint256 from;
    uint256 to;
}

/// @title Claims handler
/// @notice Everybody who uses the energy claims, with oracles that sign whatever they are asked to.
contract ClaimsHandler is GameWorld {
    uint256 public constant PURPOSES = 3;
    uint256 public constant GROUPS = 2;
    uint256 public constant POWER_W = 50_000;
    uint40 private constant CONTRADICTION_TIME = 10 days;
    address public constant BENEFICIARY = address(0xbe4ef1);
    /// Of the meters, any that does not restart.
    uint256 private constant REGISTER = 0x12345678;

    IEnergyClaims public claims;
    mapping(uint256 device => mapping(uint256 group => Claimed[])) private _claimed;
    mapping(uint256 device => mapping(uint256 group => uint256)) public enrolledAt;
    mapping(uint256 device => mapping(uint256 group => uint256)) public flowedMicroWh;
    mapping(uint256 device => mapping(uint256 group => uint256)) private _claimedUntil;
    mapping(uint256 claimId => uint256) private _claimedAt;
    mapping(uint256 claimId => uint256) private _bonds;
    mapping(uint256 claimId => ClaimStatus) public statuses;
    mapping(address account => uint256) public owedMicro;
    uint256 public bondedMicro;
    string public fault;
    mapping(string action => uint256) public count;

    constructor() {
        claims = IEnergyClaims(deployed("contracts/evidence/EnergyClaims.sol:EnergyClaims", abi.encode(settlement)));
        uint32[PURPOSES] memory groups = [uint32(1), 1, 2];
        uint64[PURPOSES] memory rates = [uint64(2_000_000), 0, 500_000];
        for (uint256 i; i < PURPOSES; ++i) {
            cheats.prank(OWNER);
            claims.addPurpose(
                Purpose(groups[i], 0, CONTRADICTION_TIME, rates[i], BENEFICIARY, IClaimTransferRules(address(0)), "P")
            );
        }
        cheats.warp(timeNow() + 4 days);
        for (uint256 i; i < OPERATORS; ++i) {
            erc20.mint(operatorOf(i), 1e15);
            cheats.prank(operatorOf(i));
            erc20.approve(address(claims), 1e15);
            for (uint256 group = 1; group <= GROUPS; ++group) {
                uint32[] memory meters = new uint32[](1);
                meters[0] = uint32(i + 1);
                cheats.prank(operatorOf(i));
                claims.enrol(uint32(group), meters);
                enrolledAt[i + 1][group] = timeNow();
                _claimedUntil[i + 1][group] = timeNow();
            }
        }
    }

    function claimedOf(uint256 device, uint256 group) external view returns (Claimed[] memory) {
        return _claimed[device][group];
    }

    /* OPERATOR */

    function operatorClaims(uint256 seed, uint256 gap, uint256 length, uint256 energy) external {
        uint256 operator = seed % OPERATORS;
        uint256 device = (seed >> 8) % 8 == 0 ? 2 - operator : operator + 1;
        uint256 purpose = 1 + ((seed >> 16) % PURPOSES);
        uint256 group = purpose == 3 ? 2 : 1;
        uint256 periodEnd = timeNow() - ((seed >> 24) % 2 days);
        uint256 until = _claimedUntil[device][group];
        uint256 limit = periodEnd > until ? ((periodEnd - until) * POWER_W * 1e6) / 3_600 : 0;
        uint256 claimedTo = _claimedTo(device, group);
        // At times before the mark, at times too long, at times more energy than the register counted.
        uint256 from = (seed >> 64) % 6 == 0 && claimedTo != 0 ? claimedTo - 1 : claimedTo + (gap % 1e9);
        uint256 to = from + bounded(length, 0, limit + (limit >> 6) + 1);
        energy = (seed >> 72) % 6 == 0 ? to - from + 1 : energy % (to - from + 1);
        bool isPossible = device == operator + 1 && from >= claimedTo && to > from && energy <= to - from;
        isPossible = isPossible && periodEnd > until && to - from <= limit;

        EnergyClaim memory content = EnergyClaim(
            operatorOf(operator),
            uint32(purpose),
            uint40(periodEnd),
            bytes32(seed),
            new PackedInterval[](1)
        );
        content.intervals[0] = PackedInterval.wrap(
            (REGISTER << 224) | (device << 192) | (from << 128) | (to << 64) | energy
        );
        OracleSignature[] memory signatures = _signedByOracles(claims.claimDigestOf(content), _quorum(seed));
        cheats.prank(operatorOf(operator));
        try claims.claim(content, signatures) returns (uint256 claimId) {
            if (!isPossible) fault = "what cannot be claimed was claimed";
            _claimed[device][group].push(Claimed(from, to));
            flowedMicroWh[device][group] += to - from;
            _claimedUntil[device][group] = periodEnd;
            uint256 bond = claims.bondOf(uint32(purpose), energy);
            (_claimedAt[claimId], _bonds[claimId], statuses[claimId]) = (timeNow(), bond, ClaimStatus.Active);
            bondedMicro += bond;
            ++count["claim"];
        } catch {
            if (isPossible) fault = "what can be claimed was refused";
            ++count["refused claim"];
        }
    }

    function operatorEnrolsAgain(uint256 seed) external {
        uint256 operator = seed % OPERATORS;
        uint32[] memory meters = new uint32[](1);
        meters[0] = uint32((seed >> 8) % 4 == 0 ? 2 - operator : operator + 1);
        cheats.prank(operatorOf(operator));
        try claims.enrol(uint32(1 + ((seed >> 16) % GROUPS)), meters) {
            if (meters[0] != operator + 1) fault = "a stranger's meter was enrolled";
            ++count["enrol"];
        } catch {
            if (meters[0] == operator + 1) fault = "an own meter was not enrolled";
            ++count["refused enrolment"];
        }
    }

    /* HOLDER */

    function holderTransfers(uint256 seed) external {
        uint256 claimId = _anyClaim(seed);
        if (claimId == 0) return;
        address holder = IToken721(address(claims)).ownerOf(claimId);
        cheats.prank(holder);
        try IToken721(address(claims)).transferFrom(holder, driverOf(seed % DRIVERS), claimId) {
            if (statuses[claimId] != ClaimStatus.Active) fault = "a claim that ended was handed on";
            ++count["transfer"];
        } catch {
            if (statuses[claimId] == ClaimStatus.Active) fault = "an active claim was not handed on";
            ++count["refused transfer"];
        }
    }

    function holderRetires(uint256 seed) external {
        uint256 claimId = _anyClaim(seed);
        if (claimId == 0 || (seed >> 16) % 3 != 0) return;
        address holder = IToken721(address(claims)).ownerOf(claimId);
        cheats.prank(holder);
        try claims.retire(claimId, "R") {
            if (statuses[claimId] != ClaimStatus.Active) fault = "a claim that ended was retired";
            statuses[claimId] = ClaimStatus.Retired;
            ++count["retire"];
        } catch {
            if (statuses[claimId] == ClaimStatus.Active) fault = "an active claim was not retired";
            ++count["refused retirement"];
        }
    }

    /* QUORUM */

    function quorumContradicts(uint256 seed) external {
        uint256 claimId = _anyClaim(seed);
        if (claimId == 0 || (seed >> 16) % 4 != 0) return;
        bytes32 digest = claims.contradictionDigestOf(claimId, bytes32(seed));
        OracleSignature[] memory signatures = _signedByOracles(digest, _quorum(seed));
        bool isOpen =
            statuses[claimId] != ClaimStatus.Contradicted && timeNow() <= _claimedAt[claimId] + CONTRADICTION_TIME;
        try claims.contradictByQuorum(claimId, bytes32(seed), signatures) {
            if (!isOpen) fault = "a claim was contradicted too late or twice";
            statuses[claimId] = ClaimStatus.Contradicted;
            owedMicro[BENEFICIARY] += _bonds[claimId];
            _unbind(claimId);
            ++count["contradict"];
        } catch {
            if (isOpen) fault = "a claim was not contradicted";
            ++count["refused contradiction"];
        }
    }

    /* ANYBODY */

    function anybodyReleases(uint256 seed) external {
        uint256 claimId = _anyClaim(seed);
        if (claimId == 0) return;
        bool isFree = _bonds[claimId] != 0 && timeNow() > _claimedAt[claimId] + CONTRADICTION_TIME;
        try claims.releaseBond(claimId) {
            if (!isFree) fault = "a bond was released too early or twice";
            owedMicro[claims.claimOf(claimId).claimant] += _bonds[claimId];
            _unbind(claimId);
            ++count["release"];
        } catch {
            if (isFree) fault = "a bond stayed bound";
            ++count["refused release"];
        }
    }

    function anybodyWithdraws(uint256 seed) external {
        address account = [operatorOf(0), operatorOf(1), BENEFICIARY, thief()][seed % 4];
        uint256 before = erc20.balanceOf(RELAYER);
        cheats.prank(account);
        try claims.withdraw(RELAYER) {
            if (erc20.balanceOf(RELAYER) - before != owedMicro[account]) fault = "another amount was paid out";
            owedMicro[account] = 0;
            ++count["withdraw"];
        } catch {
            if (owedMicro[account] != 0) fault = "nothing was paid out";
            ++count["refused withdrawal"];
        }
    }

    function timePasses(uint256 seconds_) external {
        cheats.warp(timeNow() + bounded(seconds_, 1 hours, 5 days));
    }

    /* THIEF */

    /// @notice With the key of one oracle, and as somebody who is no operator of the meter.
    function thiefClaims(uint256 seed) external {
        EnergyClaim memory content = EnergyClaim(thief(), 1, uint40(timeNow()), 0, new PackedInterval[](1));
        uint256 claimedTo = _claimedTo(1, 1);
        content.intervals[0] = PackedInterval.wrap(
            (REGISTER << 224) | (1 << 192) | (claimedTo << 128) | ((claimedTo + 1) << 64) | 1
        );
        bytes32 digest = claims.claimDigestOf(content);
        OracleSignature[] memory signatures = _signedByOracles(digest, _quorum(seed));
        cheats.prank(thief());
        try claims.claim(content, signatures) {
            fault = "a thief claimed";
        } catch {
            ++count["refused thief"];
        }
        content.operator = operatorOf(0);
        (bytes32 r, bytes32 vs) = _compact(THIEF_KEY, claims.claimDigestOf(content));
        signatures[0] = OracleSignature(r, vs);
        cheats.prank(operatorOf(0));
        try claims.claim(content, signatures) {
            fault = "an operator claimed without a quorum";
        } catch {}
    }

    function _anyClaim(uint256 seed) private view returns (uint256) {
        uint256 all = claims.claimCount();
        return all == 0 ? 0 : 1 + ((seed >> 8) % all);
    }

    function _unbind(uint256 claimId) private {
        bondedMicro -= _bonds[claimId];
        _bonds[claimId] = 0;
    }

    function _claimedTo(uint256 device, uint256 group) private view returns (uint256) {
        Claimed[] storage all = _claimed[device][group];
        return all.length == 0 ? 0 : all[all.length - 1].to;
    }
}

/// @title Invariants of the energy claims
/// @notice Letters and numbers are those of docs/invariants.md.
contract EnergyClaimsInvariants is TestBase {
    ClaimsHandler private _world;
    IEnergyClaims private _claims;

    function setUp() public {
        _world = ClaimsHandler(deployed("test/contracts/energy-claims/EnergyClaims.t.sol:ClaimsHandler", ""));
        _claims = _world.claims();
        _target(address(_world));
    }

    /// @notice E1: pairwise, over all claims of a device in a group, whatever their purposes.
    function invariant_no_energy_is_claimed_twice_in_a_group() public view {
        for (uint256 device = 1; device <= _world.OPERATORS(); ++device) {
            for (uint256 group = 1; group <= _world.GROUPS(); ++group) {
                Claimed[] memory all = _world.claimedOf(device, group);
                for (uint256 i; i < all.length; ++i) {
                    for (uint256 k; k < i; ++k) {
                        cheats.assertTrue(all[i].from >= all[k].to || all[k].from >= all[i].to, "claimed twice");
                    }
                }
            }
        }
    }

    /// @notice E2.
    function invariant_no_more_is_claimed_than_the_power_gives() public view {
        for (uint256 device = 1; device <= _world.OPERATORS(); ++device) {
            for (uint256 group = 1; group <= _world.GROUPS(); ++group) {
                uint256 seconds_ = timeNow() - _world.enrolledAt(device, group);
                uint256 limit = (seconds_ * _world.POWER_W() * 1e6) / 3_600;
                cheats.assertLe(_world.flowedMicroWh(device, group), limit, "more than the power gives");
            }
        }
    }

    /// @notice E3: to the last millionth; nobody sends tokens here otherwise in this game.
    function invariant_the_balance_is_what_is_bonded_and_owed() public view {
        uint256 owed = _world.bondedMicro();
        address[3] memory accounts = [_world.operatorOf(0), _world.operatorOf(1), _world.BENEFICIARY()];
        for (uint256 i; i < accounts.length; ++i) {
            cheats.assertEq(_claims.owedMicroOf(accounts[i]), _world.owedMicro(accounts[i]), "another debt");
            owed += _world.owedMicro(accounts[i]);
        }
        cheats.assertEq(_world.erc20().balanceOf(address(_claims)), owed, "balance");
    }

    /// @notice E4.
    function invariant_a_claim_that_ended_stays_ended() public view {
        for (uint256 claimId = 1; claimId <= _claims.claimCount(); ++claimId) {
            ClaimState memory state = _claims.claimOf(claimId);
            cheats.assertEq(uint256(state.status), uint256(_world.statuses(claimId)), "another status");
        }
    }

    function invariant_every_call_did_as_the_model_says() public view {
        cheats.assertEq(bytes(_world.fault()).length, 0, _world.fault());
    }

    /// @notice A long game in which every kind of call happens.
    function test_a_long_game_of_claims_does_everything() public {
        uint256 seed = cheats.envOr("WATTPROOF_GAME_SEED", 1);
        uint256 steps = cheats.envOr("WATTPROOF_GAME_STEPS", 1_000);
        for (uint256 i; i < steps; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _play(seed);
            if (i % 100 == 99) _checkAll();
        }
        string[14] memory kinds = [
            "claim",
            "refused claim",
            "enrol",
            "refused enrolment",
            "transfer",
            "refused transfer",
            "retire",
            "refused retirement",
            "contradict",
            "refused contradiction",
            "release",
            "refused release",
            "withdraw",
            "refused withdrawal"
        ];
        for (uint256 i; i < kinds.length; ++i) cheats.assertTrue(_world.count(kinds[i]) > 0, kinds[i]);
        cheats.assertTrue(_world.count("refused thief") > 0, "refused thief");
    }

    function _play(uint256 seed) private {
        uint256 act = seed % 9;
        uint256 other = uint256(keccak256(abi.encode(seed, "other")));
        if (act <= 1) _world.operatorClaims(seed >> 8, other, other >> 64, other >> 128);
        else if (act == 2) _world.operatorEnrolsAgain(seed >> 8);
        else if (act == 3) _world.holderTransfers(seed >> 8);
        else if (act == 4) _world.holderRetires(seed >> 8);
        else if (act == 5) _world.quorumContradicts(seed >> 8);
        else if (act == 6) _world.anybodyReleases(seed >> 8);
        else if (act == 7) _world.anybodyWithdraws(seed >> 8);
        else if (seed >> 255 == 0) _world.timePasses(other % 5 days);
        else _world.thiefClaims(seed >> 8);
    }

    function _checkAll() private view {
        invariant_no_energy_is_claimed_twice_in_a_group();
        invariant_no_more_is_claimed_than_the_power_gives();
        invariant_the_balance_is_what_is_bonded_and_owed();
        invariant_a_claim_that_ended_stays_ended();
        invariant_every_call_did_as_the_model_says();
    }
}
