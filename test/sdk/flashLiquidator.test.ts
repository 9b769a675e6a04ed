import { expect } from "chai";
import { solidityPacked, solidityPackedKeccak256 } from "ethers";
import {
  batchGasLimit,
  encodeSwapPath,
  errorNameOf,
  InputError,
  reversedRoute,
  type SwapRoute,
} from "../../sdk/index.ts";

const WETH = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
const WBTC = "0x2260FAC5E5542a773Aa44fBCfeDf7C193bc2C599";
const USDC = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const ROUTE: SwapRoute = {
  from: WBTC,
  hops: [
    { fee: 500, to: WETH },
    { fee: 3_000, to: USDC },
  ],
};

describe("encodeSwapPath", () => {
  it("packs a token, then a fee in three bytes and a token for each pool", () => {
    const types = ["address", "uint24", "address", "uint24", "address"];
    const packed = solidityPacked(types, [WBTC, 500, WETH, 3_000, USDC]);
    expect(encodeSwapPath(ROUTE)).to.equal(packed);
    expect(encodeSwapPath({ ...ROUTE, hops: ROUTE.hops.slice(0, 1) })).to.equal(packed.slice(0, 2 + 43 * 2));
  });

  it("refuses what is no route", () => {
    for (const route of [
      { from: WETH, hops: [] },
      { from: "0x12", hops: [{ fee: 500, to: USDC }] },
      { from: WETH, hops: [{ fee: 500, to: "USDC" }] },
      ...[0, -1, 0.5, 2 ** 24, Number.NaN].map((fee) => ({ from: WETH, hops: [{ fee, to: USDC }] })),
    ]) {
      expect(() => encodeSwapPath(route)).to.throw(InputError);
    }
  });
});

describe("reversedRoute", () => {
  it("is the same pools from the other end, and twice is the route itself", () => {
    expect(reversedRoute(ROUTE)).to.deep.equal({
      from: USDC,
      hops: [
        { fee: 3_000, to: WETH },
        { fee: 500, to: WBTC },
      ],
    });
    expect(reversedRoute(reversedRoute(ROUTE))).to.deep.equal(ROUTE);
  });
});

describe("batchGasLimit", () => {
  it("leaves the last take its gas after every other has burned all of its own", () => {
    for (const gasPerTake of [100_000n, 500_000n, 1_500_000n]) {
      for (const count of [1, 2, 20]) {
        const burned = BigInt(count - 1) * (gasPerTake + 50_000n);
        const left = batchGasLimit(count, gasPerTake) - 21_000n - burned;
        // The contract's own condition.
        expect(left - left / 64n >= gasPerTake + 50_000n).to.equal(true);
      }
    }
  });
});

describe("errorNameOf", () => {
  it("names errors of the liquidator, of the vault and of tokens, and none that it does not know", () => {
    const selector = (signature: string) => solidityPackedKeccak256(["string"], [signature]).slice(0, 10);
    expect(errorNameOf(selector("NotProfitable(uint256,uint256)"))).to.equal("NotProfitable");
    expect(errorNameOf(selector("NotLiquidatable(bytes32,uint8)"))).to.equal("NotLiquidatable");
    expect(errorNameOf(selector("Panic(uint256)"))).to.equal("Panic");
    expect(errorNameOf("0x00000000")).to.equal(undefined);
  });
});
