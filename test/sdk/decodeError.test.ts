import { expect } from "chai";
import { AbiCoder, concat, hexlify, id, Interface, type ErrorFragment, type ParamType } from "ethers";
import { artifacts } from "hardhat";
import { accountIdOf, decodeError, revertDataOf, type ErrorContext } from "../../sdk/index.ts";
import { ERROR_SENTENCES } from "../../sdk/errorSentences.ts";

const OWNER = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";
const WETH = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
const ACCOUNT = accountIdOf(OWNER, 3n);
const CONTEXT: ErrorContext = {
  quote: { address: OWNER, symbol: "USDC", decimals: 6, feed: OWNER },
  collaterals: [{ number: 0, address: WETH, symbol: "WETH", decimals: 18, feed: OWNER }],
};

const known = new Interface(Object.keys(ERROR_SENTENCES).map((declaration) => `error ${declaration}`));

/** Every error that a compiled contract of ours declares, test doubles aside. */
async function compiledErrors(): Promise<ErrorFragment[]> {
  const found = new Map<string, ErrorFragment>();
  for (const name of await artifacts.getAllFullyQualifiedNames()) {
    if (!name.startsWith("contracts/") || name.startsWith("contracts/mocks/")) continue;
    const { abi } = await artifacts.readArtifact(name);
    new Interface(abi).forEachError((error) => found.set(error.format("sighash"), error));
  }
  return [...found.values()];
}

function example({ type, name }: ParamType): unknown {
  if (type === "bytes32") return ACCOUNT;
  if (type === "bytes4") return ACCOUNT.slice(0, 10);
  if (type === "address") return name === "asset" || name === "token" ? WETH : OWNER;
  if (type === "uint8") return 2n;
  if (type === "string") return "a name";
  return 12_345_678n;
}

function dataOf(name: string, args: readonly unknown[]): string {
  return known.encodeErrorResult(name, args);
}

describe("decodeError", () => {
  it("has a sentence for every error that a contract declares, under the same arguments", async () => {
    const compiled = await compiledErrors();
    expect(compiled.length).to.be.above(60);
    for (const error of compiled) {
      const own = known.getError(error.selector);
      expect(own, `${error.format("full")} has no sentence in sdk/errorSentences.ts`).not.to.equal(null);
      expect(own!.inputs.map(({ name }) => name)).to.deep.equal(error.inputs.map(({ name }) => name));
    }
  });

  known.forEachError((error) => {
    it(`explains ${error.name} in one sentence, with and without a deployment`, () => {
      const args = error.inputs.map((input) => example(input));
      for (const context of [CONTEXT, undefined]) {
        const decoded = decodeError(dataOf(error.name, args), context);
        expect(decoded.name).to.equal(error.name);
        expect(Object.keys(decoded.args)).to.deep.equal(error.inputs.map(({ name }) => name));
        expect(decoded.sentence).to.match(/^(0x|[A-Z]|\d)[^\n]+\.$/);
        expect(decoded.sentence).not.to.match(/undefined|null|NaN|\[object|\. [A-Z]/);
      }
    });
  });

  it("writes amounts with symbol and decimals when it knows the tokens", () => {
    const data = dataOf("CureTooExpensive", [1_250_500_000n, 1_000_000_000n]);
    expect(decodeError(data, CONTEXT).sentence).to.equal(
      "The cure takes 1,250.5 USDC, more than the limit of 1,000 USDC: raise the limit, prices and interest have moved.",
    );
    expect(decodeError(data).sentence).to.contain("1250500000 base units of the quote asset");
    const held = dataOf("InsufficientCollateral", [ACCOUNT, WETH, 10n ** 18n, 2n * 10n ** 18n]);
    expect(decodeError(held, CONTEXT).sentence).to.equal(
      `Account ${OWNER}/3 holds 1 WETH, less than the 2 WETH that were to leave: withdraw less.`,
    );
  });

  it("names statuses and times in words", () => {
    const callable = dataOf("NotLiquidatable", [ACCOUNT, 3n]);
    expect(decodeError(callable).sentence).to.contain("is Called and cannot be liquidated");
    const open = dataOf("CallOpen", [ACCOUNT, 1_692_308_723n]);
    expect(decodeError(open).sentence).to.contain("until 2023-08-17 21:45:23 UTC");
  });

  it("explains a message, and every panic of the compiler", () => {
    const coder = AbiCoder.defaultAbiCoder();
    const message = concat([id("Error(string)").slice(0, 10), coder.encode(["string"], ["paused"])]);
    expect(decodeError(message)).to.deep.include({ name: "Error" });
    expect(decodeError(message).sentence).to.contain('"paused"');
    for (const code of [0x01, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32, 0x41, 0x51]) {
      const panic = concat([id("Panic(uint256)").slice(0, 10), coder.encode(["uint256"], [code])]);
      expect(decodeError(panic).name).to.equal("Panic");
      expect(decodeError(panic).sentence).not.to.contain("not one of the compiler's");
    }
  });

  it("never throws on data that it cannot read", () => {
    const truncated = dataOf("CallOpen", [ACCOUNT, 1n]).slice(0, 40);
    const outOfEnum = dataOf("NotCallable", [ACCOUNT, 200n]);
    for (const data of ["0x", "", "0x12", "nonsense", hexlify(new Uint8Array(5_000)), truncated, outOfEnum]) {
      const { name, sentence } = decodeError(data, CONTEXT);
      expect(name, data.slice(0, 20)).to.equal("Unknown");
      expect(sentence.length).to.be.below(300);
    }
  });
});

describe("revertDataOf", () => {
  const data = "0x1f2a2005";

  for (const [shape, error] of Object.entries({
    "an ethers exception": { code: "CALL_EXCEPTION", data, transaction: { data: "0xffffffff" } },
    "an exception without data of its own": { data: null, info: { error: { code: 3, data } } },
    "a node's error": { code: -32_603, data: { message: "reverted", data } },
    "a wrapped error": new Error("failed", { cause: Object.assign(new Error("reverted"), { data }) }),
  })) {
    it(`finds the data in ${shape}`, () => {
      expect(revertDataOf(error)).to.equal(data);
    });
  }

  it("finds none where the contract has not spoken", () => {
    const loop: { cause?: unknown } = {};
    loop.cause = loop;
    for (const error of [undefined, null, "boom", new Error("ECONNRESET"), { code: "TIMEOUT" }, loop]) {
      expect(revertDataOf(error)).to.equal(undefined);
    }
  });
});
