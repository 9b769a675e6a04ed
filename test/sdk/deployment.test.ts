import { expect } from "chai";
import { InputError, parseDeployment, ratesOf } from "../../sdk/index.ts";

const address = (digit: string): string => `0x${digit.repeat(40)}`;
const hash = `0x${"5".repeat(64)}`;

function valid(): Record<string, unknown> {
  return {
    chainId: 31_337,
    deployBlock: 4,
    vault: address("1"),
    configurator: address("2"),
    authority: "0x0000000000000000000000000000000000000010",
    clock: "0x0000000000000000000000000000000000000011",
    oracle: address("3"),
    interestRateModel: address("4"),
    callLogic: address("5"),
    liquidationLogic: address("6"),
    quote: { address: address("7"), symbol: "USDC", decimals: 6, feed: address("8") },
    collaterals: [{ number: 0, address: address("9"), symbol: "WETH", decimals: 18, feed: address("8") }],
    rates: { kinkWad: "800000000000000000", baseRateWad: "0", kinkRateWad: "40", fullRateWad: "75" },
    contracts: {
      MarginVault: {
        address: address("1"),
        constructorArguments: [address("7"), ["1", "2"]],
        codeHash: hash,
        transactionHash: hash,
        blockNumber: 4,
      },
    },
  };
}

/** The valid deployment with one field replaced; undefined leaves it out. */
function withField(path: readonly string[], value: unknown): unknown {
  const json = structuredClone(valid());
  let at = json;
  for (const step of path.slice(0, -1)) at = at[step] as Record<string, unknown>;
  const last = path.at(-1)!;
  if (value === undefined) Reflect.deleteProperty(at, last);
  else at[last] = value;
  return json;
}

describe("parseDeployment", () => {
  it("returns what it reads, through JSON and back", () => {
    expect(parseDeployment(JSON.parse(JSON.stringify(valid())))).to.deep.equal(valid());
  });

  it("returns a collateral's gauge where there is one, and refuses one that is no address", () => {
    const withGauge = (gauge: string) => withField(["collaterals", "0", "gauge"], gauge);
    expect(parseDeployment(withGauge(address("3"))).collaterals[0]?.gauge).to.equal(address("3"));
    expect(() => parseDeployment(withGauge("0x12"))).to.throw(InputError, "collaterals[0].gauge");
  });

  it("checksums addresses", () => {
    const lower = "0xd8da6bf26964af9d7eed9e03e53415d37aa96045";
    expect(parseDeployment(withField(["vault"], lower)).vault).to.equal(
      "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045",
    );
  });

  it("leaves out fields it does not know", () => {
    expect(parseDeployment(withField(["later"], 1))).to.deep.equal(valid());
  });

  it("gives the rates as integers", () => {
    expect(ratesOf(parseDeployment(valid()))).to.deep.equal({
      kinkWad: 800_000_000_000_000_000n,
      baseRateWad: 0n,
      kinkRateWad: 40n,
      fullRateWad: 75n,
    });
  });

  const refused: readonly (readonly [field: string, value: unknown, words: string])[] = [
    ["vault", undefined, "vault must be an address; it is missing"],
    ["vault", "0x12", 'vault must be an address; it is "0x12"'],
    ["chainId", "1", "chainId must be an integer"],
    ["deployBlock", -1, "deployBlock must be an integer"],
    ["deployBlock", 2 ** 53, "deployBlock must be an integer"],
    ["quote", [], "quote must be an object"],
    ["quote.symbol", "", "quote.symbol must be a text"],
    ["quote.decimals", 37, "quote.decimals must be an integer from 0 to 36"],
    ["collaterals", {}, "collaterals must be a list"],
    ["collaterals.0", null, "collaterals[0] must be an object"],
    ["collaterals.0.number", 1, "collaterals[0].number must be 0"],
    ["collaterals.0.feed", 5, "collaterals[0].feed must be an address; it is 5"],
    ["rates.kinkWad", 8e17, "rates.kinkWad must be a text"],
    ["rates.kinkWad", "0.8", "rates.kinkWad must be an integer in a string"],
    ["contracts", undefined, "contracts must be an object; it is missing"],
    ["contracts.MarginVault.constructorArguments", "x", "constructorArguments must be a list"],
    ["contracts.MarginVault.codeHash", "0x", "contracts.MarginVault.codeHash must be 0x and 64 hex digits"],
  ];
  for (const [field, value, words] of refused) {
    it(`refuses ${field} = ${JSON.stringify(value)} by name`, () => {
      expect(() => parseDeployment(withField(field.split("."), value))).to.throw(InputError, words);
    });
  }

  for (const json of [null, undefined, 1, "text", []]) {
    it(`refuses ${JSON.stringify(json)} instead of a deployment`, () => {
      expect(() => parseDeployment(json)).to.throw(InputError, "must be an object");
    });
  }
});
