// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {IChargingSettlement} from "../interfaces/IChargingSettlement.sol";

/// @title Hostile token
/// @notice An ERC-20 token that is well behaved until a test tells it how to misbehave. For tests only.
contract HostileToken is ERC20 {
    enum Answer {
        True,
        FalseWithoutMoving,
        Nothing
    }

    uint256 private constant BPS = 10_000;
    address private constant FEE_COLLECTOR = address(0xfee);

    uint8 private immutable _decimals;

    Answer public answer;
    /// Taken out of every transfer.
    uint256 public feeBps;
    mapping(address account => bool) public isDenied;
    mapping(address authorizer => mapping(bytes32 nonce => bool)) public authorizationState;
    /// Whether it takes permits and transfer authorisations, whoever signed them.
    bool public isAuthorizing;

    address public hookTarget;
    bytes public hookCall;
    uint256 public hookRuns;
    uint256 public hookSuccesses;
    bytes public hookAnswer;
    bool private _isInHook;

    uint256 public observations;
    uint256 public deficits;

    error Denied(address account);

    constructor(uint8 decimalPlaces) ERC20("Hostile money", "HOSTILE") {
        _decimals = decimalPlaces;
    }

    /* BEHAVIOUR */

    function setAnswer(Answer newAnswer) external {
        answer = newAnswer;
    }

    function setFee(uint256 newFeeBps) external {
        feeBps = newFeeBps;
    }

    function setDenied(address account, bool isDeniedNow) external {
        isDenied[account] = isDeniedNow;
    }

    function setAuthorizing(bool isAuthorizingNow) external {
        isAuthorizing = isAuthorizingNow;
    }

    /// @notice Makes the token call `target` before and after it moves money, but not within such a call.
    function setHook(address target, bytes calldata callData) external {
        hookTarget = target;
        hookCall = callData;
    }

    /// @notice Compares what the settlement contract has with what it owes at this moment.
    function observe(IChargingSettlement settlement) external {
        ++observations;
        if (balanceOf(address(settlement)) < settlement.owedMicro() * settlement.unit()) ++deficits;
    }

    /// @notice Calls another contract as the token, which makes the token a driver or an operator.
    function act(address target, bytes calldata callData) external {
        // solhint-disable-next-line avoid-low-level-calls
        (bool isSuccess, bytes memory returned) = target.call(callData);
        if (!isSuccess) {
            assembly {
                revert(add(returned, 32), mload(returned))
            }
        }
    }

    /* ERC-20 */

    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (answer != Answer.FalseWithoutMoving) super.transfer(to, amount);
        return _answer();
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (answer != Answer.FalseWithoutMoving) super.transferFrom(from, to, amount);
        return _answer();
    }

    /* ERC-2612 AND ERC-3009 */

    function permit(address owner, address spender, uint256 value, uint256, uint8, bytes32, bytes32) external {
        _requireAuthorizing();
        _runHook();
        _approve(owner, spender, value);
    }

    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256,
        uint256,
        bytes32 nonce,
        uint8,
        bytes32,
        bytes32
    ) external {
        _requireAuthorizing();
        authorizationState[from][nonce] = true;
        if (answer != Answer.FalseWithoutMoving) _transfer(from, to, value);
    }

    /// @dev A token that does not have the function refuses it without a reason, too.
    function _requireAuthorizing() private view {
        // solhint-disable-next-line reason-string, gas-custom-errors
        if (!isAuthorizing) revert();
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function _update(address from, address to, uint256 amount) internal override {
        require(!isDenied[from], Denied(from));
        require(!isDenied[to], Denied(to));
        _runHook();
        super._update(from, to, amount);
        if (from != address(0) && feeBps != 0) super._update(to, FEE_COLLECTOR, (amount * feeBps) / BPS);
        _runHook();
    }

    function _answer() private view returns (bool) {
        if (answer == Answer.Nothing) {
            assembly {
                return(0, 0)
            }
        }
        return answer == Answer.True;
    }

    function _runHook() private {
        if (hookTarget == address(0) || _isInHook) return;
        _isInHook = true;
        ++hookRuns;
        // solhint-disable-next-line avoid-low-level-calls
        (bool isSuccess, bytes memory returned) = hookTarget.call(hookCall);
        if (isSuccess) ++hookSuccesses;
        hookAnswer = returned;
        _isInHook = false;
    }
}
