// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice An event as the test runner recorded it.
struct RecordedLog {
    bytes32[] topics;
    bytes data;
    address emitter;
}

/// @notice The cheat codes that our Solidity tests use; the test runner answers at this address.
interface ICheatCodes {
    function addr(uint256 privateKey) external pure returns (address);
    function assertEq(uint256 left, uint256 right, string calldata message) external pure;
    function assertLe(uint256 left, uint256 right, string calldata message) external pure;
    function assertTrue(bool isTrue, string calldata message) external pure;
    function chainId(uint256 newChainId) external;
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
    function envOr(string calldata name, uint256 defaultValue) external view returns (uint256);
    function etch(address target, bytes calldata code) external;
    function getBlockTimestamp() external view returns (uint256);
    function getCode(string calldata artifact) external view returns (bytes memory creationCode);
    function getNonce(address account) external view returns (uint64);
    function getRecordedLogs() external returns (RecordedLog[] memory);
    function prank(address sender) external;
    function publicKeyP256(uint256 privateKey) external pure returns (uint256 x, uint256 y);
    function recordLogs() external;
    function revertToState(uint256 snapshot) external returns (bool);
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function signP256(uint256 privateKey, bytes32 digest) external pure returns (bytes32 r, bytes32 s);
    function snapshotState() external returns (uint256 snapshot);
    function warp(uint256 timestamp) external;
}

ICheatCodes constant cheats = ICheatCodes(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

/// @notice A number from `least` to `most`, both included, that follows from any number.
function bounded(uint256 number, uint256 least, uint256 most) pure returns (uint256) {
    return number >= least && number <= most ? number : least + (number % (most - least + 1));
}

/// @notice The time of the block as it is now. The compiler takes `block.timestamp` for the same all through a call, also
/// where a test lets time pass.
function timeNow() view returns (uint256) {
    return cheats.getBlockTimestamp();
}

/// @notice Deploys one of our contracts from its artifact, so that what is tested is the bytecode that is deployed, and
/// no test has to contain and compile it again.
/// @param artifact The contract's file and name, such as `contracts/mocks/DemoToken.sol:DemoToken`.
function deployed(string memory artifact, bytes memory arguments) returns (address instance) {
    bytes memory creation = bytes.concat(cheats.getCode(artifact), arguments);
    assembly {
        instance := create(0, add(creation, 32), mload(creation))
    }
    require(instance != address(0), "the constructor refused");
}

/// @title Test base
/// @notice What the test runner wants to know of a test contract.
abstract contract TestBase {
    bool public constant IS_TEST = true;

    address[] private _targets;

    /// @notice Which contracts an invariant test calls at random.
    function targetContracts() external view returns (address[] memory) {
        return _targets;
    }

    function _target(address handler) internal {
        _targets.push(handler);
    }
}
