// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {cheats} from "../../base/TestBase.sol";

/// @notice Who takes part in the game, and their keys.
abstract contract GamePeople {
    uint256 internal constant FIRST_DRIVER_KEY = 0xd0;
    uint256 internal constant FIRST_OPERATOR_KEY = 0xc90;
    uint256 internal constant FIRST_PARTNER_KEY = 0x9a0;
    uint256 internal constant FIRST_ORACLE_KEY = 0x0ac1e0;
    uint256 internal constant FIRST_METER_KEY = 0x3e7e11;
    /// Of the maker that vouches for the first meter.
    uint256 internal constant MAKER_KEY = 0x3a4e6;
    uint256 internal constant VEHICLE_KEY = 0xca4;
    uint256 internal constant THIEF_KEY = 0xbad;

    uint256 public constant DRIVERS = 3;
    uint256 public constant LANES = 2;
    uint256 public constant OPERATORS = 2;
    uint256 public constant PARTNERS = 3;
    uint256 public constant ORACLES = 6;
    /// The number of the challenger's account among those of the drivers.
    uint256 public constant CHALLENGER = DRIVERS;

    address public constant OWNER = address(0x0713e4);
    address public constant GUARDIAN = address(0x96a4d1a);
    address public constant RELAYER = address(0x4e1a4e5);

    /// Keys of oracles in the order of their addresses.
    uint256[] private _oracleKeys;

    constructor() {
        for (uint256 i; i < ORACLES; ++i) _oracleKeys.push(FIRST_ORACLE_KEY + i);
        for (uint256 i = 1; i < ORACLES; ++i) {
            for (uint256 k = i; k > 0 && oracleOf(k) < oracleOf(k - 1); --k) {
                (_oracleKeys[k], _oracleKeys[k - 1]) = (_oracleKeys[k - 1], _oracleKeys[k]);
            }
        }
    }

    /// @notice A driver, or the challenger under the number after the last driver's.
    function driverOf(uint256 driver) public pure returns (address) {
        return cheats.addr(FIRST_DRIVER_KEY + driver);
    }

    /// @notice Where a driver's money goes that is paid out to somebody else.
    function otherWalletOf(uint256 driver) public pure returns (address) {
        return address(uint160(0x07e4000 + driver));
    }

    function operatorOf(uint256 operator) public pure returns (address) {
        return cheats.addr(FIRST_OPERATOR_KEY + operator);
    }

    function partnerOf(uint256 partner) public pure returns (address) {
        return cheats.addr(FIRST_PARTNER_KEY + partner);
    }

    function oracleOf(uint256 oracle) public view returns (address) {
        return cheats.addr(_oracleKeys[oracle]);
    }

    function thief() public pure returns (address) {
        return cheats.addr(THIEF_KEY);
    }

    function _oracleKeyOf(uint256 oracle) internal view returns (uint256) {
        return _oracleKeys[oracle];
    }

    function driverIndexOf(address driver) public pure returns (uint256) {
        for (uint256 i; i <= DRIVERS; ++i) if (driverOf(i) == driver) return i;
        revert("no driver of the game");
    }

    function operatorIndexOf(address operator) public pure returns (uint256) {
        for (uint256 i; i < OPERATORS; ++i) if (operatorOf(i) == operator) return i;
        revert("no operator of the game");
    }
}
