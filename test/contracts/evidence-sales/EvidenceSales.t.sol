// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DriversPart, IEvidenceSales, Offer} from "../../../contracts/evidence/interfaces/IEvidenceSales.sol";
import {PartnerShare} from "../../../contracts/interfaces/IPartnerAgreements.sol";
import {bounded, cheats, deployed, TestBase, timeNow} from "../base/TestBase.sol";
import {GameWorld} from "../invariants/world/GameWorld.sol";

/// @title Sales handler
/// @notice Everybody who sells, buys and is paid for evidence. Oracles sign what they are asked to, also rounds that name more
/// than they take.
contract SalesHandler is GameWorld {
    IEvidenceSales public sales;
    address public constant BUYER = address(0xb04e4);
    address public constant HOST = address(0x4057);
    uint16 private constant POOL_BPS = 1_750;
    uint16 private constant HOST_BPS = 333;

    /// The one offer of each operator that is open, under the agreement with the operator's number.
    Offer[2] private _offers;
    bool[2] private _isOpen;
    uint256[2] public soldMicro;
    mapping(uint256 operator => mapping(address party => uint256)) public paidOut;
    /// Each round names one driver and the thief, who shall get the same again.
    uint256[] public roundTotals;
    address[] private _roundDrivers;
    mapping(uint256 round => uint256) public creditedMicro;
    mapping(uint256 round => mapping(bool isThief => bool)) private _isCredited;
    uint256 public allottedMicro;
    uint256 public givenMicro;
    string public fault;
    mapping(string action => uint256) public did;

    constructor() {
        address consents = deployed("contracts/evidence/DataConsents.sol:DataConsents", "");
        sales = IEvidenceSales(
            deployed("contracts/evidence/EvidenceSales.sol:EvidenceSales", abi.encode(settlement, consents))
        );
        for (uint32 i; i < OPERATORS; ++i) {
            PartnerShare[] memory shares = new PartnerShare[](2);
            shares[0] = PartnerShare(address(sales), POOL_BPS);
            shares[1] = PartnerShare(HOST, HOST_BPS);
            cheats.prank(operatorOf(i));
            partnerAgreements.propose(shares);
            sales.joinAgreement(i + 1);
            cheats.prank(HOST);
            partnerAgreements.sign(i + 1);
        }
        erc20.mint(BUYER, 1e15);
        cheats.prank(BUYER);
        erc20.approve(address(sales), 1e15);
    }

    function roundCount() external view returns (uint256) {
        return roundTotals.length;
    }

    /* OPERATOR */

    function operatorOffers(uint256 seed) external {
        uint256 operator = seed % OPERATORS;
        if (_isOpen[operator]) {
            bytes32 offerId = sales.offerIdOf(_offers[operator]);
            cheats.prank(operatorOf(operator));
            sales.withdrawOffer(offerId, _offers[operator]);
        }
        Offer memory content = Offer({
            operator: operatorOf(operator),
            agreement: uint32(operator + 1),
            root: bytes32(seed),
            licenceHash: bytes32(seed >> 1),
            priceMicro: uint64(1 + ((seed >> 8) % 30_000_000)),
            scopes: uint32((seed >> 40) % 2),
            leastDriversBps: 0,
            driversRoot: (seed >> 40) % 2 == 1 ? bytes32(uint256(1)) : bytes32(0),
            expiresAt: uint40(timeNow() + 1 days)
        });
        if (content.scopes != 0) content.leastDriversBps = uint16(POOL_BPS - 1 + ((seed >> 48) % 3));
        bytes32 digest = sales.offerDigestOf(content);
        cheats.prank(operatorOf(operator));
        try sales.offer(content, _signedByOracles(digest, _quorum(seed))) {
            if (content.leastDriversBps > POOL_BPS) fault = "drivers get less than they consented to";
            (_offers[operator], _isOpen[operator]) = (content, true);
            ++did["offer"];
        } catch {
            if (content.leastDriversBps <= POOL_BPS) fault = "an offer was refused";
            _isOpen[operator] = false;
            ++did["refused offer"];
        }
    }

    function partyWithdraws(uint256 seed, uint64 amountMicro) external {
        uint256 operator = seed % OPERATORS;
        address party = [operatorOf(operator), HOST, thief()][(seed >> 8) % 3];
        uint64 most = sales.withdrawableOf(operatorOf(operator), uint32(operator + 1), party);
        uint64 amount = (seed >> 16) % 5 == 0 ? most + 1 : uint64(bounded(amountMicro, 0, most));
        cheats.prank(party);
        try sales.withdrawPart(operatorOf(operator), uint32(operator + 1), amount, RELAYER) {
            if (amount > most || party == thief()) fault = "more than a part was paid out";
            paidOut[operator][party] += amount;
            ++did["withdraw"];
        } catch {
            if (amount != 0 && amount <= most) fault = "a part was not paid out";
            ++did["refused withdrawal"];
        }
    }

    /* BUYER */

    function buyerBuys(uint256 seed) external {
        uint256 operator = seed % OPERATORS;
        Offer memory content = _offers[operator];
        bool isGood = _isOpen[operator] && timeNow() < content.expiresAt;
        if ((seed >> 8) % 6 == 0) (content.priceMicro, isGood) = (content.priceMicro / 2, false);
        cheats.prank(BUYER);
        try sales.buy(content) {
            if (!isGood) fault = "what was not offered was sold";
            soldMicro[operator] += content.priceMicro;
            ++did["buy"];
        } catch {
            if (isGood) fault = "an offer was not sold";
            ++did["refused sale"];
        }
    }

    /// @notice Tokens that nobody asked for.
    function buyerDonates(uint256 amountMicro) external {
        amountMicro = bounded(amountMicro, 1, 1_000_000);
        givenMicro += amountMicro;
        erc20.mint(address(sales), amountMicro);
    }

    /* QUORUM */

    function quorumAllots(uint256 seed, uint256 totalMicro) external {
        uint256 free = poolMicro() - allottedMicro;
        totalMicro = (seed >> 8) % 5 == 0 ? free + 1 : bounded(totalMicro, 0, free);
        address driver = driverOf(seed % DRIVERS);
        bytes32 root = _rootOf(_leaf(driver, uint64(totalMicro)), _leaf(thief(), uint64(totalMicro)));
        uint256 round = roundTotals.length + 1;
        bytes32 digest = sales.roundDigestOf(round, root, uint64(totalMicro));
        try sales.allot(root, uint64(totalMicro), _signedByOracles(digest, _quorum(seed))) {
            if (totalMicro == 0 || totalMicro > free) fault = "more was allotted than sales brought in";
            roundTotals.push(totalMicro);
            _roundDrivers.push(driver);
            allottedMicro += totalMicro;
            ++did["allot"];
        } catch {
            if (totalMicro != 0 && totalMicro <= free) fault = "a round was refused";
            ++did["refused round"];
        }
    }

    /* ANYBODY */

    /// @notice The driver's part, or the same amount once more for the thief.
    function anybodyCredits(uint256 seed) external {
        if (roundTotals.length == 0) return;
        uint256 round = 1 + (seed % roundTotals.length);
        bool isThief = (seed >> 64) % 4 == 0;
        uint64 amount = uint64(roundTotals[round - 1]);
        address driver = _roundDrivers[round - 1];
        DriversPart[] memory parts = new DriversPart[](1);
        parts[0] = DriversPart(round, isThief ? thief() : driver, 0, amount, new bytes32[](1));
        parts[0].proof[0] = _leaf(isThief ? driver : thief(), amount);
        bool isDone = _isCredited[round][isThief];
        bool isLeft = creditedMicro[round] == 0;
        (uint64 before, , ) = settlement.accountOf(parts[0].driver, 0);
        try sales.creditParts(parts) {
            (uint64 afterwards, , ) = settlement.accountOf(parts[0].driver, 0);
            if (!isDone && !isLeft) fault = "a round paid more than it took";
            if (afterwards - before != (isDone ? 0 : amount)) fault = "another amount was credited";
            if (!isDone) creditedMicro[round] += amount;
            _isCredited[round][isThief] = true;
            ++did[isDone ? "part that was credited" : "credit"];
        } catch {
            if (isDone || isLeft) fault = "a part was not credited";
            ++did["refused part"];
        }
    }

    function timePasses(uint256 seconds_) external {
        cheats.warp(timeNow() + bounded(seconds_, 1 hours, 12 hours));
    }

    /// @notice What sales brought into the pool, rounded down for each agreement.
    function poolMicro() public view returns (uint256) {
        return (soldMicro[0] * POOL_BPS) / 10_000 + (soldMicro[1] * POOL_BPS) / 10_000;
    }

    function _leaf(address driver, uint64 amount) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(driver, uint32(0), amount))));
    }

    function _rootOf(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(left < right ? bytes.concat(left, right) : bytes.concat(right, left));
    }
}

/// @title Invariants of the evidence sales
/// @notice Letters and numbers are those of docs/invariants.md.
contract EvidenceSalesInvariants is TestBase {
    SalesHandler private _world;
    IEvidenceSales private _sales;

    function setUp() public {
        _world = SalesHandler(deployed("test/contracts/evidence-sales/EvidenceSales.t.sol:SalesHandler", ""));
        _sales = _world.sales();
        _target(address(_world));
    }

    /// @notice E5: sums over sales, payouts and rounds themselves.
    function invariant_sales_are_what_was_paid_out_and_is_owed() public view {
        uint256 owed = _world.soldMicro(0) + _world.soldMicro(1);
        for (uint256 i; i < _world.OPERATORS(); ++i) {
            owed -= _world.paidOut(i, _world.operatorOf(i)) + _world.paidOut(i, _world.HOST());
        }
        for (uint256 round = 1; round <= _world.roundCount(); ++round) owed -= _world.creditedMicro(round);
        cheats.assertEq(_sales.owedMicro(), owed, "owed");
        uint256 balance = _world.erc20().balanceOf(address(_sales));
        cheats.assertEq(balance, owed + _world.givenMicro(), "balance");
    }

    /// @notice E6.
    function invariant_rounds_take_at_most_the_pool_and_pay_at_most_what_they_took() public view {
        cheats.assertLe(_world.allottedMicro(), _world.poolMicro(), "more was allotted than sold");
        cheats.assertEq(_sales.unallottedMicro(), _world.poolMicro() - _world.allottedMicro(), "unallotted");
        for (uint256 round = 1; round <= _world.roundCount(); ++round) {
            (, uint64 remaining) = _sales.roundOf(round);
            uint256 total = _world.roundTotals(round - 1);
            cheats.assertLe(_world.creditedMicro(round), total, "a round paid more than it took");
            cheats.assertEq(remaining, total - _world.creditedMicro(round), "remaining");
        }
    }

    /// @notice E7: whoever withdraws or is credited, and in whatever order, everybody else's money is there.
    function invariant_everything_that_can_be_taken_out_is_there() public view {
        uint256 sum = _sales.unallottedMicro();
        for (uint32 i; i < _world.OPERATORS(); ++i) {
            address operator = _world.operatorOf(i);
            sum += _sales.withdrawableOf(operator, i + 1, operator);
            sum += _sales.withdrawableOf(operator, i + 1, _world.HOST());
        }
        for (uint256 round = 1; round <= _world.roundCount(); ++round) {
            (, uint64 remaining) = _sales.roundOf(round);
            sum += remaining;
        }
        cheats.assertLe(sum, _sales.owedMicro(), "claims above what is owed");
    }

    function invariant_every_sale_did_as_the_model_says() public view {
        cheats.assertEq(bytes(_world.fault()).length, 0, _world.fault());
    }

    function test_a_long_game_of_sales_does_everything() public {
        uint256 seed = cheats.envOr("WATTPROOF_GAME_SEED", 1);
        uint256 steps = cheats.envOr("WATTPROOF_GAME_STEPS", 1_000);
        for (uint256 i; i < steps; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _play(seed);
            if (i % 100 == 99) {
                invariant_sales_are_what_was_paid_out_and_is_owed();
                invariant_rounds_take_at_most_the_pool_and_pay_at_most_what_they_took();
                invariant_everything_that_can_be_taken_out_is_there();
                invariant_every_sale_did_as_the_model_says();
            }
        }
        string[11] memory kinds = [
            "offer",
            "refused offer",
            "withdraw",
            "refused withdrawal",
            "buy",
            "refused sale",
            "allot",
            "refused round",
            "credit",
            "part that was credited",
            "refused part"
        ];
        for (uint256 i; i < kinds.length; ++i) cheats.assertTrue(_world.did(kinds[i]) > 0, kinds[i]);
    }

    function _play(uint256 seed) private {
        uint256 act = seed % 8;
        uint256 other = uint256(keccak256(abi.encode(seed, "other")));
        if (act == 0) _world.operatorOffers(other);
        else if (act <= 2) _world.buyerBuys(other);
        else if (act == 3) _world.partyWithdraws(other, uint64(other >> 128));
        else if (act == 4) _world.quorumAllots(other, other >> 128);
        else if (act == 5) _world.anybodyCredits(other);
        else if (act == 6) _world.buyerDonates(other);
        else _world.timePasses(other);
    }
}
