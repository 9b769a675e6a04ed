import { Interface, toQuantity } from "ethers";
import { network } from "hardhat";
import { MathHarness__factory } from "../../../types/factories/mocks/MathHarness__factory.ts";
import { KinkedRateModel__factory } from "../../../types/factories/KinkedRateModel__factory.ts";
import type { KinkedRates } from "../../../sdk/index.ts";

const abi = new Interface(MathHarness__factory.abi);
const BATCH = 200;

/** A row of full words: the fields of one input or output struct in the contract's order. */
export type Row = readonly bigint[];

export interface Harness {
  /** The contract's answers to `inputs`, in batches of 200; `before` are words ahead of the array. */
  run: (name: string, inputs: readonly Row[], width: number, before?: Row) => Promise<Row[]>;
  deployModel: (rates: KinkedRates) => Promise<bigint>;
}

/** `MathHarness` on a chain of its own. Words are packed by hand: a general coder takes longer than the chain. */
export async function deployHarness(): Promise<Harness> {
  const { ethers, provider } = await network.create();
  const [signer] = await ethers.getSigners();
  if (signer === undefined) throw new Error("the chain has no signer");
  const harness = await new MathHarness__factory(signer).deploy();
  const to = await harness.getAddress();

  async function call(name: string, inputs: readonly Row[], width: number, before: Row): Promise<Row[]> {
    const selector = abi.getFunction(name)?.selector;
    if (selector === undefined) throw new Error(`the harness has no ${name}`);
    const head = [...before, BigInt(32 * (before.length + 1)), BigInt(inputs.length)];
    const data = selector + [...head, ...inputs.flat()].map(word).join("");
    const answer: unknown = await provider.request({
      method: "eth_call",
      params: [{ to, data, gas: toQuantity(16_000_000) }, "latest"],
    });
    return rowsIn(answer as string, inputs.length, width);
  }

  return {
    async run(name, inputs, width, before = []) {
      const rows: Row[] = [];
      for (let from = 0; from < inputs.length; from += BATCH) {
        rows.push(...(await call(name, inputs.slice(from, from + BATCH), width, before)));
      }
      return rows;
    },
    async deployModel({ kinkWad, baseRateWad, kinkRateWad, fullRateWad }) {
      const factory = new KinkedRateModel__factory(signer);
      const model = await factory.deploy(kinkWad, baseRateWad, kinkRateWad, fullRateWad);
      return BigInt(await model.getAddress());
    },
  };
}

function word(value: bigint): string {
  return value.toString(16).padStart(64, "0");
}

/** The rows of an answer that is one array of `count` structs of `width` words, after its offset and its length. */
function rowsIn(answer: string, count: number, width: number): Row[] {
  const wordAt = (index: number) => BigInt(`0x${answer.slice(2 + index * 64, 66 + index * 64)}`);
  if (wordAt(1) !== BigInt(count)) throw new Error("the harness answered another number of rows");
  return Array.from({ length: count }, (_, row) =>
    Array.from({ length: width }, (__, column) => wordAt(2 + row * width + column)),
  );
}
