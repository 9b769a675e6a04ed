import { expect } from "chai";
import { describe, it } from "mocha";
import { Auditor } from "../../keeper/audit/auditor.ts";
import { comparePool, type StoredPool } from "../../keeper/audit/compareVault.ts";
import { Book } from "../../keeper/book/book.ts";
import { applyEvent, BookError } from "../../keeper/book/applyEvent.ts";
import { NEW_ACCOUNT, NEW_VAULT } from "../../keeper/book/vaultRecord.ts";
import { silentLog } from "../../keeper/log.ts";
import { Follower } from "../../keeper/sources/follower.ts";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { ratesOf } from "../../sdk/deployment.ts";
import { debtIndexAt } from "../../sdk/interest.ts";
import { decodeVaultEvent } from "../../sdk/vaultEvents.ts";
import { rangeLogsProbe } from "../../keeper/sources/chainReader.ts";
import { ask } from "../../keeper/sources/probe.ts";
import type { Chain } from "./support/chain.ts";
import { recordingLog } from "./support/recordingLog.ts";
import { useWorld } from "./support/useWorld.ts";
import { randomOf } from "./support/random.ts";
import { accountOf, stateOf } from "./support/state.ts";
import { ASSET, VAULT } from "./support/vaultLogs.ts";
import { PRICES, type World } from "./support/world.ts";

const USDC = 10n ** 6n;
const ACCOUNTS = 12;
const MAX = 2n ** 256n - 1n;
/** Code in place of the rate model's: `mstore(0, 0) return(0, 32)` and `revert(0, 0)`. */
const RATE_OF_ZERO = "0x5f5f5260205ff3";
const REVERTS = "0x5f5ffd";

function follow(chain: Chain, world: World, book: Book, logRangeBlocks = 1_000): Follower {
  const listener = { applied: () => undefined, rolledBack: () => undefined };
  const { deployBlock } = world.deployment;
  return new Follower({ rpc: chain.rpc, book, deployBlock, logRangeBlocks, listener, log: silentLog });
}

async function expectStored(world: World, book: Book, id: AccountId): Promise<void> {
  const { vault, deployment } = world;
  const state = book.account(id) ?? NEW_ACCOUNT;
  const stored = (await vault.getFunction("accountState").staticCall(id)) as bigint[];
  const { collateralSet, callNonce, calledAt, deadline, auctionStart, closedLateAt, debtShares } = state;
  const mirrored = [
    BigInt(collateralSet),
    BigInt(callNonce),
    calledAt,
    deadline,
    auctionStart,
    closedLateAt,
    debtShares,
  ];
  expect(mirrored, id).to.deep.equal([...stored]);
  for (const { number, address } of deployment.collaterals) {
    const held: unknown = await vault.getFunction("collateralOf").staticCall(id, address);
    expect(state.collateral[number], `${id} holds of ${number}`).to.equal(held);
  }
}

describe("Book on a chain", () => {
  const bench = useWorld();
  /** Beyond those of the random acts. */
  let nextSubAccount = 1_000n;

  /** One random thing a trader, a lender or a keeper may do; what the vault refuses is passed over. */
  async function actRandomly(pick: (below: number) => number): Promise<void> {
    const { vault, tokens, trader } = bench.world;
    const act: World["act"] = (...args) => bench.world.act(...args);
    const id = accountIdOf(trader.address, BigInt(pick(ACCOUNTS)));
    const all = Array.from({ length: ACCOUNTS }, (_, i) => accountIdOf(trader.address, BigInt(i)));
    const number = pick(2);
    const asset = await tokens[number]!.getAddress();
    const amount = BigInt(1 + pick(20)) * 10n ** (number === 0 ? 17n : 6n);
    const quote = BigInt(100 + pick(3_000)) * USDC;
    const setPrice = (of: number, share: number) => bench.world.setPrice(of, PRICES[of]! * share);
    /** Both prices fall, somebody acts, and they rise again. */
    const fall = async (share: number, name: string) => {
      for (const each of [0, 1]) await setPrice(each, share);
      await act(vault, name, all);
      for (const each of [0, 1]) await setPrice(each, share < 0.5 ? 1 : share);
    };
    /** Borrows all that one more deposit allows. */
    const lever = async () => {
      await setPrice(number, 1);
      await act(vault, "repay", id, MAX).catch(() => undefined);
      await act(vault, "depositCollateral", id, asset, amount);
      const worth = (amount * BigInt(PRICES[number]!) * USDC) / 10n ** (number === 0 ? 18n : 8n);
      await act(vault, "borrow", id, (worth * 75n) / 100n, trader.address);
    };
    const actions: (() => Promise<unknown>)[] = [
      () => act(vault, "depositCollateral", id, asset, amount),
      () => act(vault, "depositCollateral", id, asset, amount),
      () => act(vault, "withdrawCollateral", id, asset, pick(3) === 0 ? MAX : amount, trader.address),
      () => act(vault, "borrow", id, quote, trader.address),
      () => act(vault, "borrow", id, quote, trader.address),
      () => act(vault, "repay", id, pick(4) === 0 ? MAX : quote),
      () => act(vault, "cure", id, MAX),
      () => act(vault, "openCalls", all),
      () => act(vault, "closeCalls", all),
      () => act(vault, "bookLoss", all),
      () => act(vault, "bookFee"),
      () => act(vault, "accrue"),
      () => act(vault, "deposit", quote, trader.address),
      () => act(vault, "withdraw", quote, trader.address, trader.address),
      () =>
        act(
          vault,
          "liquidateMany",
          all.map((account) => [account, asset, MAX >> 64n, 0n]),
          trader.address,
        ),
      () => act(vault, "liquidate", id, asset, quote, 0n, trader.address, "0x"),
      () => setPrice(number, 0.3 + pick(90) / 100),
      lever,
      lever,
      lever,
      () => fall(0.87 + pick(8) / 100, "openCalls"),
      () => fall(0.87 + pick(8) / 100, "openCalls"),
      () => fall(0.0001, "bookLoss"),
      () => setPrice(number, 0.75 + pick(40) / 100),
    ];
    await actions[pick(actions.length)]!().catch(() => undefined);
    if (pick(3) === 0) await bench.chain.send("evm_increaseTime", 1 + pick(4_000));
  }

  it("I-44 is not at odds with a contract that accrued without debt, of which no log tells", async () => {
    const { chain, world } = bench;
    const book = new Book(world.deployment.vault);
    const follower = follow(chain, world, book);
    await chain.send("evm_increaseTime", 4_000);
    await world.act(world.vault, "accrue");
    await follower.advance();
    expect((await storedPool()).accruedAt).to.equal(book.head?.timestamp);
    await expectVaultStored(book);
  });

  for (const [name, code] of [
    ["at a rate of zero", RATE_OF_ZERO],
    ["with a model that reverts", REVERTS],
  ] as const) {
    for (const move of ["a withdrawal with debt", "a deposit into an open call"] as const) {
      it(`I-44 is storage where nothing grows ${name}, after ${move}, and once it grows again`, async () => {
        const { chain, world } = bench;
        const { vault, tokens, trader, deployment } = world;
        const [weth, wbtc] = await Promise.all(tokens.map((token) => token.getAddress()));
        const model = (await vault.getFunction("interestRateModel").staticCall()) as string;
        const kinked = await chain.send<string>("eth_getCode", model, "latest");
        for (const number of [0, 1]) await world.setPrice(number, PRICES[number]!);
        const id = await world.open(nextSubAccount++, 0, 10n ** 18n, 1_500n * USDC);
        const other = accountIdOf(trader.address, nextSubAccount++);
        const followed = new Book(deployment.vault);
        const follower = follow(chain, world, followed);
        await follower.advance();
        await chain.send("hardhat_setCode", model, code);
        if (move === "a withdrawal with debt") {
          await world.act(vault, "depositCollateral", id, wbtc, 10n ** 7n);
          await chain.send("evm_increaseTime", 5_000);
          await world.act(vault, "withdrawCollateral", id, wbtc, 10n ** 6n, trader.address);
        } else {
          await world.setPrice(0, PRICES[0] * 0.9);
          await world.act(vault, "openCall", id);
          await chain.send("evm_increaseTime", 5_000);
          await world.act(vault, "depositCollateral", id, weth, 10n ** 15n);
        }
        const { accruedAt } = await storedPool();
        // Neither accrues: no debt, no call.
        await chain.send("evm_increaseTime", 5_000);
        await world.act(vault, "depositCollateral", other, weth, 2n);
        await world.act(vault, "withdrawCollateral", other, weth, 1n, trader.address);
        await follower.advance();
        expect((await storedPool()).accruedAt)
          .to.equal(accruedAt)
          .and.equal(followed.vault.pool.accruedAt);
        await chain.send("hardhat_setCode", model, kinked);
        await chain.mine(3_000);
        await follower.advance();
        await expectVaultStored(followed);
        await expectStored(world, followed, id);

        for (let i = 0; i < 80; ++i) await chain.mine();
        for (const range of [1_000, 50, 3]) {
          const rebuilt = new Book(deployment.vault);
          await follow(chain, world, rebuilt, range).advance();
          expect(rebuilt.vault, `in ranges of ${range}`).to.deep.equal(followed.vault);
          await expectVaultStored(rebuilt);
        }
      }).timeout(60_000);
    }
  }

  it("I-44 takes over, without a page, the time of an accrual with debt of which no log tells", async () => {
    const { chain, world } = bench;
    const { vault, deployment } = world;
    const model = (await vault.getFunction("interestRateModel").staticCall()) as string;
    const kinked = await chain.send<string>("eth_getCode", model, "latest");
    await world.setPrice(0, PRICES[0]);
    await world.open(nextSubAccount++, 0, 10n ** 18n, 1_000n * USDC);
    const book = new Book(deployment.vault);
    const follower = follow(chain, world, book);
    await chain.send("hardhat_setCode", model, RATE_OF_ZERO);
    await world.act(vault, "accrue");
    await chain.send("evm_increaseTime", 4_000);
    await world.act(vault, "accrue");
    await chain.send("hardhat_setCode", model, kinked);
    await follower.advance();
    const log = recordingLog();
    const audit = async () => {
      const seen = { ...(await storedPool()), collateralTotals: [], accounts: new Map<never, never>() };
      // Without accounts to value the moment does not matter.
      return new Auditor(log).audit(book, seen, undefined as never);
    };
    expect(book.vault.pool.accruedAt < (await storedPool()).accruedAt).to.equal(true);
    expect((await audit())?.vault?.pool).to.deep.equal(book.vault.pool);
    await expectVaultStored(book);
    expect(await audit()).to.equal(undefined);
    expect(log.lines).to.be.empty;

    // What the book has too late, or with another index, is an error.
    const { accruedAt, debtIndex } = book.vault.pool;
    for (const wrong of [
      { accruedAt: accruedAt + 1n },
      { accruedAt: accruedAt - 1n, debtIndex: debtIndex + 1n },
    ]) {
      book.repair([], wrong);
      expect((await audit())?.vault?.pool).to.deep.include({ accruedAt, debtIndex });
    }
    expect(log.of("audit.poolDifferent").map(({ field }) => field)).to.deep.equal(["accruedAt", "debtIndex"]);
  });

  for (const seed of [1, 2, 3]) {
    it(`I-44 is storage, to the wei, after 150 random acts (seed ${seed}), followed or rebuilt at once`, async () => {
      const pick = randomOf(seed);
      const followed = new Book(bench.world.deployment.vault);
      const follower = follow(bench.chain, bench.world, followed);
      for (let i = 0; i < 150; ++i) {
        await actRandomly(pick);
        if (pick(10) === 0) await follower.advance();
      }
      await follower.advance();
      const rebuilt = new Book(bench.world.deployment.vault);
      await follow(bench.chain, bench.world, rebuilt, 50).advance();
      expect(rebuilt.vault).to.deep.equal(followed.vault);
      expect(new Map([...rebuilt.entries()].sort())).to.deep.equal(new Map([...followed.entries()].sort()));

      const insurance = accountIdOf(bench.world.deployment.vault);
      for (const id of new Set([...[...followed.entries()].map(([id]) => id), insurance]))
        await expectStored(bench.world, followed, id);
      await expectVaultStored(followed);

      // When nothing has happened lately, everything comes out of ranges.
      for (let i = 0; i < 80; ++i) await bench.chain.mine();
      const later = new Book(bench.world.deployment.vault);
      await follow(bench.chain, bench.world, later, 50).advance();
      expect(later.vault).to.deep.equal(followed.vault);
      await expectVaultStored(later);
    }).timeout(120_000);
  }

  it("I-44 saw every kind of event that changes an account", async () => {
    const { deployBlock, vault } = bench.world.deployment;
    const head = Number(await bench.chain.send<string>("eth_blockNumber"));
    const [logs] = await ask(bench.chain.rpc, rangeLogsProbe(vault, deployBlock, head));
    const seen = new Set(logs.map((log) => decodeVaultEvent(log)?.name));
    expect([...seen]).to.include.members([
      "CollateralDeposited",
      "CollateralWithdrawn",
      "Borrowed",
      "Repaid",
      "MarginCallOpened",
      "MarginCallClosed",
      "Liquidated",
      "BadDebtRealized",
      "CollateralForfeited",
      "InterestAccrued",
      "FeeBooked",
    ]);
  });

  async function storedPool(): Promise<StoredPool> {
    const pool = (await bench.world.vault.getFunction("pool").staticCall()) as { toObject(): StoredPool };
    return pool.toObject();
  }

  async function expectVaultStored(book: Book): Promise<void> {
    const { vault, deployment } = bench.world;
    expect(comparePool(book.vault.pool, await storedPool())).to.deep.equal({ kind: "equal" });
    const index: unknown = await vault.getFunction("currentDebtIndex").staticCall();
    const head = await bench.chain.send<{ timestamp: string }>("eth_getBlockByNumber", "latest", false);
    expect(debtIndexAt(book.vault.pool, BigInt(head.timestamp), ratesOf(deployment))).to.equal(index);
    expect(book.vault.oracle).to.equal(deployment.oracle);
    const risk = (await vault.getFunction("riskTerms").staticCall()) as { toObject(): unknown };
    expect(book.vault.risk).to.deep.equal(risk.toObject());
    for (const [number, terms] of book.vault.collaterals.entries()) {
      const [asset, stored] = (await vault.getFunction("collateralAt").staticCall(number)) as [
        string,
        { toObject(): object },
      ];
      expect(terms).to.deep.equal({ asset, ...stored.toObject() });
    }
  }
});

describe("comparePool", () => {
  const pool = { ...NEW_VAULT.pool, cash: 5n, totalDebtShares: 7n, accruedAt: 100n };

  it("finds every field that differs, also since when interest runs", () => {
    expect(comparePool(pool, pool)).to.deep.equal({ kind: "equal" });
    for (const field of ["cash", "debtIndex", "totalDebtShares", "unbookedFee", "accruedAt"] as const) {
      const [mirror, contract] = [pool[field], pool[field] + 1n];
      const verdict = comparePool(pool, { ...pool, [field]: contract });
      expect(verdict).to.deep.equal({ kind: "different", field, mirror, contract });
    }
  });

  it("does not ask since when it runs where nobody owes anything", () => {
    const idle = { ...pool, totalDebtShares: 0n };
    expect(comparePool(idle, { ...idle, accruedAt: 900n }).kind).to.equal("equal");
    expect(comparePool(pool, { ...idle, accruedAt: 900n })).to.include({ field: "totalDebtShares" });
    expect(comparePool(idle, { ...idle, accruedAt: 900n, cash: 6n })).to.include({ field: "cash" });
  });
});

describe("applyEvent", () => {
  const terms = { initialBps: 1n, maintenanceBps: 2n, liquidationBps: 3n, maxDiscountBps: 4n, cap: 5n };
  const view = {
    vaultAddress: VAULT,
    vault: { ...NEW_VAULT, collaterals: [{ asset: ASSET, ...terms }] },
    account: () => stateOf(7n, 9n),
  };
  const deposit = {
    name: "CollateralDeposited",
    account: accountOf(1),
    owner: VAULT,
    actor: VAULT,
    asset: ASSET,
    amount: 1n,
    balance: 8n,
  } as const;

  it("changes nothing it was given, and is the same when applied twice", () => {
    const given = view.account();
    const once = applyEvent({ ...view, account: () => given }, deposit, 5n);
    expect(given).to.deep.equal(view.account());
    const state = once.accounts[0]?.[1];
    const twice = applyEvent({ ...view, account: () => state }, deposit, 5n);
    expect(twice.accounts).to.deep.equal(once.accounts);
  });

  it("refuses an asset that was never listed", () => {
    expect(() => applyEvent({ ...view, vault: NEW_VAULT }, deposit, 5n)).to.throw(BookError, ASSET);
  });

  it("leaves the book as it was when a log of the block cannot be applied", () => {
    const book = new Book(VAULT);
    const block = { number: 1, hash: "0x1", timestamp: 5n };
    const listed = { name: "CollateralListed", asset: ASSET, index: 0, terms } as const;
    expect(() => book.apply(block, [listed, deposit, { ...deposit, asset: VAULT }])).to.throw(BookError);
    expect(book.head).to.equal(undefined);
    expect(book.size).to.equal(0);
    expect(book.vault).to.equal(NEW_VAULT);
  });
});
