// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DemoToken} from "../../../contracts/mocks/DemoToken.sol";

/// @title Game token
/// @notice Play money with permits and authorisations whose issuer can deny an account, and which can call somebody in
/// the middle of a transfer.
contract GameToken is DemoToken {
    mapping(address account => bool) public isDenied;
    address private _hookTarget;
    bytes private _hookCall;
    uint256 public hookRuns;
    bool public hasHookSucceeded;
    bytes public hookAnswer;

    error Denied(address account);

    function setDenied(address account, bool isDeniedNow) external {
        isDenied[account] = isDeniedNow;
    }

    /// @notice The next transfer, and no other, calls the target.
    function setHook(address target, bytes calldata callData) external {
        (_hookTarget, _hookCall, hasHookSucceeded, hookAnswer) = (target, callData, false, "");
    }

    function _update(address from, address to, uint256 amount) internal override {
        require(!isDenied[from], Denied(from));
        require(!isDenied[to] || from == address(0), Denied(to));
        super._update(from, to, amount);
        address target = _hookTarget;
        if (target == address(0) || from == address(0)) return;

        _hookTarget = address(0);
        ++hookRuns;
        // solhint-disable-next-line avoid-low-level-calls
        (hasHookSucceeded, hookAnswer) = target.call(_hookCall);
    }
}
