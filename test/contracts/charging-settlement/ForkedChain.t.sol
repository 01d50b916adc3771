// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Opening,
    OpeningGroup,
    SessionTerms,
    SignedOpening
} from "../../../contracts/interfaces/IChargingSettlement.sol";
import {Digests} from "../base/Digests.sol";
import {SettlementTest} from "../base/SettlementTest.sol";
import {cheats, timeNow} from "../base/TestBase.sol";

/// @title A chain that forks
/// @notice The fork has the contract, its state and every signature ever given, under another chain id.
contract ForkedChainTest is SettlementTest {
    uint256 private constant FORK = 424_242;

    function test_invariant_14_a_signature_of_one_chain_opens_nothing_on_its_fork() public {
        SessionTerms memory terms = _fundedTerms();
        OpeningGroup[] memory groups = _signedBatch(terms);
        bytes32 idBefore = settlement.sessionIdOf(terms);

        cheats.chainId(FORK);
        settlement.openBatch(groups);

        cheats.assertTrue(settlement.sessionIdOf(terms) != idBefore, "the session id does not know the chain");
        cheats.assertTrue(settlement.sessionIdOf(terms) == digestOf(terms), "the session id is not of this chain");
        (uint64 freeMicro, uint32 nonce, uint160 commitment) = settlement.accountOf(terms.driver, 0);
        cheats.assertEq(freeMicro, DEPOSIT, "a signature of another chain bound money");
        cheats.assertTrue(nonce == 0 && commitment == 0, "a signature of another chain opened a session");
    }

    function test_invariant_14_a_signature_for_the_fork_opens_a_session_there() public {
        SessionTerms memory terms = _fundedTerms();
        cheats.chainId(FORK);

        settlement.openBatch(_signedBatch(terms));

        Opening memory opening = Opening(uint40(timeNow()), uint24(uint256(blockhash(block.number - 1))));
        cheats.assertTrue(settlement.isLive(terms, opening, 0), "a signature for this chain opened nothing");
    }

    function _fundedTerms() private returns (SessionTerms memory terms) {
        _fund(0, 0, DEPOSIT);
        (terms, ) = _plainTerms(0, 0, 1_000_000, 1 days);
    }

    function _signedBatch(SessionTerms memory terms) private view returns (OpeningGroup[] memory groups) {
        groups = new OpeningGroup[](1);
        groups[0] = OpeningGroup(terms.operator, terms.agreement, terms.tariffId, new SignedOpening[](1));
        (bytes32 r, bytes32 vs) = _compact(FIRST_DRIVER_KEY, digestOf(terms));
        groups[0].openings[0] = SignedOpening(terms.driver, Digests.packed(terms), r, vs);
    }
}
