import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import type { Temper } from "../../../scripts/demo/replay/responses.ts";
import type { PricePoint, ReplayPlan, ReplayStep } from "../../../scripts/docs/brake/replayCrash.ts";
import { accountOf } from "../../../scripts/docs/brake/scenes.ts";
import type { Act } from "../../../scripts/docs/brake/vaultModel.ts";
import type { AccountId } from "../../../sdk/accountId.ts";
import { numbersIn } from "../../../sdk/valuation.ts";
import { now } from "../../vault/support/clock.ts";
import { eventOf } from "../../vault/support/events.ts";
import { openPosition } from "../../vault/support/position.ts";
import { stateOf } from "../../vault/support/state.ts";
import { loadWorld, MAX_UINT, type World } from "../../vault/support/world.ts";

const STEP_SECONDS = 300;
/** Whole minutes from the start, and the first collateral's price from then on, in quote tokens. */
const PRICES = [
  [0, 2_000n],
  [10, 1_850n],
  [150, 1_845n],
  [330, 1_870n],
  [420, 1_830n],
  [560, 1_600n],
  [580, 1_250n],
  [600, 1_600n],
] as const;
const END_MINUTES = 620;
const GAS = 2_000_000n;
/** Quote tokens: a tranche of most accounts needs more than half of it. */
const BURST = 5_000n;
const PER_HOUR = 300n;

/**
 * Each account of the script holds these of the two collaterals, in ten-thousandths of a token, and owes so many
 * tokens. A little bitcoin is dust: a debt is written off over it.
 */
const POSITIONS = [
  { amounts: [100_000n, 2n], debt: 14_900n },
  { amounts: [100_000n, 2n], debt: 15_000n },
  { amounts: [100_000n, 2n], debt: 15_100n },
  { amounts: [50_000n, 2_500n], debt: 13_100n },
  { amounts: [70_000n, 0n], debt: 10_480n },
  { amounts: [70_000n, 0n], debt: 10_460n },
  { amounts: [70_000n, 0n], debt: 10_440n },
  { amounts: [70_000n, 0n], debt: 10_420n },
  { amounts: [100_000n, 2n], debt: 13_000n },
] as const;

/** The same accounts on a chain: what a replay does in a block is done in one of the same time. */
export class BrakeScript {
  readonly ids: readonly AccountId[];
  readonly #w: World;
  readonly #startsAt: number;
  #priceSeen = 0n;

  private constructor(w: World, ids: readonly AccountId[], startsAt: number) {
    this.#w = w;
    this.ids = ids;
    this.#startsAt = startsAt;
  }

  static async load(): Promise<BrakeScript> {
    const w = await loadWorld({ maxBounty: 5n });
    const brake = { burst: w.usd(BURST), perHour: w.usd(PER_HOUR) };
    await w.configurator.setBrake(w.vault, w.collaterals[0]!.address, brake);
    const ids: AccountId[] = [];
    for (const [i, { amounts, debt }] of POSITIONS.entries()) {
      const held = amounts.map((parts, j) => (parts * w.collaterals[j]!.unit) / 10_000n);
      ids.push(await openPosition(w, { subAccount: BigInt(10 + i), amounts: held, debt: w.usd(debt) }));
    }
    return new BrakeScript(w, ids, Number(await now(w)) + STEP_SECONDS);
  }

  plan(tempers: readonly Temper[]): ReplayPlan {
    const w = this.#w;
    const price36Of = (price: bigint, number: number) =>
      (w.usd(price) * 10n ** 36n) / w.collaterals[number]!.unit;
    const eth = PRICES.map(([minutes, price]): PricePoint => ({
      at: this.#startsAt + 60 * minutes,
      price36: price36Of(price, 0),
    }));
    const courses = [eth, [{ at: this.#startsAt, price36: price36Of(30_000n, 1) }]];
    const brake = { burst: w.usd(BURST), perHour: w.usd(PER_HOUR) };
    return {
      collaterals: w.collaterals.map(({ address, terms }, j) => ({
        terms: { asset: address, ...terms },
        course: courses[j]!,
        ...(j === 0 && { brake }),
      })),
      risk: w.risk,
      accounts: POSITIONS.map(({ amounts, debt }) =>
        accountOf(
          w.usd(debt),
          amounts.map((parts, j) => (parts * w.collaterals[j]!.unit) / 10_000n),
        ),
      ),
      tempers,
      from: this.#startsAt,
      to: this.#startsAt + 60 * END_MINUTES,
      stepSeconds: STEP_SECONDS,
      hurdleBps: 100n,
    };
  }

  /** Does on the chain what was done in `step`, and expects the chain to stand where the replay does. */
  async follow(step: ReplayStep): Promise<void> {
    const { provider } = this.#w.ethers;
    const sent: { act: Act; transaction: ContractTransactionResponse }[] = [];
    await provider.send("evm_setAutomine", [false]);
    await this.#pushPrice(step);
    for (const act of step.acts) {
      const transaction = await this.#send(act);
      if (transaction !== undefined) sent.push({ act, transaction });
    }
    await this.#w.helpers.time.setNextBlockTimestamp(step.at);
    await this.#w.helpers.mine();
    await provider.send("evm_setAutomine", [true]);
    for (const { act, transaction } of sent) {
      expect((await transaction.wait())?.status, `${act.kind} of ${act.account}`).to.equal(1);
      if (act.kind === "taken") await this.#expectTaken(act, transaction);
    }
    await this.#expectSame(step);
  }

  async #pushPrice({ moment }: ReplayStep): Promise<void> {
    const { feed, unit } = this.#w.collaterals[0]!;
    const price36 = moment.prices.price36[0]!;
    if (price36 === this.#priceSeen) return;
    this.#priceSeen = price36;
    const decimals = await feed.decimals();
    const answer = (price36 * unit * 10n ** decimals) / 10n ** (36n + BigInt(this.#w.quoteDecimals));
    await feed.connect(this.#w.keeper).push(answer, { gasLimit: GAS });
  }

  /** All by one sender, whose transactions a block has in their order. Undefined for what comes of itself. */
  async #send(act: Act): Promise<ContractTransactionResponse | undefined> {
    const { keeper, collaterals } = this.#w;
    const vault = this.#w.vault.connect(keeper);
    const id = this.ids[act.account]!;
    const gas = { gasLimit: GAS };
    switch (act.kind) {
      case "opened":
        return vault.openCall(id, gas);
      case "closed":
        return act.unasked ? undefined : vault.closeCall(id, gas);
      case "repaid":
        return vault.repay(id, act.amount, gas);
      case "deposited":
        return vault.depositCollateral(id, collaterals[act.number]!.address, act.amount, gas);
      case "taken": {
        const asset = collaterals[act.take.number]!.address;
        return vault.liquidate(id, asset, act.maxRepay, 0n, keeper, "0x", gas);
      }
      case "writtenOff":
        return act.unasked ? undefined : vault.bookLoss([id], gas);
    }
  }

  async #expectTaken({ take }: Extract<Act, { kind: "taken" }>, transaction: ContractTransactionResponse) {
    const { notice } = (await eventOf(transaction, this.#w.vault, "Liquidated")) as {
      notice: Record<string, unknown>;
    };
    const { repaid, insured, seized, discountWad, price36 } = take;
    expect(notice).to.deep.include({ repaid, insured, seized, discountWad, price36 });
  }

  async #expectSame({ at, accounts, moment, waiting }: ReplayStep): Promise<void> {
    const { vault, collaterals } = this.#w;
    expect(await vault.uptime()).to.equal(BigInt(at));
    const { room } = await vault.capacity(collaterals[0]!.address);
    expect(moment.brakes![0]!.room).to.equal(room);
    for (const [i, id] of this.ids.entries()) {
      const { collateral, ...state } = accounts[i]!;
      const stored = await stateOf(this.#w, id);
      const numbers = { collateralSet: BigInt(state.collateralSet), callNonce: BigInt(state.callNonce) };
      expect(stored, `account ${i}`).to.deep.equal({ ...state, ...numbers });
      for (const { address, number } of collaterals) {
        expect(await vault.collateralOf(id, address)).to.equal(collateral[number]);
      }
    }
    for (const index of waiting) {
      for (const number of numbersIn(accounts[index]!.collateralSet & 1)) {
        const preview = vault.previewLiquidation(this.ids[index]!, collaterals[number]!.address, MAX_UINT);
        await expect(preview).to.be.revertedWithCustomError(vault, "Braked");
      }
    }
  }
}
