/**
 * The form of receipts that are written and checked: 3, since sessions say when they opened. Earlier ones are of contracts
 * that did not tell.
 */
export const receiptVersion = 3;
