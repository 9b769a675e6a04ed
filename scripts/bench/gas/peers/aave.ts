import type { Contract } from "ethers";
import { artifactsOf } from "../../../deploy/artifacts.ts";
import { fund } from "../fund.ts";
import type { GasChain, Measurement } from "../gasChain.ts";
import { answerAt, DEBT, KEEPER, LENDER, PRICES, TRADER, UNIT, WORTH } from "../market.ts";
import type { OperationName } from "../operations.ts";
import { deployAave, type AavePool } from "./aavePool.ts";

/** What Aave has of the operations. */
export type AaveName = Exclude<OperationName, "openCall" | "openCallOf200">;

/** Aave knows one account an owner: whose holds 1, 2 and 5 collaterals, and whose is taken. */
const HOLDERS = { 1: TRADER, 2: 5, 5: 6 } as const;
const TO_BE_TAKEN = { 1: 7, 5: 8 } as const;
const LARGE = 9;
const EVERYBODY = [LENDER, KEEPER, LARGE, ...Object.values(HOLDERS), ...Object.values(TO_BE_TAKEN)];
const VARIABLE_RATE = 2;
/** Where accounts have a health factor of 0.96: above Aave's level for taking all of a debt at once. */
const FALLEN_PERCENT = 90;

/** Measures it, with debts in every reserve, so that interest accrues whatever is touched. */
export async function measureAave(chain: GasChain): Promise<Readonly<Record<AaveName, Measurement>>> {
  const aave = await deployAave(chain);
  await fund(chain, [aave.quote, ...aave.tokens], { holders: EVERYBODY, spender: aave.pool.target });
  const meter = await chain.deploy(artifactsOf("production")("mocks/ViewMeter.sol", "ViewMeter"), []);
  const bench = new AaveBench(chain, aave, meter);
  await bench.prepare();
  const deposits = await bench.measureDeposits();
  const loans = await bench.measureLoans();
  const views = await bench.measureViews();
  return { ...deposits, ...loans, ...views, ...(await bench.measureTakes()) };
}

class AaveBench {
  readonly #chain: GasChain;
  readonly #aave: AavePool;
  readonly #meter: Contract;

  constructor(chain: GasChain, aave: AavePool, meter: Contract) {
    this.#chain = chain;
    this.#aave = aave;
    this.#meter = meter;
  }

  async prepare(): Promise<void> {
    const { quote, tokens } = this.#aave;
    const lender = this.#chain.signer(LENDER).address;
    await this.#act(LENDER, "supply", quote.target, 4_000_000n * UNIT, lender, 0);
    for (const [i, price] of PRICES.entries()) {
      const amount = (200_000n * UNIT) / BigInt(price);
      await this.#act(LENDER, "supply", tokens[i]?.target, amount, lender, 0);
      await this.#act(LENDER, "borrow", tokens[i]?.target, amount / 10n, VARIABLE_RATE, 0, lender);
    }
    await this.#open(LARGE, 1, { size: 1n, share: 1_000n });
    await this.#open(TO_BE_TAKEN[1], 1, { size: 1n, share: 10n });
    await this.#open(TO_BE_TAKEN[5], 5, { size: 1n, share: 10n });
    await this.#open(HOLDERS[2], 2, { size: 10n, share: 1n });
    await this.#open(HOLDERS[5], 5, { size: 10n, share: 1n });
  }

  async measureDeposits() {
    const { quote, tokens } = this.#aave;
    const trader = this.#chain.signer(TRADER).address;
    const lender = this.#chain.signer(LENDER).address;
    const deposit = ["supply", tokens[0]?.target, 10n * UNIT, trader, 0] as const;
    return {
      depositFirst: await this.#measure(TRADER, ...deposit),
      depositNext: await this.#measure(TRADER, ...deposit),
      supplyNext: await this.#measure(LENDER, "supply", quote.target, 1_000n * UNIT, lender, 0),
    };
  }

  async measureLoans() {
    const { quote, tokens } = this.#aave;
    const trader = this.#chain.signer(TRADER).address;
    const rate = VARIABLE_RATE;
    await this.#act(TRADER, "borrow", quote.target, DEBT, rate, 0, trader);
    const borrow = (holder: number) => {
      const { address } = this.#chain.signer(holder);
      return this.#measure(holder, "borrow", quote.target, 100n * UNIT, rate, 0, address);
    };
    const withdraw = (holder: number) =>
      this.#measure(holder, "withdraw", tokens[0]?.target, UNIT / 100n, this.#chain.signer(holder).address);
    return {
      borrowNext1: await borrow(HOLDERS[1]),
      borrowNext2: await borrow(HOLDERS[2]),
      borrowNext5: await borrow(HOLDERS[5]),
      repayPart: await this.#measure(TRADER, "repay", quote.target, 50n * UNIT, rate, trader),
      withdrawWithDebt1: await withdraw(HOLDERS[1]),
      withdrawWithDebt5: await withdraw(HOLDERS[5]),
    };
  }

  async measureViews() {
    const { target, interface: face } = this.#aave.pool;
    const view = (holder: number) => {
      const { address } = this.#chain.signer(holder);
      const question = face.encodeFunctionData("getUserAccountData", [address]);
      return this.#chain.measureView([this.#meter, "measure", target, question]);
    };
    return {
      health1: await view(HOLDERS[1]),
      health2: await view(HOLDERS[2]),
      health5: await view(HOLDERS[5]),
    };
  }

  async measureTakes() {
    const { quote, tokens, feeds } = this.#aave;
    for (const [number, feed] of feeds.entries()) {
      await this.#chain.act(this.#chain.signer(0), [feed, "push", answerAt(number, FALLEN_PERCENT)]);
    }
    const take = (holder: number) => {
      const { address } = this.#chain.signer(holder);
      const terms = [tokens[0]?.target, quote.target, address, 100n * UNIT, false] as const;
      return this.#measure(KEEPER, "liquidationCall", ...terms);
    };
    return { liquidate1: await take(TO_BE_TAKEN[1]), liquidate5: await take(TO_BE_TAKEN[5]) };
  }

  /** `size` times the usual collateral for the usual debt, and `share` times both. */
  async #open(actor: number, count: number, { size, share }: { size: bigint; share: bigint }): Promise<void> {
    const { quote, tokens } = this.#aave;
    const { address } = this.#chain.signer(actor);
    for (const [i, price] of PRICES.slice(0, count).entries()) {
      const amount = (WORTH * UNIT * size * share) / BigInt(price) / BigInt(count);
      await this.#act(actor, "supply", tokens[i]?.target, amount, address, 0);
    }
    await this.#act(actor, "borrow", quote.target, DEBT * share, VARIABLE_RATE, 0, address);
  }

  async #act(actor: number, method: string, ...args: unknown[]): Promise<void> {
    await this.#chain.act(this.#chain.signer(actor), [this.#aave.pool, method, ...args]);
  }

  #measure(actor: number, method: string, ...args: unknown[]): Promise<Measurement> {
    return this.#chain.measure(this.#chain.signer(actor), [this.#aave.pool, method, ...args]);
  }
}
