import { expect } from "chai";
import { afterEach, beforeEach, describe, it } from "mocha";
import { mkdtempSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../keeper/config.ts";
import { UserError } from "../../keeper/errors.ts";
import { readConfigText } from "../../keeper/readConfigText.ts";
import { root } from "../../scripts/compile.ts";
import { madeUpDeployment } from "./support/madeUpDeployment.ts";

const { vault: A, quote: asset } = madeUpDeployment;
const minimal = {
  mode: "live",
  rpcUrl: "http://127.0.0.1:8545",
  deploymentFile: "deployment.json",
  storeFile: "keeper.sqlite",
  key: { privateKeyEnv: "KEY" },
  nativePriceFeed: { fixed: "1800.5" },
};

describe("readConfig", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-config-"));
    writeFileSync(join(folder, "deployment.json"), JSON.stringify(madeUpDeployment));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const read = (config: unknown) => {
    const file = join(folder, "config.json");
    writeFileSync(file, typeof config === "string" ? config : JSON.stringify(config));
    return readConfig(file);
  };

  it("is first in the row unless told otherwise, and takes a rank and single delays", () => {
    expect(read(minimal).standby.rank).to.equal(0);
    const { standby } = read({ ...minimal, standby: { rank: 2, delaySeconds: { openCall: 90 } } });
    expect(standby).to.deep.include({ rank: 2, delayBlocks: 2 });
    expect(standby.delaySeconds).to.include({ openCall: 90, liquidateCritical: 6 });
    expect(() => read({ ...minimal, standby: { rank: 8 } })).to.throw(UserError, "standby.rank");
    expect(() => read({ ...minimal, standby: { delaySeconds: { approve: 1 } } })).to.throw(
      UserError,
      "approve",
    );
  });

  it("fills in defaults, resolves paths from its own folder, and counts in base units", () => {
    const config = read({ ...minimal, profitMargin: "0.25", allowance: { ceiling: "1000" }, tipGwei: "1.5" });
    expect(config.storeFile).to.equal(join(folder, "keeper.sqlite"));
    expect(config).to.include({
      pollMs: 250,
      profitMargin: 250_000n,
      criticalAtAnyProfit: true,
      criticalLossPerAccountPerDay: 10_000_000n,
      allowanceCeiling: 1_000_000_000n,
      tipGwei: 1_500_000_000n,
    });
    expect(config.nativePrice).to.deep.equal({ fixed: 1_800_500_000n });
    expect(config.deployment.chainId).to.equal(31_337);
    expect(Object.isFrozen(config)).to.be.true;
  });

  it("approves exactly unless told a ceiling", () => {
    expect(read({ ...minimal, allowance: "exact" }).allowanceCeiling).to.equal(undefined);
    expect(read(minimal).allowanceCeiling).to.equal(undefined);
  });

  it("has one key for all lanes, or one for each, with paths from its own folder", () => {
    const source = { privateKeyEnv: "KEY" };
    expect(read(minimal).keys).to.deep.equal({ urgent: source, normal: source, housekeeping: source });
    const urgent = { keystoreFile: "urgent.json", passwordEnv: "PASSWORD" };
    const keys = { urgent, normal: { privateKeyEnv: "N" }, housekeeping: { privateKeyEnv: "H" } };
    expect(read({ ...minimal, key: undefined, keys }).keys).to.deep.equal({
      ...keys,
      urgent: { ...urgent, keystoreFile: join(folder, "urgent.json") },
    });
  });

  it("stops by a file beside the store unless told another", () => {
    expect(read(minimal).stopFile).to.equal(join(folder, "keeper.sqlite.stop"));
    expect(read({ ...minimal, stopFile: "halt" }).stopFile).to.equal(join(folder, "halt"));
  });

  it("counts a day's gas in the native coin", () => {
    expect(read(minimal).dailyGasBudget).to.equal(undefined);
    expect(read({ ...minimal, dailyGasBudget: "0.5" }).dailyGasBudget).to.equal(5n * 10n ** 17n);
  });

  it("knows the brake's second sources by collateral, and its file beside the store", () => {
    const address = (digit: string) => `0x${"0".repeat(39)}${digit}`;
    const named = (digit: string, symbol: string) => ({
      address: address(digit),
      symbol,
      decimals: 18,
      feed: address("f"),
    });
    const collaterals = [
      { number: 0, ...named("1", "WETH") },
      { number: 1, ...named("2", "WBTC") },
    ];
    writeFileSync(join(folder, "two.json"), JSON.stringify({ ...madeUpDeployment, collaterals }));
    const with_ = (sources: readonly object[]) =>
      read({ ...minimal, deploymentFile: "two.json", brake: { maxShareBps: 3_000, sources } }).brake;
    const usdc = { asset: A, feed: { fixed: "1" }, maxDeviationBps: 100 };
    expect(with_([{ asset: address("2"), feed: address("b") }, usdc])).to.deep.equal({
      maxShareBps: 3_000,
      minAccounts: 20,
      confirmSeconds: 900,
      confirmFile: join(folder, "keeper.sqlite.confirm"),
      collaterals: [undefined, { feed: { feed: address("b") }, maxDeviationBps: 300, maxAgeSeconds: 90_000 }],
      quote: { feed: { fixed: 10n ** 18n }, maxDeviationBps: 100, maxAgeSeconds: 90_000 },
    });
    expect(read({ ...minimal, brake: { confirmFile: "yes" } }).brake.confirmFile).to.equal(
      join(folder, "yes"),
    );
    const faults: [readonly object[], string][] = [
      [[{ asset: address("2"), feed: address("b") }], "USDC, in which prices are counted, needs one as well"],
      [[{ asset: address("2"), feed: address("f") }, usdc], "the vault's own feed of WBTC"],
      [[usdc, usdc], "USDC has a source already"],
      [[{ asset: address("9"), feed: address("b") }], "is no asset of this vault"],
    ];
    for (const [sources, words] of faults) expect(() => with_(sources)).to.throw(UserError, words);
  });

  it("the example is valid, and shows every key", () => {
    const example = readConfigText(join(root, "keeper", "config.example.yaml")).value as object;
    const config = read({ ...example, deploymentFile: "deployment.json" });
    const shown = new Set(Object.keys(example));
    const renamed = {
      deployment: "deploymentFile",
      allowanceCeiling: "allowance",
      nativePrice: "nativePriceFeed",
      keys: "key",
    };
    for (const key of Object.keys(config)) {
      expect(shown).to.include((renamed as Record<string, string>)[key] ?? key);
    }
  });

  describe("the flash liquidator", () => {
    /** As docs/keeper.md shows it. */
    const shown = () => {
      const page = readFileSync(join(root, "docs", "keeper.md"), "utf8");
      const block = /```json\n(\{\s*"flashLiquidator"[^`]*)```/.exec(page)?.[1];
      const parsed = JSON.parse(block ?? "null") as { flashLiquidator: Record<string, unknown> };
      return parsed.flashLiquidator;
    };
    const quoteAddress = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
    const readWith = (changes: Record<string, unknown>) => {
      const quote = { ...asset, address: quoteAddress };
      writeFileSync(join(folder, "deployment.json"), JSON.stringify({ ...madeUpDeployment, quote }));
      return read({ ...minimal, flashLiquidator: { ...shown(), ...changes } }).flashLiquidator!;
    };

    it("is read as its page shows it, with defaults, and paths as Uniswap packs them", () => {
      const { address, quoter, routes, profitRecipient, ...rest } = readWith({});
      expect([address, quoter].every((each) => each.startsWith("0x"))).to.be.true;
      expect(profitRecipient).to.equal(undefined);
      expect(rest).to.deep.equal({
        keepsCollateral: false,
        toleranceBps: 30n,
        assumedSaleCostBps: 100n,
        quoteWithinMs: 500,
      });
      // A token, then a fee and a token for each pool.
      expect(routes.map(({ path }) => path.length)).to.deep.equal([2 + 2 * 43, 2 + 2 * 66]);
      for (const { path } of routes) expect(path.endsWith(quoteAddress.slice(2).toLowerCase())).to.be.true;
    });

    it("is not there unless it is configured", () => {
      expect(read(minimal).flashLiquidator).to.equal(undefined);
      expect(read({ ...minimal, flashLiquidator: null }).flashLiquidator).to.equal(undefined);
    });

    const WETH = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
    const hop = { fee: 3_000, to: quoteAddress };
    const wrong: Record<string, [Record<string, unknown>, string]> = {
      "an unknown key": [{ quotr: WETH }, 'unknown key "flashLiquidator.quotr"'],
      "no address": [{ address: undefined }, "flashLiquidator.address"],
      "an address that is none": [{ quoter: "0x12" }, "flashLiquidator.quoter"],
      "the vault's address": [{ address: A }, "is another contract"],
      "the quote token's": [{ address: quoteAddress }, "is another contract"],
      "a collateral's": [{ address: WETH }, "is another contract"],
      "no route": [{ routes: [] }, "flashLiquidator.routes"],
      "a route without a pool": [{ routes: [{ from: WETH, hops: [] }] }, "flashLiquidator.routes.0.hops"],
      "a route that ends elsewhere": [
        { routes: [{ from: WETH, hops: [{ ...hop, to: A }] }] },
        "flashLiquidator.routes.0: must lead from a collateral to USDC",
      ],
      "a route from the quote token": [
        { routes: [{ from: quoteAddress, hops: [hop] }] },
        "routes.0: must lead",
      ],
      "a fee that takes all": [
        { routes: [{ from: WETH, hops: [{ ...hop, fee: 1_000_000 }] }] },
        "flashLiquidator.routes.0.hops.0.fee",
      ],
      "a tolerance of everything": [{ toleranceBps: 10_000 }, "flashLiquidator.toleranceBps"],
    };
    for (const [name, [changes, message]] of Object.entries(wrong)) {
      it(`C-66 refuses ${name}`, () => {
        expect(() => readWith(changes)).to.throw(UserError, message);
      });
    }
  });

  const bad: [string, unknown, string][] = [
    ["an unknown key", { ...minimal, polMs: 3 }, 'unknown key "polMs"'],
    [
      "an unknown key inside",
      { ...minimal, allowance: { ceiling: "1", floor: "2" } },
      'unknown key "allowance.floor"',
    ],
    ["a share above the whole", { ...minimal, brake: { maxShareBps: 10_001 } }, "brake.maxShareBps"],
    ["a missing key", { ...minimal, rpcUrl: undefined }, "rpcUrl"],
    ["a wrong type", { ...minimal, pollMs: "20" }, "pollMs"],
    ["an amount as a number", { ...minimal, profitMargin: 1 }, "profitMargin"],
    ["an amount with too many decimals", { ...minimal, profitMargin: "0.1234567" }, "USDC has 6 decimals"],
    ["a negative amount", { ...minimal, profitMargin: "-1" }, "profitMargin"],
    ["another protocol", { ...minimal, rpcUrl: "file:///etc/passwd" }, "rpcUrl"],
    ["no URL", { ...minimal, rpcUrl: "localhost" }, "rpcUrl"],
    [
      "more gas than a transaction may use",
      { ...minimal, maxGasPerTransaction: 16_777_217 },
      "maxGasPerTransaction",
    ],
    ["a bad address", { ...minimal, nativePriceFeed: "0x12" }, "nativePriceFeed"],
    ["a key of no kind", { ...minimal, key: { secret: "s3cr3t" } }, "key: must be"],
    ["both one key and three", { ...minimal, keys: { urgent: minimal.key } }, "keys"],
    ["no key at all", { ...minimal, key: undefined }, 'either "key"'],
    [
      "a lane without a key",
      { ...minimal, key: undefined, keys: { urgent: minimal.key, normal: minimal.key } },
      "keys.housekeeping",
    ],
    ["a relay over another protocol", { ...minimal, relayUrl: "ftp://relay" }, "relayUrl"],
    ["no YAML", "{ nope", ":1:7: is no YAML"],
    ["a list", [], "the configuration"],
  ];
  for (const [name, config, message] of bad) {
    it(`C-66 refuses ${name}, naming file and key`, () => {
      expect(() => read(config))
        .to.throw(UserError, message)
        .and.to.have.property("message")
        .that.contains(folder);
    });
  }

  it("C-66 says line, column and the nearest key for each that it does not know", () => {
    const text = [
      "rpcUrl: http://127.0.0.1:8545",
      "deploymentFile: deployment.json",
      "storeFile: keeper.sqlite",
      "nativePriceFeed: { fixed: '1' }",
      "key:",
      "  privateKeyEnv: KEY",
      "polMs: 3",
      "brake:",
      "  minAcounts: 3",
      "nothingLikeIt: 1",
    ].join("\n");
    const file = join(folder, "config.json");
    expect(() => read(text)).to.throw(
      UserError,
      [
        `${file}:9:3: unknown key "brake.minAcounts"; did you mean "minAccounts"?`,
        `${file}:7:1: unknown key "polMs"; did you mean "pollMs"?`,
        `${file}:10:1: unknown key "nothingLikeIt"`,
      ].join("\n"),
    );
  });

  it("C-66 refuses a key where the name of its variable belongs, without showing it", () => {
    for (const secret of [`0x${"ab".repeat(32)}`, "ab".repeat(32)]) {
      expect(() => read({ ...minimal, key: { privateKeyEnv: secret } }))
        .to.throw(UserError, "key.privateKeyEnv: must be the name of an environment variable")
        .with.property("message")
        .that.does.not.contain("abab");
    }
  });

  it("C-66 refuses http and ws to hosts that are not one's own, and takes them to those that are", () => {
    const own = [
      "localhost",
      "127.0.0.1",
      "[::1]",
      "10.1.2.3",
      "172.20.0.9",
      "192.168.1.2",
      "node",
      "a.internal",
    ];
    for (const host of own) {
      const endpoints = [{ http: `http://${host}:8545`, ws: `ws://${host}:8546` }];
      expect(read({ ...minimal, rpcUrl: undefined, endpoints }).endpoints).to.deep.equal(endpoints);
    }
    for (const host of [
      "rpc.example.com",
      "8.8.8.8",
      "172.32.0.1",
      "[2001:db8::1]",
      "10.0.0.1.example.com",
    ]) {
      const http = `http://${host}:8545`;
      expect(() => read({ ...minimal, rpcUrl: http }), host).to.throw(
        UserError,
        "rpcUrl: must begin with https://",
      );
      expect(() => read({ ...minimal, relayUrl: http })).to.throw(
        UserError,
        "relayUrl: must begin with https://",
      );
      const endpoints = [{ http: `https://${host}`, ws: `ws://${host}` }];
      expect(() => read({ ...minimal, rpcUrl: undefined, endpoints })).to.throw(
        UserError,
        "must begin with wss://",
      );
    }
  });

  it("never repeats a value, for it may be a secret in the wrong place", () => {
    const misplaced = { ...minimal, key: "0xdeadbeefcafe", rpcUrl: 12, pollMs: "s3cr3t" };
    expect(() => read(misplaced))
      .to.throw(UserError)
      .and.to.have.property("message")
      .that.does.not.match(/dead|s3cr/);
  });

  it("names a deployment that is missing or broken", () => {
    expect(() => read({ ...minimal, deploymentFile: "none.json" })).to.throw(
      UserError,
      "none.json cannot be read",
    );
    writeFileSync(join(folder, "deployment.json"), JSON.stringify({ ...madeUpDeployment, vault: 5 }));
    expect(() => read(minimal)).to.throw(UserError, "vault");
  });
});
