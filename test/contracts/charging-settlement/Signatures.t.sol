// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Opening,
    OpeningGroup,
    SessionTerms,
    SignedOpening,
    Withdrawal
} from "../../../contracts/interfaces/IChargingSettlement.sol";
import {OracleSignature} from "../../../contracts/interfaces/IOracleCommittee.sol";
import {VehicleConsent} from "../../../contracts/interfaces/IVehicleConsents.sol";
import {Digests} from "../base/Digests.sol";
import {SettlementTest} from "../base/SettlementTest.sol";
import {cheats} from "../base/TestBase.sol";

/// @title What a signature is good for
/// @notice One thing each, once, and only if somebody gave it.
contract SignaturesTest is SettlementTest {
    uint256 private constant N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    SessionTerms private _terms;
    Withdrawal private _order;
    VehicleConsent private _vehicle;
    bytes32 private _sessionId;
    /// Of whatever opens in the block of the tests.
    Opening private _opening;

    function setUp() public {
        _fund(0, 0, DEPOSIT);
        _fund(0, 1, DEPOSIT);
        uint256 index = _opened(0, 0, 1_000_000, 1 days);
        _sessionId = _sessions[index].id;
        _opening = _sessions[index].opening;
        (_terms, ) = _plainTerms(0, 0, 1_000_000, 1 days);
        (_terms.lane, _terms.nonce) = (1, 0);
        _order = Withdrawal(driverOf(0), 1, 0, 1_000, thief(), type(uint40).max);
        address[] memory operators = new address[](1);
        operators[0] = operatorOf(0);
        bytes memory key = abi.encodePacked(thief());
        _vehicle = VehicleConsent(driverOf(0), 1, key, operators, 1e6, 1e6, 1 days, type(uint40).max);
    }

    /// @dev All that a driver signs for our contracts, in the order of `_use`.
    function _digests() private view returns (bytes32[5] memory) {
        return
            [
                Digests.ofTerms(address(settlement), _terms),
                Digests.ofWithdrawal(address(settlement), _order),
                Digests.ofTopUp(address(settlement), _sessionId, 0, 1_000),
                Digests.ofVehicleConsent(address(vehicleConsents), _vehicle),
                Digests.ofRevocation(address(vehicleConsents), Digests.consentId(_vehicle))
            ];
    }

    function _use(uint256 way, bytes memory signature) private returns (bool isTaken) {
        SessionTerms memory live = _sessions[0].terms;
        bytes memory call_ =
            way == 0
                ? abi.encodeCall(settlement.openSigned, (_terms, signature))
                : way == 1
                    ? abi.encodeCall(settlement.withdrawSigned, (_order, signature))
                    : abi.encodeCall(settlement.topUpSigned, (live, _openingOf(0), 0, 1_000, signature));
        if (way == 3) call_ = abi.encodeCall(vehicleConsents.grantFor, (_vehicle, signature));
        if (way == 4) call_ = abi.encodeCall(vehicleConsents.revokeFor, (_vehicle, signature));
        (isTaken, ) = (way < 3 ? address(settlement) : address(vehicleConsents)).call(call_);
    }

    function test_invariant_14_each_signed_action_takes_its_own_signature_and_no_other() public {
        bytes32[5] memory digests = _digests();
        for (uint256 i; i < 5; ++i) {
            for (uint256 k; k < 5; ++k) {
                if (k == i) continue;
                cheats.assertTrue(digests[i] != digests[k], "two actions have one digest");
                cheats.assertTrue(!_use(k, _signature(FIRST_DRIVER_KEY, digests[i])), "a signature served another");
            }
        }
        // The withdrawal uses the nonce of the opening, and a revoked consent cannot be granted.
        for (uint256 i = 1; i < 5; ++i) {
            cheats.assertTrue(_use(i, _signature(FIRST_DRIVER_KEY, digests[i])), "a signature served nothing");
        }
    }

    function test_invariant_14_the_signed_terms_open_their_session() public {
        cheats.assertTrue(
            _use(0, _signature(FIRST_DRIVER_KEY, _digests()[0])),
            "the driver's signature opened nothing"
        );
    }

    /// @dev `ecrecover` gives the zero address for what is no signature; nobody may be that.
    /// hardhat-config: fuzz.runs = 1000
    function testFuzz_invariant_15_what_is_no_signature_is_nobodys(bytes32 r, bytes32 vs) public {
        SessionTerms memory terms = _terms;
        terms.driver = address(0);
        OpeningGroup[] memory groups = new OpeningGroup[](1);
        groups[0] = OpeningGroup(terms.operator, 0, terms.tariffId, new SignedOpening[](2));
        groups[0].openings[0] = SignedOpening(address(0), Digests.packed(terms), 0, 0);
        groups[0].openings[1] = SignedOpening(address(0), Digests.packed(terms), r, vs);

        settlement.openBatch(groups);

        (, uint32 nonce, uint160 commitment) = settlement.accountOf(address(0), terms.lane);
        cheats.assertTrue(nonce == 0 && commitment == 0, "the zero address has opened a session");
        (bool isTaken, ) = address(settlement).call(
            abi.encodeCall(settlement.openSigned, (terms, abi.encodePacked(r, vs, uint8(27))))
        );
        cheats.assertTrue(!isTaken, "the zero address has signed");
    }

    /// hardhat-config: fuzz.runs = 1000
    function testFuzz_invariant_15_what_is_no_signature_is_no_oracles(
        bytes32 digest,
        bytes32 r,
        bytes32 vs
    ) public view {
        OracleSignature[] memory signatures = new OracleSignature[](2);
        (signatures[0], signatures[1]) = (OracleSignature(0, 0), OracleSignature(r, vs));
        try oracleCommittee.requireQuorum(digest, signatures) {
            revert("nobody is a quorum");
        } catch {
            return;
        }
    }

    /// @dev Whatever else verifies for the same action: another signature of the same key, or the twin with n − s.
    function test_invariant_15_a_nonce_is_used_whatever_the_signature_looks_like() public {
        bytes32 digest = _digests()[0];
        (uint8 v, bytes32 r, bytes32 s) = cheats.sign(FIRST_DRIVER_KEY, digest);
        bytes memory twin = abi.encodePacked(r, bytes32(N - uint256(s)), v == 27 ? uint8(28) : uint8(27));

        cheats.assertTrue(!_use(0, twin), "the twin of a signature is taken too");
        cheats.assertTrue(_use(0, abi.encodePacked(r, s, v)), "the driver's signature opened nothing");
        _endSession();
        cheats.assertTrue(!_use(0, abi.encodePacked(r, s, v)), "a signature opened twice");
        cheats.assertTrue(!_use(0, twin), "the twin of a used signature opened a session");
    }

    /// @dev So that the account could open again.
    function _endSession() private {
        cheats.warp(uint256(_terms.expiresAt) + 1);
        settlement.expire(_terms, _opening, 0);
        cheats.warp(uint256(_terms.expiresAt) - 1 hours);
    }
}
