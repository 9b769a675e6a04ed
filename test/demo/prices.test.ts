import { expect } from "chai";
import { truncateSync } from "node:fs";
import { loadPositions } from "../../scripts/demo/prices/positions.ts";
import { PriceInputError } from "../../scripts/demo/prices/priceInputError.ts";
import { loadPrices } from "../../scripts/demo/prices/loadPrices.ts";
import { thinRounds } from "../../scripts/demo/prices/thinRounds.ts";
import type { PriceOptions, PriceSeries } from "../../scripts/demo/prices/priceSeries.ts";
import { InputFolder } from "./support/inputFile.ts";

const T = 1_692_300_000;

function faultOf(run: () => unknown): PriceInputError {
  try {
    run();
  } catch (error) {
    if (error instanceof PriceInputError) return error;
    throw error;
  }
  throw new Error("Nothing was refused");
}

function pairsOf(series: PriceSeries, collateral: 0 | 1 = 0): [number, bigint][] {
  return series.rounds[collateral].map(({ at, answer }) => [at, answer]);
}

describe("loadPrices", () => {
  let folder: InputFolder;
  before(() => {
    folder = new InputFolder();
  });
  after(() => {
    folder.remove();
  });
  const load = (content: string, options: PriceOptions = {}) =>
    loadPrices({ ...options, pricesFile: folder.write(content) });
  const refuse = (content: string | Uint8Array) =>
    faultOf(() => loadPrices({ pricesFile: folder.write(content) }));

  describe("given a crash by name", () => {
    it("is the flash crash as Chainlink recorded it when nothing is said", () => {
      const series = loadPrices({});
      expect(series).to.deep.include({
        points: 38,
        maxGapSeconds: 3600,
        first: 173398679953n,
        low: 155799625094n,
        last: 168555110000n,
      });
      expect(series.rounds.map((rounds) => rounds.length)).to.deep.equal([38, 34]);
      expect(pairsOf(series)[10]).to.deep.equal([1692308723, 155799625094n]);
      expect(pairsOf(series, 1)[9]).to.deep.equal([1692308747, 2554398000000n]);
    });

    it("has Black Thursday's closes hour by hour", () => {
      const series = loadPrices({ crash: "black-thursday" });
      expect(series).to.deep.include({ points: 48, maxGapSeconds: 3600, low: 9662000000n });
      expect(pairsOf(series)[0]).to.deep.equal([Date.UTC(2020, 2, 12, 1) / 1000, 19331000000n]);
      expect(pairsOf(series)[25]).to.deep.equal([Date.UTC(2020, 2, 13, 2) / 1000, 9662000000n]);
    });

    it("has times that ascend, for both collaterals", () => {
      for (const crash of ["flash", "black-thursday"] as const) {
        for (const rounds of loadPrices({ crash }).rounds) {
          const times = rounds.map(({ at }) => at);
          expect(times).to.deep.equal([...new Set(times)].sort((a, b) => a - b));
        }
      }
    });
  });

  describe("given a file of prices", () => {
    it("keeps every digit that a feed can hold", () => {
      const series = load(`timestamp_utc_seconds,price\n${T},1733.98679953\n${T + 3600},0.000000015\n`);
      expect(pairsOf(series)).to.deep.equal([
        [T, 173398679953n],
        [T + 3600, 2n],
      ]);
      expect(series).to.deep.include({ points: 2, first: 173398679953n, low: 2n, last: 2n });
    });

    it("reads CRLF, a byte-order mark, quotes, exponents, further columns and blank lines", () => {
      const rows = `"${T}"," 1.5e3 ","a ""b"", c"\r\n\r\n${T + 3600}, 1400 ,\r\n\r\n\r\n`;
      const series = load(`\uFEFF"Timestamp",PRICE,note\r\n${rows}`);
      expect(pairsOf(series)).to.deep.equal([
        [T, 150000000000n],
        [T + 3600, 140000000000n],
      ]);
    });

    for (const [unit, digits] of [
      ["milliseconds", "000"],
      ["microseconds", "000000"],
    ]) {
      it(`tells ${unit} by their size`, () => {
        const series = load(`price,timestamp\n5,${T}${digits}\n6,${T + 60}${digits}\n`);
        expect(pairsOf(series)).to.deep.equal([
          [T, 500000000n],
          [T + 60, 600000000n],
        ]);
      });
    }

    it("reports the largest gap, by which the feeds' maximum age is set", () => {
      const series = load(`timestamp,price\n${T},5\n${T + 60},6\n${T + 90_060},7\n`);
      expect(series.maxGapSeconds).to.equal(90_000);
    });
  });

  describe("given candles", () => {
    const header = "timestamp_utc_seconds,open,high,low,close";

    it("makes four rounds of a row, the low first when it falls, the high first when it rises", () => {
      const series = load(`${header}\n${T},100,110,80,90\n${T + 3600},90,120,85,100\n`);
      const euros = pairsOf(series).map(([at, answer]) => [at - T, answer / 100_000_000n]);
      expect(euros).to.deep.equal([
        [0, 100n],
        [900, 80n],
        [1800, 110n],
        [2700, 90n],
        [3600, 90n],
        [4500, 120n],
        [5400, 85n],
        [6300, 100n],
      ]);
      expect(series.points).to.equal(2);
    });

    it("finds the columns by name in any order and case", () => {
      const series = load(
        `Volume,CLOSE,Low,High,Open,Open Time\n1,90,80,110,100,${T}\n1,100,85,120,90,${T + 3600}\n`,
      );
      expect(pairsOf(series).map(([, answer]) => answer / 100_000_000n)).to.deep.equal([
        100n,
        80n,
        110n,
        90n,
        90n,
        120n,
        85n,
        100n,
      ]);
    });

    it("does not stretch a candle over a gap in the file", () => {
      const rows = [0, 3600, 7200, 72_000].map((at) => `${T + at},100,110,80,90`).join("\n");
      const times = pairsOf(load(`${header}\n${rows}\n`)).map(([at]) => at - T);
      expect(times.slice(8, 12)).to.deep.equal([7200, 8100, 9000, 9900]);
    });

    it("refuses a low above the high", () => {
      expect(refuse(`${header}\n${T},100,80,110,90\n${T + 60},1,1,1,1\n`)).to.include({ line: 2 });
    });
  });

  describe("given a file finer than an oracle", () => {
    it("keeps a move of 0.5 % and a round an hour, the first, the last and the lowest", () => {
      const prices = [10_000, 9_951, 9_950, 9_949, 9_940, ...Array<number>(70).fill(9_960)];
      const rounds = prices.map((price, minute) => ({ at: T + 60 * minute, answer: BigInt(price) }));
      const kept = thinRounds(rounds).map(({ at }) => (at - T) / 60);
      expect(kept).to.deep.equal([0, 2, 4, 64, 74]);
    });

    it("changes nothing when an oracle would have published two thirds or more", () => {
      const rounds = [100, 101, 102, 102, 103].map((price, minute) => ({
        at: T + 60 * minute,
        answer: BigInt(price),
      }));
      expect(thinRounds(rounds)).to.equal(rounds);
    });

    it("still counts every row as a point", () => {
      const rows = Array.from({ length: 500 }, (_, minute) => `${T + 60 * minute},${1000 + minute / 100}`);
      const series = load(`timestamp,price\n${rows.join("\n")}`);
      expect(series.points).to.equal(500);
      expect(series.rounds[0]).to.have.length.below(20);
      expect(series.maxGapSeconds).to.equal(3600);
    });
  });

  describe("given one file, for the second collateral", () => {
    const rows = `timestamp,price\n${T},1000\n${T + 3600},900\n${T + 7200},990\n`;

    it("makes 0.8 of each return", () => {
      const [first = 0n, ...rest] = pairsOf(load(rows), 1).map(([, answer]) => answer);
      expect(rest).to.deep.equal([(first * 92n) / 100n, (((first * 92n) / 100n) * 108n) / 100n]);
    });

    it("makes another multiple when one is given", () => {
      const [first = 0n, second] = pairsOf(load(rows, { beta: "2" }), 1).map(([, answer]) => answer);
      expect(second).to.equal((first * 8n) / 10n);
    });

    it("never reaches zero", () => {
      const crash = `timestamp,price\n${T},1000\n${T + 3600},1\n`;
      expect(pairsOf(load(crash, { beta: 3 }), 1)[1]).to.deep.equal([T + 3600, 1n]);
    });

    for (const beta of ["", "x", "-1", "4", "NaN", "1e99"]) {
      it(`refuses ${JSON.stringify(beta)} as the multiple`, () => {
        expect(faultOf(() => loadPrices({ beta })).message).to.match(/^--beta: .* from 0 to 3/);
      });
    }
  });

  describe("given a second file", () => {
    const first = `timestamp,price\n${T},1000\n${T + 3600},900\n${T + 7200},990\n`;
    const loadBoth = (second: string) =>
      loadPrices({
        pricesFile: folder.write(first),
        prices2File: folder.write(second, "prices2.csv"),
      });

    it("takes what lies within the first file's time, its last price before that as the first", () => {
      const series = loadBoth(
        `timestamp,price\n${T - 90},1\n${T - 60},20\n${T + 60},30\n${T + 7200},40\n${T + 9000},50\n`,
      );
      expect(pairsOf(series, 1)).to.deep.equal([
        [T, 2000000000n],
        [T + 60, 3000000000n],
        [T + 7200, 4000000000n],
      ]);
      expect(series.maxGapSeconds).to.equal(7140);
    });

    it("holds a price that does not change within that time", () => {
      const series = loadBoth(`timestamp,price\n${T - 60},20\n${T + 90_000},30\n`);
      expect(pairsOf(series, 1)).to.deep.equal([
        [T, 2000000000n],
        [T + 7200, 2000000000n],
      ]);
    });

    it("counts the time after its last round as a gap", () => {
      const series = loadBoth(`timestamp,price\n${T - 60},20\n${T + 60},30\n`);
      expect(series.maxGapSeconds).to.equal(7140);
    });

    it("refuses one of another time", () => {
      const fault = faultOf(() => loadBoth(`timestamp,price\n${T - 600},20\n${T - 500},30\n`));
      expect(fault.message).to.match(
        /prices2\.csv: it covers 2023-08-17 .*; give two files of the same time\.$/,
      );
    });

    it("refuses one without a first", () => {
      expect(faultOf(() => loadPrices({ prices2File: "x.csv" })).message).to.match(/^--prices2: /);
    });
  });

  describe("given bad input, says in one sentence where and what to do", () => {
    const row = (price: string) => `timestamp,price\n${T},1000\n${T + 60},${price}\n`;
    const cases: [string, string | Uint8Array, number | undefined, RegExp][] = [
      ["an empty file", "", undefined, /is empty/],
      ["blank lines alone", "\n \r\n\n", undefined, /is empty/],
      ["a header alone", "timestamp,price\n", 1, /no row follows/],
      ["a single row", `timestamp,price\n${T},1\n`, 2, /only row/],
      [
        "no header",
        `${T},1000\n${T + 60},1001\n`,
        1,
        /header .* is unknown; write timestamp_utc_seconds,price/,
      ],
      ["a header without a price", `timestamp,value\n${T},1\n${T + 60},1\n`, 1, /unknown/],
      ["a word for a price", row("abc"), 3, /"abc" is no price; write a positive number/],
      ["no price", row(""), 3, /price is missing/],
      ["zero", row("0"), 3, /is zero/],
      ["less than a feed can hold", row("0.000000001"), 3, /is zero in a feed/],
      ["a negative price", row("-1"), 3, /"-1" is negative/],
      ["infinity", row("Infinity"), 3, /no price/],
      ["NaN", row("NaN"), 3, /no price/],
      ["a hexadecimal number", row("0x10"), 3, /no price/],
      ["an endless number", row("1".repeat(200)), 3, /no price/],
      ["an enormous exponent", row("1e999"), 3, /too large/],
      ["a monstrous exponent", row("1e99999"), 3, /no price/],
      ["a price no asset has", row("1000000000001"), 3, /too large/],
      ["a thousands separator", row("1,000"), 3, /3 fields where the header has 2/],
      ["a quoted thousands separator", row('"1,000"'), 3, /"1,000" is no price/],
      ["a row cut short", `timestamp,price\n${T},1\n${T + 60}`, 3, /1 field where the header has 2/],
      ["an open quotation mark", row('"1000'), 3, /quotation mark/],
      ["prices out of order", `timestamp,price\n${T},1\n\n${T - 1},1\n`, 4, /does not come after/],
      ["a time twice", `timestamp,price\n${T},1\n${T},2\n`, 3, /does not come after .*; sort the rows/],
      ["a word for a time", `timestamp,price\n${T},1\nsoon,2\n`, 3, /"soon" is no time/],
      ["a date for a time", `timestamp,price\n20200312,1\n20200313,2\n`, 2, /outside the years/],
      ["a time that ends the world", `timestamp,price\n${T},1\n${T}000,2\n`, 3, /outside the years/],
      ["bytes that are no text", Uint8Array.of(0xff, 0xfe, 0x31, 0), undefined, /not text in UTF-8/],
      ["a picture", Uint8Array.of(0x47, 0x49, 0x46, 0, 0), undefined, /not text in UTF-8/],
    ];
    for (const [name, content, line, words] of cases) {
      it(name, () => {
        const fault = refuse(content);
        expect(fault.message).to.match(words);
        expect(fault.message).to.match(line === undefined ? /prices\.csv: / : /prices\.csv, line \d+: /);
        expect(fault.message).to.match(/^[^\n]+; [^\n]+\.$/);
        expect(fault.line).to.equal(line);
      });
    }

    it("a file that is not there", () => {
      const fault = faultOf(() => loadPrices({ pricesFile: `${folder.path}/missing.csv` }));
      expect(fault.message).to.match(/missing\.csv: there is no such file; check the path\.$/);
    });

    it("a folder", () => {
      expect(faultOf(() => loadPrices({ pricesFile: folder.path })).message).to.match(/is a folder/);
    });

    it("a path that no system accepts", () => {
      expect(faultOf(() => loadPrices({ pricesFile: "x".repeat(10_000) })).message).to.match(
        /cannot be read \(ENAMETOOLONG\)/,
      );
    });

    it("more than 50 MB, without reading them", () => {
      const file = folder.write("timestamp,price\n", "huge.csv");
      truncateSync(file, 50 * 1024 * 1024 + 1);
      expect(faultOf(() => loadPrices({ pricesFile: file })).message).to.match(
        /51 MB, the most allowed is 50/,
      );
    });

    it("control characters and long words, made harmless", () => {
      const fault = refuse(row(`\u001b[31m${"x".repeat(500)}`));
      expect(fault.message).to.include(`"?[31m${"x".repeat(35)}…"`);
    });
  });
});

describe("loadPositions", () => {
  let folder: InputFolder;
  before(() => {
    folder = new InputFolder();
  });
  after(() => {
    folder.remove();
  });
  const header = "collateral_value_usd,debt_value_usd,health_factor,main_collateral,flag";

  it("drops rows with a flag unread and rows under 1.02, and counts both", () => {
    const rows = [
      "11,10.5,1.05,WETH,",
      "10,9.8,1.019999,WETH,",
      "1,3e-06,2e-05,WETH,outlier",
      "1,none,0,WETH,dust",
      "10,9.8,1.02,WETH,",
    ];
    expect(loadPositions(folder.write(`${header}\n${rows.join("\n")}\n`))).to.deep.equal({
      rows: 5,
      flagged: 2,
      underMinimum: 1,
      positions: [
        { debtUsd8: 1050000000n, healthWad: 1050000000000000000n },
        { debtUsd8: 980000000n, healthWad: 1020000000000000000n },
      ],
    });
  });

  it("takes every row when there are no flags", () => {
    expect(loadPositions(folder.write("health_factor,debt_value_usd\n2,100\n"))).to.deep.include({
      rows: 1,
      flagged: 0,
    });
  });

  const cases: [string, string, number | undefined, RegExp][] = [
    ["a header without health", "debt_value_usd\n1\n", 1, /has no health_factor/],
    ["a debt that is no number", `${header}\n1,x,1.5,WETH,\n`, 2, /"x" is no positive debt/],
    ["no debt", `${header}\n1,0,1.5,WETH,\n`, 2, /"0" is no positive debt/],
    ["a negative health factor", `${header}\n1,1,-2,WETH,\n`, 2, /"-2" is no positive health factor/],
    ["an infinite health factor", `${header}\n1,1,inf,WETH,\n`, 2, /"inf" is no positive health factor/],
    ["an enormous debt", `${header}\n1,1e40,2,WETH,\n`, 2, /too large a debt/],
    ["nothing usable", `${header}\n1,1,1,WETH,\n`, undefined, /no row without a flag/],
  ];
  for (const [name, content, line, words] of cases) {
    it(`refuses ${name}`, () => {
      const fault = faultOf(() => loadPositions(folder.write(content)));
      expect(fault.message).to.match(words);
      expect(fault.line).to.equal(line);
    });
  }
});
