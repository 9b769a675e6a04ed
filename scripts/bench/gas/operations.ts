/** What is measured: a whole transaction each, in the order of the table; the last three are views inside a contract. */
export const OPERATIONS = [
  { name: "depositFirst", title: "deposit collateral, an account's first", target: 95_000 },
  { name: "depositNext", title: "deposit collateral, next", target: 58_000 },
  { name: "supplyNext", title: "lender supplies, next", target: 83_000 },
  { name: "borrowNext1", title: "borrow, next, 1 collateral", target: 95_000 },
  { name: "borrowNext2", title: "borrow, next, 2 collaterals", target: 109_000 },
  { name: "borrowNext5", title: "borrow, next, 5 collaterals", target: 150_000 },
  { name: "repayPart", title: "repay a part", target: 78_000 },
  { name: "withdrawWithDebt1", title: "withdraw with debt, 1 collateral", target: 92_000 },
  { name: "withdrawWithDebt5", title: "withdraw with debt, 5 collaterals", target: 148_000 },
  { name: "liquidate1", title: "liquidate a part, 1 collateral", target: 160_000 },
  { name: "liquidate5", title: "liquidate a part, 5 collaterals", target: 235_000 },
  { name: "openCall", title: "open a call, bounty included", target: 90_000 },
  { name: "openCallOf200", title: "open a call, each of 200", target: 20_000 },
  { name: "health1", title: "health view, 1 collateral", target: 31_000 },
  { name: "health2", title: "health view, 2 collaterals", target: 45_000 },
  { name: "health5", title: "health view, 5 collaterals", target: 88_000 },
] as const satisfies readonly Operation[];

interface Operation {
  readonly name: string;
  readonly title: string;
  /** Gas. */
  readonly target: number;
}

export type OperationName = (typeof OPERATIONS)[number]["name"];
