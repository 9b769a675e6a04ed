import { borrowCapAct } from "../borrowCapAct.ts";

export const setBorrowCap = borrowCapAct("setBorrowCap", "the most that may be lent");
