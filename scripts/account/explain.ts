import { decodeError, type ErrorContext } from "../../sdk/decodeError.ts";
import { InputError } from "../../sdk/inputError.ts";
import { revertDataOf } from "../../sdk/revertDataOf.ts";

/** What went wrong, in one sentence for the person who ran the command. */
export function explain(error: unknown, context?: ErrorContext): string {
  if (error instanceof InputError) return error.message;
  const data = revertDataOf(error);
  if (data !== undefined && data !== "0x") return decodeError(data, context).sentence;
  const { code, shortMessage, message } = error as {
    code?: unknown;
    shortMessage?: string;
    message?: string;
  };
  if (code === "ECONNREFUSED" || code === "NETWORK_ERROR")
    return "The RPC endpoint does not answer. Is the URL right?";
  return shortMessage ?? message ?? String(error);
}
