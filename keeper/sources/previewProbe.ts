import { Interface } from "ethers";
import { decodeError } from "../../sdk/decodeError.ts";
import type { TakeItem } from "../policy/action.ts";
import { contractCall, type StateAt } from "./contractCall.ts";
import type { Probe } from "./probe.ts";
import { RetryableError } from "../errors.ts";

/** The vault's function; a test compares it with the compiled one. */
export const PREVIEW_ABI = new Interface([
  "function previewLiquidation(bytes32 account, address asset, uint256 maxRepay) view returns (uint256 repaid, uint256 insured, uint256 seized, uint256 discountWad)",
]);

/** What a take would do at a block, whoever pays for it, or why the vault would refuse it. */
export type Preview =
  | { readonly repaid: bigint; readonly insured: bigint; readonly seized: bigint }
  | { readonly refused: string };

/** `read` throws `RetryableError` when it was the endpoint that failed and not the vault that refused. */
export function previewProbe(
  vault: string,
  { account, asset, maxRepay, minSeized }: TakeItem,
  at: StateAt,
): Probe<Preview> {
  const name = "previewLiquidation";
  return {
    calls: [contractCall(vault, PREVIEW_ABI, name, [account, asset, maxRepay], at)],
    read: ([answer]) => {
      if (answer?.ok === true && typeof answer.result === "string") {
        const { repaid, insured, seized } = PREVIEW_ABI.decodeFunctionResult(
          name,
          answer.result,
        ) as unknown as Record<"repaid" | "insured" | "seized", bigint>;
        return seized < minSeized ? { refused: "SeizedTooLittle" } : { repaid, insured, seized };
      }
      if (answer?.ok === false && answer.data !== undefined)
        return { refused: decodeError(answer.data).name };
      throw new RetryableError("the endpoint could not preview a liquidation");
    },
  };
}
