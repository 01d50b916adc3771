// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IChargingSettlement, PackedTerms, SessionTerms} from "../../../contracts/interfaces/IChargingSettlement.sol";
import {IOracleSet} from "../../../contracts/interfaces/IOracleSet.sol";
import {ITariffRegistry, Tariff} from "../../../contracts/interfaces/ITariffRegistry.sol";
import {bounded, cheats, deployed} from "../base/TestBase.sol";

/// @notice What this world needs of the demo token.
interface IMintable is IERC20 {
    function mint(address account, uint256 amount) external;
}

/// @title Session world
/// @notice The contracts under test, the people who use them, and a model of what should be: balances, nonces and the
/// state of every session, kept without reading the contract. Nothing here shares code with it.
abstract contract SessionWorld {
    enum Status {
        Live,
        Settled,
        Expired
    }

    struct Session {
        SessionTerms terms;
        Tariff tariff;
        bytes32 id;
        Status status;
        uint256 chargedMicro;
        uint256 returnedMicro;
        /// What the tariff gives for the session before the hold limits it.
        uint256 priceMicro;
    }

    struct ModelAccount {
        uint256 freeMicro;
        uint256 nonce;
        uint256 depositedMicro;
        uint256 withdrawnMicro;
        /// Number of the live session plus one; 0 is none.
        uint256 live;
    }

    struct ModelOperator {
        uint256 creditedMicro;
        uint256 withdrawnMicro;
    }

    uint256 internal constant FIRST_DRIVER_KEY = 0xd0;
    uint256 internal constant THIEF_KEY = 0xbad;
    uint256 public constant DRIVERS = 3;
    uint256 public constant LANES = 2;
    uint256 public constant OPERATORS = 2;
    uint40 internal constant LONGEST_SESSION = 48 hours;

    IMintable public erc20;
    ITariffRegistry public tariffRegistry;
    IOracleSet public oracleSet;
    IChargingSettlement public settlement;
    address public oracle = address(0x0acc1e);
    address public relayer = address(0x4e1a4e5);
    address public thief;

    uint256 public donatedMicro;
    mapping(uint256 driver => mapping(uint256 lane => ModelAccount)) public accounts;
    mapping(uint256 operator => ModelOperator) public operators;
    mapping(uint256 operator => Tariff) private _offered;
    Session[] private _sessions;

    /// Calls that did what they should, by the name of the handler's function.
    mapping(string action => uint256) public successes;
    uint256 public steps;
    uint256 public successSum;
    /// What a handler saw that must never be; empty is well. The key is the number of the invariant, 0 is none of them.
    mapping(uint256 invariantNumber => string) public broken;

    constructor() {
        cheats.warp(1_800_000_000);
        thief = cheats.addr(THIEF_KEY);
        address[] memory oracles = new address[](1);
        oracles[0] = oracle;
        erc20 = IMintable(deployed("contracts/mocks/DemoToken.sol:DemoToken", ""));
        tariffRegistry = ITariffRegistry(deployed("contracts/TariffRegistry.sol:TariffRegistry", ""));
        oracleSet = IOracleSet(
            deployed("contracts/OracleSet.sol:OracleSet", abi.encode(address(this), 72 hours, oracles))
        );
        address meterRegistry = deployed("contracts/MeterRegistry.sol:MeterRegistry", abi.encode(oracleSet));
        settlement = IChargingSettlement(
            deployed(
                "contracts/ChargingSettlement.sol:ChargingSettlement",
                abi.encode(erc20, tariffRegistry, meterRegistry, oracleSet, LONGEST_SESSION)
            )
        );
        for (uint256 i; i < OPERATORS; ++i) _offer(i, i * 7919);
    }

    /* PEOPLE */

    function driverOf(uint256 driver) public pure returns (address) {
        return cheats.addr(FIRST_DRIVER_KEY + driver);
    }

    function operatorOf(uint256 operator) public pure returns (address) {
        return address(uint160(0xc90000 + operator));
    }

    function _offer(uint256 operator, uint256 seed) internal {
        Tariff memory tariff = Tariff({
            flatFeeMicro: uint64(seed % 1_000_000),
            priceMicroPerKwh: uint64((seed >> 16) % 900_000),
            priceMicroPerChargingMinute: uint64((seed >> 32) % 50_000),
            priceMicroPerIdleMinute: uint64((seed >> 48) % 50_000),
            idleGraceSeconds: uint32((seed >> 64) % 1_200),
            energyStepWh: uint32((seed >> 80) % 3) * 100,
            chargingStepSeconds: uint32((seed >> 96) % 3) * 60,
            idleStepSeconds: uint32((seed >> 112) % 3) * 60,
            minimumMicro: uint64((seed >> 128) % 500_000),
            maximumMicro: (seed >> 144) % 2 == 0 ? 0 : uint64(600_000 + ((seed >> 152) % 20_000_000)),
            taxBps: uint16((seed >> 176) % 2_500),
            chargesWithoutEnergy: (seed >> 192) % 4 == 0
        });
        bytes32 tariffId = tariffRegistry.tariffIdOf(tariff);
        if (tariffRegistry.isOffered(operatorOf(operator), tariffId)) return;
        cheats.prank(operatorOf(operator));
        tariffRegistry.publish(tariff);
        _offered[operator] = tariff;
    }

    function _offeredTariff(uint256 operator) internal view returns (Tariff memory) {
        return _offered[operator];
    }

    /* MODEL */

    function sessionCount() public view returns (uint256) {
        return _sessions.length;
    }

    function sessionAt(uint256 index) public view returns (Session memory) {
        return _sessions[index];
    }

    function driverIndexOf(address driver) public pure returns (uint256) {
        for (uint256 i; i < DRIVERS; ++i) if (driverOf(i) == driver) return i;
        revert("no driver of the model");
    }

    function operatorIndexOf(address operator) public pure returns (uint256) {
        return uint160(operator) - 0xc90000;
    }

    function _modelOf(Session memory session) internal view returns (ModelAccount storage) {
        return accounts[driverIndexOf(session.terms.driver)][session.terms.lane];
    }

    function _recordOpening(SessionTerms memory terms, Tariff memory tariff) internal {
        ModelAccount storage account = accounts[driverIndexOf(terms.driver)][terms.lane];
        account.freeMicro -= terms.holdMicro;
        account.nonce += 1;
        Session storage session = _sessions.push();
        session.terms = terms;
        session.tariff = tariff;
        session.id = digestOf(terms);
        account.live = _sessions.length;
    }

    function _recordSettlement(uint256 index, uint256 energyMicroWh, uint256 charging, uint256 idle) internal {
        Session storage session = _sessions[index];
        uint256 price = _priceOf(session.tariff, energyMicroWh, charging, idle);
        uint256 hold = session.terms.holdMicro;
        session.status = Status.Settled;
        session.priceMicro = price;
        session.chargedMicro = price > hold ? hold : price;
        session.returnedMicro = hold - session.chargedMicro;
        ModelAccount storage account = _modelOf(session);
        account.freeMicro += session.returnedMicro;
        account.live = 0;
        operators[operatorIndexOf(session.terms.operator)].creditedMicro += session.chargedMicro;
    }

    function _recordExpiry(uint256 index) internal {
        Session storage session = _sessions[index];
        session.status = Status.Expired;
        session.returnedMicro = session.terms.holdMicro;
        ModelAccount storage account = _modelOf(session);
        account.freeMicro += session.returnedMicro;
        account.live = 0;
    }

    /// @dev The price in words of its own: everything in whole steps, each component floored, then the limits.
    function _priceOf(
        Tariff memory tariff,
        uint256 energyMicroWh,
        uint256 charging,
        uint256 idle
    ) private pure returns (uint256) {
        if (energyMicroWh == 0)
            if (!tariff.chargesWithoutEnergy) return 0;
        if (tariff.energyStepWh > 0) {
            energyMicroWh = (energyMicroWh / (1e6 * uint256(tariff.energyStepWh))) * 1e6 * tariff.energyStepWh;
        }
        idle = idle > tariff.idleGraceSeconds ? idle - tariff.idleGraceSeconds : 0;
        if (tariff.chargingStepSeconds > 0)
            charging = (charging / tariff.chargingStepSeconds) * tariff.chargingStepSeconds;
        if (tariff.idleStepSeconds > 0) idle = (idle / tariff.idleStepSeconds) * tariff.idleStepSeconds;
        uint256 net = tariff.flatFeeMicro;
        net += (energyMicroWh * tariff.priceMicroPerKwh) / 1e9;
        net += (charging * tariff.priceMicroPerChargingMinute) / 60;
        net += (idle * tariff.priceMicroPerIdleMinute) / 60;
        if (net < tariff.minimumMicro) net = tariff.minimumMicro;
        if (tariff.maximumMicro != 0)
            if (net > tariff.maximumMicro) net = tariff.maximumMicro;
        return net + (net * tariff.taxBps) / 10_000;
    }

    /// @dev Three times of four an account that can open a session, if there is one; else the one that was asked for.
    function _accountToOpen(uint256 driver, uint256 lane, uint256 seed) internal view returns (uint256, uint256) {
        uint256 first = (driver % DRIVERS) * LANES + (lane % LANES);
        for (uint256 i; i < DRIVERS * LANES && seed % 4 != 0; ++i) {
            uint256 number = (first + i) % (DRIVERS * LANES);
            ModelAccount storage account = accounts[number / LANES][number % LANES];
            if (account.live == 0 && account.freeMicro != 0) return (number / LANES, number % LANES);
        }
        return (driver % DRIVERS, lane % LANES);
    }

    /* TERMS */

    function _termsFor(
        uint256 driver,
        uint256 lane,
        uint256 seed
    ) internal view returns (SessionTerms memory terms, Tariff memory tariff) {
        uint256 operator = seed % OPERATORS;
        tariff = _offered[operator];
        terms.driver = driverOf(driver);
        terms.lane = uint32(lane);
        terms.nonce = uint32(accounts[driver][lane].nonce);
        terms.operator = operatorOf(operator);
        terms.evse = uint32(seed >> 8);
        terms.meter = uint32(seed >> 40);
        terms.tariffId = tariffRegistry.tariffIdOf(tariff);
        uint256 free = accounts[driver][lane].freeMicro;
        terms.holdMicro = uint64(bounded(uint64(seed >> 72), 1, free == 0 ? 1 : free));
        terms.expiresAt = uint40(
            block.timestamp + bounded(uint40(seed >> 136), 1, seed % 3 == 0 ? 2 hours : LONGEST_SESSION)
        );
    }

    /// @dev The EIP-712 digest, written out from the standard.
    function digestOf(SessionTerms memory terms) public view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Wattproof Charging Settlement"),
                keccak256("1"),
                block.chainid,
                settlement
            )
        );
        bytes32 typehash = keccak256(
            "SessionTerms(address driver,uint32 lane,uint32 nonce,address operator,uint32 evse,uint32 meter,bytes32 tariffId,uint64 holdMicro,uint40 expiresAt)"
        );
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(abi.encode(typehash, terms))));
    }

    function _pack(SessionTerms memory terms) internal pure returns (PackedTerms) {
        bytes memory packed = abi.encodePacked(
            bytes3(0),
            terms.lane,
            terms.nonce,
            terms.evse,
            terms.meter,
            terms.holdMicro,
            terms.expiresAt
        );
        return PackedTerms.wrap(uint256(bytes32(packed)));
    }

    /* BOOKKEEPING OF CALLS */

    function _succeeded(string memory action) internal {
        ++successes[action];
        ++successSum;
    }

    function _break(uint256 invariantNumber, string memory what) internal {
        broken[invariantNumber] = what;
    }

    modifier step() {
        ++steps;
        _;
    }
}
