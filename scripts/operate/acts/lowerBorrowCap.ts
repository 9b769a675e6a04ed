import { borrowCapAct } from "../borrowCapAct.ts";

export const lowerBorrowCap = borrowCapAct(
  "lowerBorrowCap",
  "the same, downwards and at once; zero stops borrowing",
);
