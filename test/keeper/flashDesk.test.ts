import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { AbiCoder, getAddress, Interface } from "ethers";
import { describe, it } from "mocha";
import { RetryableError, UserError } from "../../keeper/errors.ts";
import type { FlashConfig } from "../../keeper/flashConfig.ts";
import { FlashDesk } from "../../keeper/flashDesk.ts";
import { checkFlashLiquidator, FLASH_VIEWS_ABI } from "../../keeper/sources/flashProbes.ts";
import type { Rpc, RpcAnswer, RpcCall } from "../../keeper/sources/rpcClient.ts";
import { takeQuotesProbe } from "../../keeper/sources/takeQuotes.ts";
import { ask } from "../../keeper/sources/probe.ts";
import { encodeSwapPath } from "../../sdk/flashLiquidator.ts";
import type { AccountState } from "../../sdk/vaultTypes.ts";
import {
  addPool,
  expiredAccounts,
  loadFlashWorld,
  orderOf,
  sidesAt,
  takeMany,
  type TakenEvent,
} from "../periphery/support/flashWorld.ts";
import { createPool, deployUniswap, FEE } from "../periphery/support/uniswap.ts";
import { eventsOf } from "../vault/support/events.ts";
import { FLASH, LIQUIDATOR, QUOTE } from "./support/flashState.ts";
import { headerAt } from "./support/outboxBench.ts";
import { recordingLog } from "./support/recordingLog.ts";
import { ETHER, SETTINGS, snapshotOf, USDC } from "./support/snapshot.ts";
import { accountOf, stateOf } from "./support/state.ts";
import { rpcOf } from "./support/worldRpc.ts";

const KEEPER = getAddress("0x00000000000000000000000000000000000000ee");
const QUOTER = "0x00000000000000000000000000000000000000d1";
const DEBT = 10_000n * USDC;
const amountFor = (healthBps: bigint) => (DEBT * ETHER * healthBps) / (1_604n * USDC) / 10_000n;
const critical = stateOf(amountFor(9_100n), DEBT);
const healthy = stateOf(amountFor(13_000n), DEBT);
const callable = stateOf(amountFor(9_900n), DEBT);
const head = headerAt(100);

const CONFIG: FlashConfig = {
  ...FLASH,
  address: LIQUIDATOR,
  quoter: QUOTER,
  profitRecipient: undefined,
  quoteWithinMs: 200,
};

const QUOTER_ABI = new Interface([
  "function quoteExactInput(bytes path, uint256 amountIn) returns (uint256 amountOut, uint160[] prices, uint32[] ticks, uint256 gas)",
]);

interface Terms {
  readonly isKeeper: boolean;
  readonly profitRecipient: string;
  readonly maxSlippageBps: bigint;
}

/** An endpoint with a flash liquidator on good terms, whose pools pay 1,990 USDC an ether whatever is sold. */
function bench(
  changes: { terms?: Partial<Terms>; batch?: Rpc["batch"]; config?: Partial<FlashConfig> } = {},
) {
  const terms: Terms = { isKeeper: true, profitRecipient: KEEPER, maxSlippageBps: 300n, ...changes.terms };
  const requests: (readonly RpcCall[])[] = [];
  const answer = ({ params }: RpcCall): RpcAnswer => {
    const [{ to, data }] = params as [{ to: string; data: string }];
    if (to === LIQUIDATOR) {
      const name = FLASH_VIEWS_ABI.parseTransaction({ data })!.name;
      const result = FLASH_VIEWS_ABI.encodeFunctionResult(name, [terms[name as keyof Terms]]);
      return { ok: true, result };
    }
    const [, amount] = QUOTER_ABI.decodeFunctionData("quoteExactInput", data) as unknown as [string, bigint];
    const quote = [(amount * 1_990n * USDC) / ETHER, [1n << 96n], [0n], 90_000n];
    return { ok: true, result: QUOTER_ABI.encodeFunctionResult("quoteExactInput", quote) };
  };
  const batch = changes.batch ?? ((calls: readonly RpcCall[]) => Promise.resolve(calls.map(answer)));
  const rpc: Rpc = {
    batch: (calls) => {
      requests.push(calls);
      return batch(calls);
    },
  };
  const log = recordingLog();
  const config = { ...SETTINGS, flashLiquidator: { ...CONFIG, ...changes.config } };
  const desk = new FlashDesk({ rpc, config, keeper: KEEPER, log });
  const sceneOf = (states: readonly AccountState[]) =>
    snapshotOf(states.map((state, i) => [accountOf(i), state] as const));
  return {
    desk,
    requests,
    log,
    answer,
    look: (...states: AccountState[]) => desk.withQuotes(sceneOf(states), head),
  };
}

describe("FlashDesk", () => {
  it("asks nothing in a calm block", async () => {
    const { look, requests } = bench();
    expect((await look(healthy, callable)).flash).to.equal(undefined);
    expect(requests).to.be.empty;
  });

  it("asks everything in one request, of the block by its hash, with bounded gas", async () => {
    const { look, requests } = bench();
    const { flash } = await look(critical, healthy, critical);
    expect(requests).to.have.length(1);
    const [calls] = requests;
    // The owner's three terms and two sales.
    expect(calls).to.have.length(5);
    expect(calls!.every(({ at }) => at?.hash === head.hash)).to.be.true;
    const quotes = calls!.slice(3).map(({ params }) => params[0] as { to: string; gas: string });
    for (const { to, gas } of quotes) {
      expect(to).to.equal(QUOTER);
      expect(Number(gas)).to.be.at.most(16_777_216);
    }
    expect(flash!.maxSlippageBps).to.equal(300n);
    expect([...flash!.quotes.keys()]).to.deep.equal([accountOf(0), accountOf(2)]);
  });

  it("leaves out for a while what the flash liquidator refused, and takes it back when it has taken", async () => {
    const { desk, look, requests } = bench();
    desk.refused(accountOf(0), head.number);
    expect(desk.isRefused(accountOf(0), head.number)).to.be.true;
    expect(desk.isRefused(accountOf(0), head.number + 1)).to.be.false;
    expect(desk.isRefused(accountOf(1), head.number)).to.be.false;
    expect((await look(critical)).flash).to.equal(undefined);
    expect(requests).to.be.empty;
    desk.taken(accountOf(0), head.number);
    expect((await look(critical)).flash!.quotes.size).to.equal(1);
  });

  it("K-22 asks last about what could not be sold", async () => {
    const { desk, look } = bench();
    desk.decided([{ account: accountOf(0), duty: "liquidateCritical", reason: "swapTooDear" }]);
    expect([...(await look(critical, critical)).flash!.quotes.keys()]).to.deep.equal([1, 0].map(accountOf));
    desk.decided([{ account: accountOf(0), duty: "liquidateCritical", reason: "paused" }]);
    expect([...(await look(critical, critical)).flash!.quotes.keys()]).to.deep.equal([0, 1].map(accountOf));
  });

  it("K-01 K-02 has no quotes of an endpoint that fails or is late, and says so", async () => {
    const failing = bench({ batch: () => Promise.reject(new RetryableError("down")) });
    expect((await failing.look(critical)).flash).to.equal(undefined);
    expect(failing.log.of("quotes.failed")[0]).to.deep.include({ error: "down", takes: 1 });
    const late = bench({ batch: () => sleep(5_000, []), config: { quoteWithinMs: 20 } });
    const from = performance.now();
    expect((await late.look(critical)).flash).to.equal(undefined);
    expect(performance.now() - from).to.be.below(2_000);
    expect(late.log.of("quotes.failed")[0]!.error).to.equal("no answer within 20 ms");
  });

  it("throws what is a defect", async () => {
    const broken = bench({ batch: () => Promise.reject(new TypeError("a defect")) });
    const error: unknown = await broken.look(critical).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(TypeError);
  });

  const unusable: Record<string, [Partial<Terms>, Partial<FlashConfig>, string]> = {
    "its owner has taken the key back": [{ isKeeper: false }, {}, `its owner has not allowed ${KEEPER}`],
    "its profit goes elsewhere": [{ profitRecipient: QUOTER }, {}, "its profit goes to 0x"],
    "its profit goes elsewhere than configured": [
      {},
      { profitRecipient: QUOTE },
      `its profit goes to ${KEEPER}`,
    ],
  };
  for (const [name, [terms, config, reason]] of Object.entries(unusable)) {
    it(`uses it no more once ${name}, and says so once`, async () => {
      const { look, log } = bench({ terms, config });
      expect((await look(critical)).flash).to.equal(undefined);
      expect((await look(critical)).flash).to.equal(undefined);
      expect(log.of("flash.unusable")).to.have.length(1);
      expect(log.of("flash.unusable")[0]!.reason).to.contain(reason);
    });
  }

  it("passes on what it can, whatever one answer is (K-04)", async () => {
    const garbage: RpcAnswer[] = [
      { ok: false, code: -32000, message: "execution aborted (timeout = 5s)", data: undefined },
      { ok: false, code: 3, message: "execution reverted", data: `0x${"00".repeat(5_000)}` },
      { ok: true, result: "0x" },
      { ok: true, result: null },
      { ok: true, result: `0x${"ff".repeat(300)}` },
      { ok: true, result: AbiCoder.defaultAbiCoder().encode(["uint256"], [1n]) },
    ];
    for (const bad of garbage) {
      const good = bench();
      const { look } = bench({
        // The sale of the first alone; the second's is asked for together with it.
        batch: (calls) => Promise.resolve(calls.map((call, i) => (i === 3 ? bad : good.answer(call)))),
      });
      const { flash } = await look(critical, critical);
      expect(flash!.maxSlippageBps).to.equal(300n);
      expect(flash!.quotes.get(accountOf(0))).to.deep.equal({ sale: undefined, purchase: undefined });
    }
  });
});

describe("takeQuotesProbe", () => {
  it("gives what each take's sale brings after those before it, over the better route", async () => {
    const f = await loadFlashWorld();
    const { w, u } = f;
    const ids = await expiredAccounts(f, 3n);
    await addPool(f, 0, 1_000n);
    // Cheaper for the first, too thin for all.
    await createPool(u, w.stranger, FEE.low, ...(await sidesAt(f, 0, 600n)));
    const from = w.collaterals[0]!.address;
    const routes = [FEE.medium, FEE.low].map((fee) => {
      const route = { from, hops: [{ fee, to: w.quoteAddress }] };
      return { ...route, path: encodeSwapPath(route) };
    });
    const staticTake = (account: (typeof ids)[number]) =>
      f.liquidator.connect(f.lane).take.staticCall(orderOf(f, account, 0));
    const expected = await Promise.all(ids.map(staticTake));
    const questions = ids.map((account, i) => {
      const { seized, payment } = expected[i]!;
      return { account, asset: from, seized, payment };
    });
    const block = (await w.ethers.provider.getBlock("latest"))!;
    const at = { number: block.number, hash: block.hash! };
    const settings = { ...FLASH, routes, keepsCollateral: true };
    const [quotes] = await ask(rpcOf(f), takeQuotesProbe(u.quoterAddress, questions, settings, at));
    expect([...quotes.keys()]).to.deep.equal(ids);
    const sales = ids.map((account) => quotes.get(account)!.sale!);
    expect(sales[0]!.path).to.equal(routes[1]!.path);
    expect(sales[2]!.path).to.equal(routes[0]!.path);
    for (const account of ids) expect(quotes.get(account)!.purchase!.amount > 0n).to.be.true;
    // The real thing sells each by its route, and so gets no less.
    const orders = ids.map((account, i) => orderOf(f, account, 0, { path: sales[i]!.path }));
    const taken = (await eventsOf(
      await takeMany(f, orders),
      f.liquidator,
      "Taken",
    )) as unknown as TakenEvent[];
    for (const [i, { payment, profit }] of taken.entries()) {
      expect(payment + profit >= sales[i]!.amount - w.usd(2n)).to.be.true;
    }
    expect(taken).to.have.length(3);
  });
});

describe("checkFlashLiquidator", () => {
  async function scene() {
    const f = await loadFlashWorld();
    await addPool(f, 0, 1_000n);
    const route = { from: f.w.collaterals[0]!.address, hops: [{ fee: FEE.medium, to: f.w.quoteAddress }] };
    const config: FlashConfig = {
      ...CONFIG,
      address: f.liquidatorAddress,
      quoter: f.u.quoterAddress,
      profitRecipient: f.recipient.address,
      routes: [{ ...route, path: encodeSwapPath(route) }],
    };
    const parties = { vault: f.w.vaultAddress, quote: f.w.quoteAddress, keeper: f.lane.address };
    return { f, config, parties };
  }

  it("passes one that is this vault's and serves this key, and says on what terms", async () => {
    const { f, config, parties } = await scene();
    expect({ ...(await checkFlashLiquidator(rpcOf(f), config, parties)) }).to.deep.equal({
      isKeeper: true,
      profitRecipient: f.recipient.address,
      maxSlippageBps: 300n,
    });
  });

  type Scene = Awaited<ReturnType<typeof scene>>;
  const wrong: Record<string, (s: Scene) => [Partial<FlashConfig>, Partial<Scene["parties"]>, string]> = {
    "no code at its address": () => [
      { address: LIQUIDATOR },
      {},
      "flashLiquidator.address: there is no contract",
    ],
    "no code at the quoter's": () => [
      { quoter: LIQUIDATOR },
      {},
      "flashLiquidator.quoter: there is no contract",
    ],
    "another contract": ({ f }) => [{ address: f.w.vaultAddress }, {}, "is no flash liquidator"],
    "another vault's": ({ f }) => [
      {},
      { vault: f.liquidatorAddress },
      `is for the vault ${f.w.vaultAddress}`,
    ],
    "one that pays in another token": ({ f }) => [{}, { quote: f.liquidatorAddress }, "pays in 0x"],
    "a quoter that is none": ({ f }) => [{ quoter: f.w.vaultAddress }, {}, "does not quote the pools"],
    "a key that may not use it": ({ f }) => [
      {},
      { keeper: f.w.stranger.address },
      "its owner has not allowed",
    ],
    "a recipient that nobody named": () => [{ profitRecipient: undefined }, {}, "its profit goes to 0x"],
    "a route without its pool": ({ config }) => [
      { routes: config.routes.map((route) => ({ ...route, hops: [{ ...route.hops[0]!, fee: FEE.high }] })) },
      {},
      "flashLiquidator.routes.0: ",
    ],
  };
  for (const [name, change] of Object.entries(wrong)) {
    it(`C-66 refuses ${name} in one sentence`, async () => {
      const s = await scene();
      const [config, parties, says] = change(s);
      const check = checkFlashLiquidator(
        rpcOf(s.f),
        { ...s.config, ...config },
        { ...s.parties, ...parties },
      );
      const error: unknown = await check.catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(UserError);
      expect((error as Error).message).to.contain(says);
      expect((error as Error).message).to.not.contain("\n");
    });
  }

  it("refuses a quoter of another factory's pools", async () => {
    const { f, config, parties } = await scene();
    const other = await deployUniswap(f.w.ethers);
    const check = checkFlashLiquidator(rpcOf(f), { ...config, quoter: other.quoterAddress }, parties);
    const error: unknown = await check.catch((thrown: unknown) => thrown);
    expect((error as Error).message).to.contain("does not quote the pools");
  });

  it("K-01 leaves an endpoint that fails to be asked again", async () => {
    const { config, parties } = await scene();
    const silent: Rpc = { batch: () => Promise.reject(new RetryableError("down")) };
    const error: unknown = await checkFlashLiquidator(silent, config, parties).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(RetryableError);
  });
});
