import { Status } from "../../sdk/vaultTypes.ts";

/** All that the index says of an account, in one byte. */
export type Standing = number;

const MAY_CLOSE = 16;
const HOPELESS = 32;

/** Where every account begins, and one without debt or call stays. */
export const HEALTHY: Standing = Status.Healthy;

export function standing(status: Status, mayClose: boolean, isHopeless: boolean): Standing {
  return status | (mayClose ? MAY_CLOSE : 0) | (isHopeless ? HOPELESS : 0);
}

export function statusIn(of: Standing): Status {
  return (of & 15) as Status;
}

/** Whether an open call may end. */
export function mayCloseIn(of: Standing): boolean {
  return (of & MAY_CLOSE) !== 0;
}

/** Whether what is left is worth less than the debt and than the vault's dust value: anybody may book the loss. */
export function isHopelessIn(of: Standing): boolean {
  return (of & HOPELESS) !== 0;
}
