// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Opening, OpeningGroup, SessionTerms} from "../../../contracts/interfaces/IChargingSettlement.sol";
import {cheats, TestBase} from "../base/TestBase.sol";
import {SessionWorld} from "../invariants/SessionWorld.sol";

/// @title A chain that forks
/// @notice The fork has the contract, its state and every signature ever given, under another chain id.
contract ForkedChainTest is TestBase, SessionWorld {
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
        cheats.assertEq(freeMicro, 1_000_000, "a signature of another chain bound money");
        cheats.assertTrue(nonce == 0 && commitment == 0, "a signature of another chain opened a session");
    }

    function test_invariant_14_a_signature_for_the_fork_opens_a_session_there() public {
        SessionTerms memory terms = _fundedTerms();
        cheats.chainId(FORK);

        settlement.openBatch(_signedBatch(terms));

        cheats.assertTrue(settlement.isLive(terms), "a signature for this chain opened nothing");
    }

    function _fundedTerms() private returns (SessionTerms memory terms) {
        address driver = driverOf(0);
        erc20.mint(address(this), 1_000_000);
        erc20.approve(address(settlement), 1_000_000);
        settlement.deposit(driver, 0, 1_000_000);
        accounts[0][0].freeMicro = 1_000_000;
        (terms, ) = _termsFor(0, 0, 12_345);
    }

    function _signedBatch(SessionTerms memory terms) private view returns (OpeningGroup[] memory groups) {
        groups = new OpeningGroup[](1);
        groups[0] = OpeningGroup(terms.operator, terms.tariffId, new Opening[](1));
        (uint8 v, bytes32 r, bytes32 s) = cheats.sign(FIRST_DRIVER_KEY, digestOf(terms));
        groups[0].openings[0] = Opening(terms.driver, _pack(terms), r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }
}
