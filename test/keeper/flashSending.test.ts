import { expect } from "chai";
import { id, type Interface, type ParamType } from "ethers";
import { describe, it } from "mocha";
import { GiveUpError } from "../../keeper/errors.ts";
import { Experience } from "../../keeper/experience.ts";
import { allowListOf } from "../../keeper/executors/allowList.ts";
import { encodeAction, FLASH_ABI, refusalsIn, type Targets } from "../../keeper/executors/encodeAction.ts";
import { BlindBook } from "../../keeper/executors/blindBook.ts";
import type { DeadLetters } from "../../keeper/executors/deadLetters.ts";
import { Executor } from "../../keeper/executors/executor.ts";
import { GasBook } from "../../keeper/executors/gasBook.ts";
import type { Outbox, Parcel, Settled } from "../../keeper/executors/outbox.ts";
import { receiptsProbe } from "../../keeper/executors/receiptProbes.ts";
import { purposeOf, slotsFrom } from "../../keeper/executors/sentTransaction.ts";
import { simulate } from "../../keeper/executors/simulate.ts";
import { withItems, type FlashAction, type FlashItem } from "../../keeper/policy/action.ts";
import { feeTermsOf } from "../../keeper/policy/feeTerms.ts";
import { FLASH_VIEWS_ABI } from "../../keeper/sources/flashProbes.ts";
import { silentLog } from "../../keeper/log.ts";
import type { AccountId } from "../../sdk/accountId.ts";
import { encodeSwapPath, Sale } from "../../sdk/flashLiquidator.ts";
import { IFlashLiquidator__factory } from "../../types/factories/interfaces/IFlashLiquidator__factory.ts";
import { FakeJournal } from "./support/fakeJournal.ts";
import { LIQUIDATOR, PATH, QUOTE } from "./support/flashState.ts";
import { headerAt, outboxBench, targets as bare, UNBOUND } from "./support/outboxBench.ts";
import { GWEI, price36, SETTINGS, snapshotOf, USDC, WETH } from "./support/snapshot.ts";
import { accountOf } from "./support/state.ts";

const targets: Targets = { ...bare, flash: { liquidator: LIQUIDATOR, paths: new Set([PATH]) } };
const stranger = "0x00000000000000000000000000000000000000ff";

function item(n: number, changes: Partial<FlashItem> = {}): FlashItem {
  return {
    account: accountOf(n),
    asset: WETH.asset,
    payment: 1_000n,
    maxRepay: 1_000n,
    minSeized: 0n,
    gain: 30n * USDC,
    loss: 0n,
    stake: 1n,
    reason: "Expired",
    sale: Sale.All,
    minProfit: 7n,
    path: PATH,
    ...changes,
  };
}

function flash(...items: FlashItem[]): FlashAction {
  return {
    duty: "liquidateProfitable",
    items,
    gasLimit: 5_000_000n,
    gasPerTake: 1_200_000n,
    stake: 1n,
    reason: "Expired",
  };
}

const result = (taken: boolean, reason = "0x00000000") => [taken, reason, 1n, 1n, 1n, 0n];
const answering = (results: readonly unknown[]) => ({
  batch: () =>
    Promise.resolve([{ ok: true as const, result: FLASH_ABI.encodeFunctionResult("takeMany", [results]) }]),
});

describe("the keeper's interface of the flash liquidator", () => {
  for (const own of [FLASH_ABI, FLASH_VIEWS_ABI]) {
    it("is the compiled one", () => {
      const theirs: Interface = IFlashLiquidator__factory.createInterface();
      own.forEachFunction((fragment) => {
        const other = theirs.getFunction(fragment.selector);
        expect(other?.name).to.equal(fragment.name);
        const types = (outputs: readonly ParamType[]) => outputs.map((output) => output.format("sighash"));
        expect(types(other?.outputs ?? [])).to.deep.equal(types(fragment.outputs));
      });
    });
  }
});

describe("encodeAction of the flash liquidator's takes", () => {
  it("is take for one and takeMany, with each one's gas, for several", () => {
    const one = encodeAction(flash(item(1)), targets);
    expect(one.to).to.equal(LIQUIDATOR);
    const [order] = FLASH_ABI.decodeFunctionData("take", one.data) as unknown as [unknown[]];
    expect([...order]).to.deep.equal([accountOf(1), WETH.asset, 1_000n, 0n, 7n, BigInt(Sale.All), PATH]);
    const two = encodeAction(flash(item(1), item(2, { sale: Sale.Payment })), targets);
    const [orders, gas] = FLASH_ABI.decodeFunctionData("takeMany", two.data) as unknown as [
      unknown[][],
      bigint,
    ];
    expect(orders.map(([account]) => account)).to.deep.equal([accountOf(1), accountOf(2)]);
    expect(orders[1]![5]).to.equal(BigInt(Sale.Payment));
    expect(gas).to.equal(1_200_000n);
  });

  it("does not exist without one", () => {
    expect(() => encodeAction(flash(item(1)), bare)).to.throw("without a flash liquidator");
  });
});

describe("simulating the flash liquidator's takes", () => {
  it("names what each would revert with, and leaves it out", async () => {
    const tooDear = id("SlippageTooHigh(uint256,uint256)").slice(0, 10);
    const rpc = answering([result(true), result(false, tooDear), result(false), result(false, "0xdeadbeef")]);
    const action = flash(item(1), item(2), item(3), item(4));
    const { call, refused, action: left } = await simulate(rpc, action, targets, 1);
    expect(refused).to.deep.equal([
      { account: accountOf(2), reason: "SlippageTooHigh" },
      { account: accountOf(3), reason: "0x00000000" },
      { account: accountOf(4), reason: "0xdeadbeef" },
    ]);
    // One is left, which goes alone.
    expect(FLASH_ABI.parseTransaction({ data: call!.data })!.name).to.equal("take");
    expect(left).to.deep.include({ items: [item(1)], gasPerTake: 1_200_000n });
  });

  it("takes for done what does not revert alone", () => {
    const returned = FLASH_ABI.encodeFunctionResult("take", [result(true)]);
    expect(refusalsIn(flash(item(1)), returned)).to.deep.equal([undefined]);
  });

  it("says by its name what a single one reverts with", async () => {
    const data = IFlashLiquidator__factory.createInterface().encodeErrorResult("NotProfitable", [5n, 7n]);
    const rpc = {
      batch: () => Promise.resolve([{ ok: false as const, code: 3, message: "execution reverted", data }]),
    };
    const { error, refused, call } = await simulate(rpc, flash(item(1)), targets, 1);
    expect(error).to.equal("NotProfitable");
    expect(refused).to.deep.equal([{ account: accountOf(1), reason: "NotProfitable" }]);
    expect(call).to.equal(undefined);
  });
});

describe("Executor with a flash liquidator", () => {
  it("K-22 blames the sale and not the account for what the flash liquidator refuses, and sends the rest", async () => {
    const waiting: AccountId[] = [];
    const refused: AccountId[] = [];
    const sent: Parcel[] = [];
    const tooDear = id("SaleTooDear(uint256,uint256)").slice(0, 10);
    const executor = new Executor({
      rpc: answering([result(true), result(false, tooDear), result(true)]),
      targets,
      outboxFor: () =>
        ({
          send: (parcels: readonly Parcel[]) => Promise.resolve(sent.push(...parcels)),
        }) as unknown as Outbox,
      deadLetters: {
        failed: ({ account }: { account: AccountId }) => waiting.push(account),
        isQuarantined: () => false,
      } as unknown as DeadLetters,
      blindBook: new BlindBook(),
      flashDesk: { refused: (account) => refused.push(account) },
      log: silentLog,
    });
    await executor.execute([flash(item(1), item(2), item(3))], headerAt(1), () => UNBOUND);
    expect(refused).to.deep.equal([accountOf(2)]);
    expect(waiting).to.be.empty;
    expect(sent.map(({ call }) => call)).to.deep.equal([encodeAction(flash(item(1), item(3)), targets)]);
  });
});

describe("the allow-list of the flash liquidator", () => {
  const list = allowListOf(targets);
  const encoded = (...items: FlashItem[]) => encodeAction(flash(...items), targets);

  it("K-19 passes takes by configured routes with something left", () => {
    list.check(encoded(item(1)));
    list.check(encoded(item(1), item(2, { minProfit: 1n })));
    list.check({ ...encoded(item(1)), to: LIQUIDATOR.toLowerCase() });
  });

  const elsewhere = encodeSwapPath({ from: WETH.asset, hops: [{ fee: 500, to: QUOTE }] });
  const through = encodeSwapPath({
    from: WETH.asset,
    hops: [
      { fee: 3_000, to: stranger },
      { fee: 3_000, to: QUOTE },
    ],
  });
  const iface = IFlashLiquidator__factory.createInterface();
  const onIt = (data: string) => ({ to: LIQUIDATOR, data });
  const refused: Record<string, { to: string; data: string }> = {
    "a pool that is not configured": encoded(item(1, { path: elsewhere })),
    "a way around": encoded(item(1, { path: through })),
    "a route of another collateral": encoded(item(1, { asset: stranger })),
    "a take for nothing": encoded(item(1, { minProfit: 0n })),
    "one of many for nothing": encoded(item(1), item(2, { minProfit: 0n })),
    "one of many elsewhere": encoded(item(1), item(2, { path: elsewhere })),
    "another flash liquidator": { ...encoded(item(1)), to: stranger },
    "a take of the vault's": { ...encoded(item(1)), to: targets.vault },
    "a single take of a batch": onIt(
      iface.encodeFunctionData("attempt", [
        { ...item(1), account: accountOf(1), sale: Sale.All, path: PATH },
      ]),
    ),
    "what is its owner's: rescue": onIt(iface.encodeFunctionData("rescue", [QUOTE, 1n, stranger])),
    "what is its owner's: the recipient": onIt(iface.encodeFunctionData("setProfitRecipient", [stranger])),
    "what is its owner's: keepers": onIt(iface.encodeFunctionData("setKeeper", [stranger, true])),
  };
  for (const [name, call] of Object.entries(refused)) {
    it(`K-19 refuses ${name}`, () => {
      expect(() => {
        list.check(call);
      }).to.throw(GiveUpError, "refused to sign");
    });
  }

  it("K-19 knows none that is not configured", () => {
    expect(() => {
      allowListOf(bare).check(encoded(item(1)));
    }).to.throw(GiveUpError, "not on the allow-list");
  });
});

describe("what the flash liquidator's takes cost", () => {
  const gasBook = new GasBook();
  const gas = { ...snapshotOf([]).gas, weiPerGas: GWEI, nativePrice36: price36(2_000) };

  it("is expected apart from takes by hand, and paid out of what the sale leaves", () => {
    const terms = feeTermsOf(flash(item(1), item(2)), gas, { ...SETTINGS, callMaxCost: USDC }, new Map());
    expect(terms.expectedGas).to.equal(2n * gasBook.perAccount.flashTake);
    // 30 less a margin of 1, twice, at 2,000 USDC an ether.
    expect(terms.budgetWei).to.equal((2n * 29n * 10n ** 18n) / 2_000n);
    expect(gasBook.perAccount.flashTake).to.not.equal(gasBook.perAccount.take);
  });

  const experienced = () => {
    const refused: AccountId[] = [];
    const taken: AccountId[] = [];
    const flashDesk = {
      refused: (account: AccountId) => refused.push(account),
      taken: (account: AccountId) => taken.push(account),
    };
    const store = Object.assign(new FakeJournal(), {
      setDeadLetter: () => undefined,
      removeDeadLetter: () => undefined,
      deadLetters: () => [],
    });
    const experience = new Experience({
      store: store as never,
      lossPerAccountPerDay: 10n * USDC,
      flashDesk: flashDesk,
      log: silentLog,
    });
    return { experience, refused, taken };
  };
  const settled = (changes: Partial<Settled["outcome"]>): Settled => ({
    duty: "liquidateProfitable",
    accounts: [accountOf(1), accountOf(2)],
    gasKind: "flashTake",
    // At 2,000 USDC an ether, 12 USDC.
    outcome: {
      kind: "mined",
      hash: "0x",
      block: 7,
      gasUsed: 800_000n,
      feeWei: 6n * 10n ** 15n,
      skipped: [],
      measuredRoundId: undefined,
      ...changes,
    },
  });
  const at = { number: 8, timestamp: 1_000n };

  it("is learned from receipts of its own kind", () => {
    const { experience, taken } = experienced();
    const before = experience.gas;
    experience.takeIn([settled({})], at, gas, []);
    expect(experience.gas.perAccount.flashTake).to.equal((before.perAccount.flashTake + 400_000n) / 2n);
    expect(experience.gas.perAccount.take).to.equal(before.perAccount.take);
    // A limit costs nothing until it is used.
    expect(experience.gas.limitPerAccount.flashTake).to.equal(before.limitPerAccount.flashTake);
    expect(taken).to.deep.equal([accountOf(1), accountOf(2)]);
  });

  it("K-21 counts what was left out on the chain as lost, and learns nothing from it", () => {
    const { experience, refused, taken } = experienced();
    const { perAccount } = experience.gas;
    experience.takeIn([settled({ skipped: [accountOf(2)] })], at, gas, []);
    expect(experience.gas.perAccount).to.deep.equal(perAccount);
    expect(refused).to.deep.equal([accountOf(2)]);
    expect(taken).to.deep.equal([accountOf(1)]);
    expect([...experience.waiting(at)]).to.be.empty;
    // 6 USDC each time, of 10 a day.
    experience.takeIn([settled({ skipped: [accountOf(2)] })], at, gas, []);
    expect([...experience.waiting(at)]).to.deep.equal([accountOf(2)]);
  });

  it("K-22 does not take a mined batch for one that did everything: what is refused in it costs gas once in a while", () => {
    const { experience } = experienced();
    const { blindBook } = experience;
    blindBook.sent(flash(item(1), item(2)), at.number);
    experience.takeIn([settled({})], at, gas, []);
    for (const account of [1, 2].map(accountOf)) {
      expect(blindBook.mayGoBlind(account, "liquidateCritical", 9)).to.equal(false);
    }
  });

  it("K-21 K-22 leaves an account to what is paid by hand when the whole reverts", () => {
    const { experience, refused } = experienced();
    experience.takeIn([settled({ kind: "reverted" })], at, gas, []);
    expect(refused).to.deep.equal([accountOf(1), accountOf(2)]);
    expect([...experience.waiting(at)]).to.be.empty;
  });
});

describe("what a receipt says was left out", () => {
  const topic = id("Skipped(bytes32,address,address,bytes4)");
  const receiptWith = (logs: unknown) => {
    const receipt = {
      transactionHash: id("transaction"),
      to: LIQUIDATOR.toLowerCase(),
      blockNumber: "0x7",
      status: "0x1",
      gasUsed: "0x5208",
      logs,
    };
    const probe = receiptsProbe([id("transaction")], 7);
    return probe.read([{ ok: true, result: receipt }]).get(id("transaction"))!.skipped;
  };

  it("is what the called contract logged, and nobody else", () => {
    const own = { address: LIQUIDATOR, topics: [topic, accountOf(3)] };
    expect(receiptWith([own])).to.deep.equal([accountOf(3)]);
    const others = [
      { address: stranger, topics: [topic, accountOf(4)] },
      { address: LIQUIDATOR, topics: [id("Taken()"), accountOf(5)] },
    ];
    expect(receiptWith([...others, own])).to.deep.equal([accountOf(3)]);
  });

  for (const logs of [
    undefined,
    null,
    [],
    [null],
    [{}],
    [{ address: LIQUIDATOR, topics: [topic, "0x12"] }],
    "logs",
  ]) {
    it(`K-04 is nothing in ${JSON.stringify(logs)}`, () => {
      expect(receiptWith(logs)).to.be.empty;
    });
  }
});

describe("the journal of the flash liquidator's takes", () => {
  it("K-30 keeps their kind, and reads entries from before there was one", async () => {
    const { outbox, journal, at } = await outboxBench();
    await at(1);
    const action = withItems({ ...flash(item(1)), duty: "liquidateCritical" }, () => true)!;
    expect(purposeOf(action, UNBOUND).gasKind).to.equal("flashTake");
    const call = { to: bare.oracle, data: id("record()").slice(0, 10) };
    await outbox.send([{ action, call, terms: UNBOUND }], headerAt(1));
    const entries = journal.unsettled(outbox.address);
    expect(slotsFrom(entries)[0]!.purpose.gasKind).to.equal("flashTake");
    const old = entries.map((entry) => {
      const purpose = JSON.parse(entry.action) as Record<string, unknown>;
      return { ...entry, action: JSON.stringify({ ...purpose, gasKind: undefined }) };
    });
    expect(slotsFrom(old)[0]!.purpose.gasKind).to.equal("take");
  });
});
