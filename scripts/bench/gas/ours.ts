import { MaxUint256, type Interface } from "ethers";
import type { AccountId } from "../../../sdk/accountId.ts";
import type { GasChain, Measurement, Receipt } from "./gasChain.ts";
import type { OperationName } from "./operations.ts";
import { DEBT, KEEPER, LENDER, PRICES, TRADER, UNIT, WORTH } from "./market.ts";
import { accountOf, deployOurVault, setPrices, type OurVault } from "./ourVault.ts";

export type OurMeasurements = Record<OperationName, Measurement>;

/** An account's sub-accounts in the bench: those of the plain rows hold 1, 2 and 5 collaterals. */
const PLAIN = { 1: 1, 2: 2, 5: 5 } as const;
/** Of each two the first goes before, so that nothing the second one touches is touched for the first time. */
const TO_BE_CALLED = [21, 22] as const;
const TO_BE_TAKEN = { 1: [31, 32], 5: [35, 36] } as const;
const CROWD_FROM = 1_000;
const CROWD = 200;

/** At which it is 0.997. */
const FALLEN_PERCENT = 93.25;
/** Longer than the grace they have, by a quarter of an auction: the cheapest to take still comes first. */
const INTO_AUCTION_SECONDS = 14_400n;

/** Measures every operation of our vault on `chain`, on which nothing else goes on. */
export async function measureOurs(chain: GasChain): Promise<{ rows: OurMeasurements; ours: OurVault }> {
  const ours = await deployOurVault(chain);
  const bench = new OurBench(chain, ours);
  await bench.prepare();
  const plain = await bench.measurePlain();
  const views = await bench.measureViews();
  const calls = await bench.measureCalls();
  const takes = await bench.measureTakes();
  return { rows: { ...plain, ...calls, ...takes, ...views }, ours };
}

class OurBench {
  readonly #chain: GasChain;
  readonly #ours: OurVault;

  constructor(chain: GasChain, ours: OurVault) {
    this.#chain = chain;
    this.#ours = ours;
  }

  /** Loans that keep interest accruing, and the positions that are called and taken later. */
  async prepare(): Promise<void> {
    const { vault } = this.#ours;
    for (const actor of [LENDER, KEEPER]) {
      const { address } = this.#chain.signer(actor);
      await this.#act(actor, vault, "deposit", 2_000_000n * UNIT, address);
    }
    await this.#open(0, 1, 100n, 1_000n);
    for (const number of TO_BE_CALLED) await this.#open(number, 1);
    for (const number of TO_BE_TAKEN[1]) await this.#open(number, 1);
    for (const number of TO_BE_TAKEN[5]) await this.#open(number, 5);
    for (let i = 0; i < CROWD; i += 1) await this.#open(CROWD_FROM + i, 1);
  }

  async measurePlain(): Promise<
    Pick<
      OurMeasurements,
      | "depositFirst"
      | "depositNext"
      | "supplyNext"
      | "borrowNext1"
      | "borrowNext2"
      | "borrowNext5"
      | "repayPart"
      | "withdrawWithDebt1"
      | "withdrawWithDebt5"
    >
  > {
    const { vault, tokens } = this.#ours;
    const token = await tokens[0]?.getAddress();
    const trader = this.#chain.signer(TRADER).address;
    const lender = this.#chain.signer(LENDER).address;
    const id = this.#account(PLAIN[1]);
    const depositFirst = await this.#measure(TRADER, "depositCollateral", id, token, 10n * UNIT);
    const depositNext = await this.#measure(TRADER, "depositCollateral", id, token, 10n * UNIT);
    const supplyNext = await this.#measure(LENDER, "deposit", 1_000n * UNIT, lender);
    await this.#open(PLAIN[2], 2, 10n);
    await this.#open(PLAIN[5], 5, 10n);
    await this.#act(TRADER, vault, "borrow", id, DEBT, trader);
    const borrow = (count: keyof typeof PLAIN) =>
      this.#measure(TRADER, "borrow", this.#account(PLAIN[count]), 100n * UNIT, trader);
    const withdraw = (count: keyof typeof PLAIN) =>
      this.#measure(TRADER, "withdrawCollateral", this.#account(PLAIN[count]), token, UNIT / 100n, trader);
    return {
      depositFirst,
      depositNext,
      supplyNext,
      borrowNext1: await borrow(1),
      borrowNext2: await borrow(2),
      borrowNext5: await borrow(5),
      repayPart: await this.#measure(TRADER, "repay", id, 50n * UNIT),
      withdrawWithDebt1: await withdraw(1),
      withdrawWithDebt5: await withdraw(5),
    };
  }

  async measureViews(): Promise<Pick<OurMeasurements, "health1" | "health2" | "health5">> {
    const { vault, meter } = this.#ours;
    const view = (count: keyof typeof PLAIN) =>
      this.#chain.measureView([
        meter,
        "measure",
        vault.target,
        vault.interface.encodeFunctionData("healthOf", [this.#account(PLAIN[count])]),
      ]);
    return { health1: await view(1), health2: await view(2), health5: await view(5) };
  }

  async measureCalls(): Promise<Pick<OurMeasurements, "openCall" | "openCallOf200">> {
    await setPrices(this.#chain, this.#ours, FALLEN_PERCENT);
    const [before, measured] = TO_BE_CALLED;
    await this.#act(KEEPER, this.#ours.vault, "openCall", this.#account(before));
    const openCall = await this.#measure(KEEPER, "openCall", this.#account(measured));
    this.#expect(openCall.receipt, "Transfer", 1);
    const crowd = Array.from({ length: CROWD }, (_, i) => this.#account(CROWD_FROM + i));
    const { gas, receipt, explain } = await this.#measure(KEEPER, "openCalls", crowd);
    this.#expect(receipt, "MarginCallOpened", CROWD);
    return { openCall, openCallOf200: { gas: Math.round(gas / CROWD), explain } };
  }

  async measureTakes(): Promise<Pick<OurMeasurements, "liquidate1" | "liquidate5">> {
    const accounts = [...TO_BE_TAKEN[1], ...TO_BE_TAKEN[5]];
    for (const number of accounts)
      await this.#act(KEEPER, this.#ours.vault, "openCall", this.#account(number));
    this.#chain.wait(INTO_AUCTION_SECONDS);
    await setPrices(this.#chain, this.#ours, FALLEN_PERCENT);
    return { liquidate1: await this.#take(TO_BE_TAKEN[1]), liquidate5: await this.#take(TO_BE_TAKEN[5]) };
  }

  async #take([before, measured]: readonly [number, number]): Promise<Measurement> {
    const { vault, tokens } = this.#ours;
    const token = await tokens[0]?.getAddress();
    const { address } = this.#chain.signer(KEEPER);
    const terms = [token, MaxUint256, 0n, address, "0x"] as const;
    await this.#act(KEEPER, vault, "liquidate", this.#account(before), ...terms);
    const take = await this.#measure(KEEPER, "liquidate", this.#account(measured), ...terms);
    this.#expect(take.receipt, "MarginCallClosed", 1);
    this.#expect(take.receipt, "Transfer", 1);
    return take;
  }

  /** Opens an account with `count` collaterals of equal worth, `size` times what `WORTH` and `DEBT` say. */
  async #open(number: number, count: number, size = 1n, share = 1n): Promise<void> {
    const { vault, tokens } = this.#ours;
    const id = this.#account(number);
    for (const [i, price] of PRICES.slice(0, count).entries()) {
      const amount = (WORTH * UNIT * size * share) / BigInt(price) / BigInt(count);
      await this.#act(TRADER, vault, "depositCollateral", id, await tokens[i]?.getAddress(), amount);
    }
    await this.#act(TRADER, vault, "borrow", id, DEBT * share, this.#chain.signer(TRADER).address);
  }

  #account(number: number): AccountId {
    return accountOf(this.#chain, number);
  }

  async #act(actor: number, ...call: Parameters<GasChain["act"]>[1]): Promise<void> {
    await this.#chain.act(this.#chain.signer(actor), call);
  }

  #measure(actor: number, method: string, ...args: unknown[]) {
    return this.#chain.measure(this.#chain.signer(actor), [this.#ours.vault, method, ...args]);
  }

  /** A row is what it says only if the vault has said so itself. */
  #expect(receipt: Receipt, event: string, count: number): void {
    const face: Interface = this.#ours.vault.interface;
    const topic = face.getEvent(event)?.topicHash;
    const target = (this.#ours.vault.target as string).toLowerCase();
    const found = receipt.logs.filter(
      ({ address, topics }) => address.toLowerCase() === target && topics[0] === topic,
    ).length;
    if (found !== count) throw new Error(`${event} was emitted ${found} times instead of ${count}`);
  }
}
