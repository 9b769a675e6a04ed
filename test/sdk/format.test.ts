import { expect } from "chai";
import {
  formatAmount,
  formatBps,
  formatDuration,
  formatPercentWad,
  formatPrice,
  formatTime,
  formatUnits,
  formatWad,
  MAX_UINT256,
  parseUnits,
  WAD,
} from "../../sdk/index.ts";
import { diceOf } from "./support/seed.ts";

const USDC = { symbol: "USDC", decimals: 6 };
const WETH = { symbol: "WETH", decimals: 18 };
const WBTC = { symbol: "WBTC", decimals: 8 };

describe("format", () => {
  it("shows every digit of an amount and no more, for 0, 6, 8 and 18 decimals", () => {
    expect(formatUnits(0n, 6)).to.equal("0");
    expect(formatUnits(1n, 6)).to.equal("0.000001");
    expect(formatUnits(1_234_500_000n, 6)).to.equal("1,234.5");
    expect(formatUnits(123_456_789_012_345_678n, 8)).to.equal("1,234,567,890.12345678");
    expect(formatUnits(10n ** 18n - 1n, 18)).to.equal("0.999999999999999999");
    expect(formatUnits(1_000n, 0)).to.equal("1,000");
    expect(formatUnits(-1_500_000n, 6)).to.equal("-1.5");
    expect(formatUnits(2n ** 128n, 18)).to.equal("340,282,366,920,938,463,463.374607431768211456");
  });

  it("rounds what is left out in the direction asked for", () => {
    expect(formatUnits(1_999_999n, 6, 2)).to.equal("1.99");
    expect(formatUnits(1_990_001n, 6, 2, "up")).to.equal("2");
    expect(formatUnits(1_990_000n, 6, 2, "up")).to.equal("1.99");
    expect(formatUnits(999_999_999_999n, 6, 0, "up")).to.equal("1,000,000");
  });

  it("reads back what it writes, for any amount", () => {
    const dice = diceOf("format");
    for (let run = 0; run < 5_000; ++run) {
      const amount = dice.upToBits(130);
      const decimals = Number(dice.below(25n));
      expect(parseUnits(formatUnits(amount, decimals), decimals)).to.equal(amount);
    }
  });

  it("reads amounts as people write them and refuses what is none or too fine", () => {
    expect(parseUnits("1,234.5", 6)).to.equal(1_234_500_000n);
    expect(parseUnits(" 0.000001 ", 6)).to.equal(1n);
    for (const text of ["", ".5", "1.", "-1", "1e6", "0x10", "1,23", "1.0000001", "1 000", "ten"]) {
      expect(parseUnits(text, 6), text).to.equal(undefined);
    }
  });

  it("names the token, and the amount that does not exist", () => {
    expect(formatAmount(1_500_000n, USDC)).to.equal("1.5 USDC");
    expect(formatAmount(MAX_UINT256, WETH)).to.equal("no amount of WETH");
  });

  it("never rounds a health factor up to a threshold", () => {
    expect(formatWad(WAD - 1n)).to.equal("0.9999");
    expect(formatWad(1_019_999_999_999_999_999n)).to.equal("1.0199");
    expect(formatWad(MAX_UINT256)).to.equal("∞");
    expect(formatPercentWad(23_567_000_000_000_000n)).to.equal("2.35 %");
    expect(formatBps(8_020n)).to.equal("80.2 %");
  });

  it("gives prices for whole tokens whatever the decimals", () => {
    // 1,733.98 USDC per WETH: quote base units per base unit, times 1e36.
    expect(formatPrice((173_398n * 10n ** 4n * 10n ** 36n) / 10n ** 18n, WETH, USDC)).to.equal(
      "1,733.98 USDC",
    );
    expect(formatPrice((27_851_45n * 10n ** 4n * 10n ** 36n) / 10n ** 8n, WBTC, USDC)).to.equal(
      "27,851.45 USDC",
    );
    expect(formatPrice(10n ** 36n, USDC, { symbol: "DAI", decimals: 6 })).to.equal("1 DAI");
    expect(formatPrice(5n * 10n ** 15n, WETH, USDC)).to.equal("0.000000005 USDC");
  });

  it("says durations in their two greatest units", () => {
    for (const [seconds, text] of [
      [0n, "0 s"],
      [45n, "45 s"],
      [900n, "15 min"],
      [3_661n, "1 h 1 min"],
      [7_505n, "2 h 5 min"],
      [90_000n, "1 d 1 h"],
      [86_401n, "1 d"],
      [-60n, "-1 min"],
    ] as const) {
      expect(formatDuration(seconds)).to.equal(text);
    }
  });

  it("gives times in UTC", () => {
    expect(formatTime(1_692_308_723n)).to.equal("2023-08-17 21:45:23 UTC");
  });
});
