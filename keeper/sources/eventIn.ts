import type { VaultEvent } from "../../sdk/vaultEvent.ts";
import { decodeVaultEvent } from "../../sdk/vaultEvents.ts";
import { messageOf, RetryableError } from "../errors.ts";
import type { SourceLog } from "./sourceLog.ts";

/** The vault's event in a log, undefined for an unknown kind. Throws `RetryableError` for one that cannot be read. */
export function eventIn(log: SourceLog): VaultEvent | undefined {
  try {
    return decodeVaultEvent(log);
  } catch (error) {
    throw new RetryableError(`the endpoint answered with a log that cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
