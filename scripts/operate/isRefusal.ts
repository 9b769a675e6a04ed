import { isError } from "ethers";
import { revertDataOf } from "../../sdk/revertDataOf.ts";

/** Whether a call failed because of what was called, not on its way: a revert, or nothing there that answers. */
export function isRefusal(error: unknown): boolean {
  return isError(error, "CALL_EXCEPTION") || isError(error, "BAD_DATA") || revertDataOf(error) !== undefined;
}
