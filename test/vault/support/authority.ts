/** What an operator may do, with the Solidity names and numbers. */
export const Permission = { None: 0, Improve: 1, Everything: 2 } as const;
