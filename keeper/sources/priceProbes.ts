import { Interface } from "ethers";
import { NO_PRICES, pricesFrom } from "../../sdk/valuation.ts";
import type { Prices } from "../../sdk/vaultTypes.ts";
import { contractCall, decoded, type StateAt } from "./contractCall.ts";
import type { Probe } from "./probe.ts";
import type { FeedAnswer } from "./sight.ts";

const oracleAbi = new Interface([
  "function prices(uint256 assetSet) view returns (uint256[] prices36, uint256 freshSet)",
]);
const feedAbi = new Interface([
  "function latestRoundData() view returns (uint80, int256 answer, uint256, uint256 updatedAt, uint80)",
  "function decimals() view returns (uint8)",
]);
const NO_ORACLE = /^0x0{40}$/;

/** The vault's prices at a block, as the vault itself would read them there; without an oracle there are none. */
export function vaultPricesProbe(
  oracle: string,
  collateralCount: number,
  block: StateAt | number,
): Probe<Prices> {
  const assetSet = (1 << collateralCount) - 1;
  if (NO_ORACLE.test(oracle)) return { calls: [], read: () => NO_PRICES };
  return {
    calls: [contractCall(oracle, oracleAbi, "prices", [assetSet], block)],
    read: ([answer]) => {
      const result = decoded(oracleAbi, "prices", answer);
      if (result === undefined) return NO_PRICES;
      return pricesFrom(assetSet, [...(result[0] as bigint[])], result[1] as bigint);
    },
  };
}

/** A feed's answer at a block, as it stands; undefined when it has none. */
export function feedAnswerProbe(feed: string, block: StateAt | number): Probe<FeedAnswer | undefined> {
  return {
    calls: [contractCall(feed, feedAbi, "latestRoundData", [], block)],
    read: ([answer]) => {
      const round = decoded(feedAbi, "latestRoundData", answer);
      const value = round?.answer as bigint | undefined;
      if (value === undefined || value <= 0n) return undefined;
      return { answer: value, updatedAt: round?.updatedAt as bigint };
    },
  };
}

/** A feed's decimals; undefined when it does not say. */
export function feedDecimalsProbe(feed: string): Probe<number | undefined> {
  return {
    calls: [
      { method: "eth_call", params: [{ to: feed, data: feedAbi.encodeFunctionData("decimals") }, "latest"] },
    ],
    read: ([answer]) => {
      const value = decoded(feedAbi, "decimals", answer)?.[0] as bigint | undefined;
      return value === undefined ? undefined : Number(value);
    },
  };
}
