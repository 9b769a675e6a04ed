import { expect } from "chai";
import { Interface, Wallet, id, type ParamType } from "ethers";
import { describe, it } from "mocha";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GiveUpError, UserError } from "../../keeper/errors.ts";
import { allowListOf } from "../../keeper/executors/allowList.ts";
import { BackOff } from "../../keeper/executors/backOff.ts";
import { BlindBook } from "../../keeper/executors/blindBook.ts";
import { DeadLetters } from "../../keeper/executors/deadLetters.ts";
import {
  CONFIGURATOR_ABI,
  ORACLE_ABI,
  TOKEN_ABI,
  VAULT_ABI,
  type Targets,
} from "../../keeper/executors/encodeAction.ts";
import { Executor } from "../../keeper/executors/executor.ts";
import { firstFees, nextBaseFee } from "../../keeper/executors/fees.ts";
import type { Outbox, Parcel } from "../../keeper/executors/outbox.ts";
import { openSigner } from "../../keeper/executors/signer.ts";
import { simulate } from "../../keeper/executors/simulate.ts";
import { IMarginVault__factory } from "../../types/factories/interfaces/IMarginVault__factory.ts";
import { IRiskConfigurator__factory } from "../../types/factories/interfaces/IRiskConfigurator__factory.ts";
import { ChainlinkOracle__factory } from "../../types/factories/oracles/ChainlinkOracle__factory.ts";
import { silentLog } from "../../keeper/log.ts";
import type { Action, Duty } from "../../keeper/policy/action.ts";
import type { BlockHeader } from "../../keeper/sources/blockHeader.ts";
import type { SeenEvent } from "../../keeper/sources/follower.ts";
import { PREVIEW_ABI } from "../../keeper/sources/previewProbe.ts";
import type { Rpc, RpcCall } from "../../keeper/sources/rpcClient.ts";
import type { VaultEvent } from "../../sdk/vaultEvent.ts";
import { Refusal } from "../../sdk/vaultTypes.ts";
import { KEYS } from "./support/chain.ts";
import { UNBOUND } from "./support/outboxBench.ts";
import { accountOf } from "./support/state.ts";

const targets: Targets = {
  vault: "0x00000000000000000000000000000000000000aa",
  oracle: "0x00000000000000000000000000000000000000bb",
  configurator: "0x00000000000000000000000000000000000000dd",
  quote: "0x00000000000000000000000000000000000000cc",
  keeper: "0x00000000000000000000000000000000000000ee",
};
const stranger = "0x00000000000000000000000000000000000000ff";

const noFlash = { refused: () => undefined };

describe("the keeper's interfaces", () => {
  const compiled = [
    ["vault", VAULT_ABI, new Interface(IMarginVault__factory.abi)],
    ["vault's preview", PREVIEW_ABI, new Interface(IMarginVault__factory.abi)],
    ["oracle", ORACLE_ABI, new Interface(ChainlinkOracle__factory.abi)],
    ["configurator", CONFIGURATOR_ABI, new Interface(IRiskConfigurator__factory.abi)],
  ] as const;
  for (const [name, own, theirs] of compiled) {
    it(`of the ${name} are the compiled ones`, () => {
      own.forEachFunction((fragment) => {
        const other = theirs.getFunction(fragment.selector);
        expect(other?.name).to.equal(fragment.name);
        const types = (outputs: readonly ParamType[]) => outputs.map((output) => output.format("sighash"));
        expect(types(other?.outputs ?? [])).to.deep.equal(types(fragment.outputs));
      });
    });
  }
});

describe("allowListOf", () => {
  const list = allowListOf(targets);
  const openCalls = VAULT_ABI.encodeFunctionData("openCalls", [[]]);

  const poke = (vault: string) => CONFIGURATOR_ABI.encodeFunctionData("poke", [vault, stranger]);

  it("passes the vault's, the oracle's, an approval for the vault and a poke of its weights", () => {
    list.check({ to: targets.vault, data: openCalls });
    list.check({ to: targets.oracle, data: ORACLE_ABI.encodeFunctionData("record") });
    list.check({ to: targets.configurator, data: poke(targets.vault) });
    list.check({ to: targets.quote, data: TOKEN_ABI.encodeFunctionData("approve", [targets.vault, 1n]) });
  });

  const refused: Record<string, { to: string; data: string }> = {
    "another target": { to: stranger, data: openCalls },
    "another selector": { to: targets.vault, data: "0xa9059cbb" },
    "no selector": { to: targets.vault, data: "0x" },
    "an approval for anybody else": {
      to: targets.quote,
      data: TOKEN_ABI.encodeFunctionData("approve", [stranger, 1n]),
    },
    "a poke of another vault": { to: targets.configurator, data: poke(stranger) },
    "another function of the configurator": {
      to: targets.configurator,
      data: new Interface(IRiskConfigurator__factory.abi).encodeFunctionData("setCap", [
        targets.vault,
        stranger,
        0n,
      ]),
    },
    "a function of one contract on another": { to: targets.oracle, data: openCalls },
  };
  for (const [name, call] of Object.entries(refused)) {
    it(`K-19 K-20 refuses ${name}`, () => {
      expect(() => {
        list.check(call);
      }).to.throw(GiveUpError, "refused to sign");
    });
  }
});

describe("openSigner", () => {
  const address = new Wallet(KEYS.keeper).address;

  it("K-19 takes a key from the environment and removes it there", async () => {
    const environment: NodeJS.ProcessEnv = { KEY: KEYS.keeper, OTHER: "stays" };
    expect((await openSigner({ privateKeyEnv: "KEY" }, environment)).address).to.equal(address);
    expect(environment).to.deep.equal({ OTHER: "stays" });
  });

  it("opens an encrypted keystore with a password from a file or the environment", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tocsin-key-"));
    const keystoreFile = join(folder, "key.json");
    const passwordFile = join(folder, "password");
    writeFileSync(keystoreFile, await new Wallet(KEYS.keeper).encrypt("horse", undefined), {
      mode: 0o600,
    });
    writeFileSync(passwordFile, "horse\n", { mode: 0o600 });
    expect((await openSigner({ keystoreFile, passwordFile }, {})).address).to.equal(address);
    const byEnvironment = await openSigner({ keystoreFile, passwordEnv: "PASSWORD" }, { PASSWORD: "horse" });
    expect(byEnvironment.address).to.equal(address);
    const wrong = openSigner({ keystoreFile, passwordEnv: "PASSWORD" }, { PASSWORD: "donkey" });
    const error: unknown = await wrong.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(UserError);
    expect(String(error)).to.not.contain("donkey");
    rmSync(folder, { recursive: true });
  }).timeout(60_000);

  it("C-66 refuses a keystore or a password that others may read or change, and says what to do", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tocsin-key-"));
    const keystoreFile = join(folder, "key.json");
    const passwordFile = join(folder, "password");
    writeFileSync(keystoreFile, "{}");
    writeFileSync(passwordFile, "s3cr3t");
    const opened = (modes: readonly [number, number], credentials?: string) => {
      chmodSync(keystoreFile, modes[0]);
      chmodSync(passwordFile, modes[1]);
      const environment = credentials === undefined ? {} : { CREDENTIALS_DIRECTORY: credentials };
      return openSigner({ keystoreFile, passwordFile }, environment).catch((thrown: unknown) =>
        String(thrown),
      );
    };
    for (const mode of [0o640, 0o604, 0o620, 0o644]) {
      expect(await opened([mode, 0o600])).to.contain(`chmod 600 ${keystoreFile}`);
      expect(await opened([0o600, mode]))
        .to.contain(`chmod 600 ${passwordFile}`)
        .and.not.contain("s3cr3t");
    }
    for (const mode of [0o600, 0o400]) expect(await opened([mode, mode])).to.contain("it is no keystore");
    // systemd's access list for the service's user shows as the group's right.
    expect(await opened([0o440, 0o440], folder)).to.contain("it is no keystore");
    for (const mode of [0o444, 0o460]) expect(await opened([mode, 0o400], folder)).to.contain("chmod 600");
    expect(await opened([0o440, 0o400], join(folder, "elsewhere"))).to.contain("chmod 600");
    // Nor is the folder that it happens to work in one of credentials, where none is named.
    const before = process.cwd();
    process.chdir(folder);
    try {
      expect(await opened([0o440, 0o400], "")).to.contain("chmod 600");
    } finally {
      process.chdir(before);
    }
    rmSync(folder, { recursive: true });
  });

  it("K-19 says what is wrong without showing any of it", async () => {
    const secret = "0x1234-not-a-key";
    const error: unknown = await openSigner({ privateKeyEnv: "KEY" }, { KEY: secret }).catch(
      (e: unknown) => e,
    );
    expect(error).to.be.instanceOf(UserError);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).to.not.contain("1234");
    const unset: unknown = await openSigner({ privateKeyEnv: "KEY" }, {}).catch((e: unknown) => e);
    expect(String(unset)).to.contain("KEY is not set");
  });
});

describe("fees", () => {
  it("foresees the next block's base fee as EIP-1559 sets it", () => {
    const block = (gasUsed: bigint) => ({ baseFeePerGas: 800n, gasUsed, gasLimit: 30_000_000n });
    expect(nextBaseFee(block(15_000_000n))).to.equal(800n);
    expect(nextBaseFee(block(30_000_000n))).to.equal(900n);
    expect(nextBaseFee(block(0n))).to.equal(700n);
    expect(nextBaseFee({ ...block(30_000_000n), baseFeePerGas: 1n })).to.equal(2n);
  });

  it("never offers more than the limit, nor a tip above the offer", () => {
    const fees = firstFees(100n, { tipGwei: 500n, maxFeeGwei: 300n });
    expect(fees).to.deep.equal({ maxFeePerGas: 300n, maxPriorityFeePerGas: 300n });
  });
});

describe("BackOff", () => {
  it("K-22 leaves an account alone for 1, 2, 4, ... blocks, at most 32, and forgets when it passes", () => {
    const backOff = new BackOff();
    let block = 100;
    const pauses: number[] = [];
    for (let i = 0; i < 8; ++i) {
      backOff.refused(accountOf(1), block);
      let pause = 0;
      while (backOff.waiting(block + pause).length > 0) pause += 1;
      pauses.push(pause);
      block += pause;
    }
    expect(pauses).to.deep.equal([1, 2, 4, 8, 16, 32, 32, 32]);
    backOff.refused(accountOf(1), block);
    backOff.clear(accountOf(1));
    expect(backOff.waiting(block)).to.be.empty;
  });
});

/** `ZeroAmount()`. */
const ZERO_AMOUNT = id("ZeroAmount()").slice(0, 10);

describe("simulate", () => {
  const item = (n: number) => ({ account: accountOf(n), stake: BigInt(n), reason: "Callable" });
  const action: Action = {
    duty: "openCall",
    items: [item(1), item(2), item(3)],
    gasLimit: 1_000_000n,
    stake: 6n,
    reason: "Callable",
  };
  const answering = (refusals: readonly Refusal[]) => ({
    batch: () =>
      Promise.resolve([
        { ok: true as const, result: VAULT_ABI.encodeFunctionResult("openCalls", [refusals]) },
      ]),
  });

  it("leaves out what the vault refuses and sends the rest", async () => {
    const rpc = answering([Refusal.None, Refusal.NotCallable, Refusal.None]);
    const { call, refused, action: left } = await simulate(rpc, action, targets, 1);
    expect(refused).to.deep.equal([{ account: accountOf(2), reason: "NotCallable" }]);
    expect(left).to.deep.include({ stake: 4n, items: [item(1), item(3)] });
    const [accounts] = VAULT_ABI.decodeFunctionData("openCalls", call!.data) as unknown as [string[]];
    expect([...accounts]).to.deep.equal([accountOf(1), accountOf(3)]);
  });

  it("sends nothing when all are refused", async () => {
    const rpc = answering([Refusal.NotCallable, Refusal.NotCallable, Refusal.NotCallable]);
    expect((await simulate(rpc, action, targets, 1)).call).to.equal(undefined);
  });

  it("sends nothing when the whole reverts, and says why", async () => {
    const rpc = {
      batch: () =>
        Promise.resolve([{ ok: false as const, code: 3, message: "execution reverted", data: ZERO_AMOUNT }]),
    };
    const simulated = await simulate(rpc, action, targets, 1);
    expect(simulated.call).to.equal(undefined);
    expect(simulated.error).to.equal("ZeroAmount");
    expect(simulated.refused).to.have.length(3);
  });
});

describe("Executor", () => {
  const head = (number: number): BlockHeader => ({
    number,
    hash: id(number.toString()),
    parentHash: id((number - 1).toString()),
    timestamp: 1_000n,
    baseFeePerGas: 1n,
    gasUsed: 0n,
    gasLimit: 30_000_000n,
  });
  const item = { stake: 1n, reason: "test" };
  const batch = (duty: "openCall" | "closeCall" | "bookLoss", number: number): Action => ({
    duty,
    items: [{ account: accountOf(number), ...item }],
    gasLimit: 100_000n,
    stake: 1n,
    reason: "test",
  });

  const take = (number: number): Action => {
    const common = { stake: 1n, reason: "test" };
    const terms = { asset: targets.quote, payment: 1n, maxRepay: 1n, minSeized: 0n, gain: 1n, loss: 0n };
    return {
      duty: "liquidateCritical",
      items: [{ account: accountOf(number), ...terms, ...common }],
      gasLimit: 100_000n,
      ...common,
    };
  };

  /** An event of `name` about account `number`: what else is in it does not matter here. */
  const seen = (name: VaultEvent["name"], number: number) =>
    ({ event: { name, account: accountOf(number) }, blockNumber: 11, transactionHash: "0x" }) as SeenEvent;

  const termsOf = () => UNBOUND;
  const noDeadLetters = {
    setDeadLetter: () => undefined,
    removeDeadLetter: () => undefined,
    deadLetters: () => [],
  };

  /** What happened in order: `simulate` for an eth_call, a duty for each parcel sent. */
  function bench(refusal: Refusal = Refusal.None, newest = "0xa") {
    const events: (Duty | "simulate")[] = [];
    const rpc = {
      batch: ([call]: readonly RpcCall[]) => {
        if (call?.method === "eth_blockNumber") return Promise.resolve([{ ok: true, result: newest }]);
        events.push("simulate");
        const [{ data }] = call?.params as [{ data: string }];
        const name = VAULT_ABI.parseTransaction({ data })?.name ?? "";
        const answer = name === "liquidate" ? [1n, 0n, 1n] : [[refusal]];
        const result = VAULT_ABI.encodeFunctionResult(name, answer);
        return Promise.resolve([{ ok: true, result }]);
      },
    } as unknown as Rpc;
    const outbox = {
      send: (parcels: readonly Parcel[]) => {
        events.push(...parcels.map(({ action }) => action.duty));
        return Promise.resolve(parcels.length);
      },
    } as unknown as Outbox;
    const deadLetters = new DeadLetters(noDeadLetters, silentLog);
    const blindBook = new BlindBook();
    const executor = new Executor({
      rpc,
      targets,
      outboxFor: () => outbox,
      deadLetters,
      blindBook,
      flashDesk: noFlash,
      log: silentLog,
    });
    return { events, executor, blindBook };
  }

  it("sends calls ahead of what is simulated, and does not simulate them (K-23)", async () => {
    const { events, executor } = bench();
    const sent = await executor.execute([batch("bookLoss", 1), batch("openCall", 2)], head(10), termsOf);
    expect(events).to.deep.equal(["openCall", "simulate", "bookLoss"]);
    expect(sent).to.equal(2);
  });

  it("simulates one that comes again within sixteen blocks, so that a refusal does not cost gas for ever (K-22)", async () => {
    const { events, executor } = bench(Refusal.Paused);
    await executor.execute([batch("openCall", 1)], head(10), termsOf);
    await executor.execute([batch("openCall", 1)], head(12), termsOf);
    expect(events).to.deep.equal(["openCall", "simulate"]);
    await executor.execute([batch("openCall", 1)], head(26), termsOf);
    expect(events).to.deep.equal(["openCall", "simulate", "openCall"]);
  });

  it("sends one that comes again blindly where the vault's logs say that it worked: called, cured and fallen again (K-22, K-23)", async () => {
    const { events, executor, blindBook } = bench();
    await executor.execute([batch("openCall", 1)], head(10), termsOf);
    blindBook.seen([seen("Liquidated", 1), seen("MarginCallOpened", 2), seen("Repaid", 1)]);
    await executor.execute([batch("openCall", 1)], head(12), termsOf);
    expect(events).to.deep.equal(["openCall", "simulate", "openCall"]);
    for (const name of ["MarginCallOpened", "MarginCallClosed"] as const) {
      events.length = 0;
      blindBook.seen([seen(name, 1)]);
      await executor.execute([batch("openCall", 1)], head(13), termsOf);
      expect(events, name).to.deep.equal(["openCall"]);
    }
  });

  it("takes a liquidation in the vault's logs for one that worked, and no other event (K-22)", () => {
    const { blindBook } = bench();
    blindBook.sent(take(1), 10);
    const mayGo = () => blindBook.mayGoBlind(accountOf(1), "liquidateCritical", 11);
    blindBook.seen([seen("MarginCallOpened", 1), seen("BadDebtRealized", 1), seen("Liquidated", 2)]);
    expect(mayGo()).to.equal(false);
    blindBook.seen([seen("Liquidated", 1)]);
    expect(mayGo()).to.equal(true);
  });

  it("lets one that has to be simulated hold up no other notice, nor a liquidation any notice (K-22, K-23)", async () => {
    const { events, executor } = bench(Refusal.None, "0xb");
    await executor.execute([batch("bookLoss", 9), take(1), batch("openCall", 2)], head(10), termsOf);
    expect(events).to.deep.equal(["openCall", "simulate", "bookLoss", "liquidateCritical"]);
    events.length = 0;
    const items = [1, 2].map((n) => ({ ...item, account: accountOf(n) }));
    const both: Action = { duty: "openCall", items, gasLimit: 100_000n, ...item };
    // The first was liquidated blindly and is callable now; the second was called blindly.
    await executor.execute([both], head(11), termsOf);
    expect(events).to.deep.equal(["openCall", "simulate", "openCall"]);
  });

  it("stops between two actions once there is a newer block, whose state is decided upon anew", async () => {
    const actions = [batch("bookLoss", 1), batch("bookLoss", 2)];
    const { events, executor } = bench(Refusal.None, "0xb");
    expect(await executor.execute(actions, head(10), termsOf)).to.equal(1);
    expect(events).to.deep.equal(["simulate", "bookLoss"]);
    const calm = bench();
    expect(await calm.executor.execute(actions, head(10), termsOf)).to.equal(2);
  });

  it("sends the liquidations that a newer block overtakes, unsimulated and once in sixteen blocks (K-22, K-23)", async () => {
    const actions = [take(1), take(2), batch("bookLoss", 3), take(4)];
    const { events, executor } = bench(Refusal.None, "0xb");
    expect(await executor.execute(actions, head(10), termsOf)).to.equal(3);
    const takes = new Array<Duty>(3).fill("liquidateCritical");
    expect(events).to.deep.equal(["simulate", ...takes]);
    // Whatever became of them: the same accounts are simulated when they come again.
    events.length = 0;
    expect(await executor.execute([take(1), take(2)], head(10), termsOf)).to.equal(1);
    expect(events).to.deep.equal(["simulate", "liquidateCritical"]);
  });
});
