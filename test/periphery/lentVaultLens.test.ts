import { expect } from "chai";
import { before, describe, it } from "mocha";
import { accountIdOf, type AccountId } from "../../sdk/accountId.ts";
import { findAccounts, type LogSource } from "../../sdk/findAccounts.ts";
import { lendVaultLens, lookAtAll, runtimeOf, type VaultLensHandle } from "../../sdk/vaultLens.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { VaultLens__factory } from "../../types/factories/periphery/VaultLens__factory.ts";
import { useWorld } from "../keeper/support/useWorld.ts";
import { viewsIn } from "./support/lens.ts";

describe("VaultLens without a deployment", function () {
  this.timeout(60_000);
  const bench = useWorld();
  const code = runtimeOf(VaultLens__factory.bytecode);
  let lens: VaultLensHandle;
  let ids: AccountId[];

  before(async () => {
    lens = lendVaultLens(code, bench.world.provider, bench.world.deployment);
    ids = [
      await bench.world.open(3n, 0, 10n ** 19n, 10n ** 10n),
      await bench.world.open(8n, 1, 5n * 10n ** 7n, 10n ** 10n),
      await bench.world.open(9n, 0, 10n ** 19n, 10n ** 10n),
    ];
  });

  it("is the code that its deployment would leave", async () => {
    expect(code).to.equal(
      await bench.chain.send("eth_call", { data: VaultLens__factory.bytecode }, "latest"),
    );
  });

  it("answers by its code being lent to the call, at any block, in the vault's tokens", async () => {
    const { vault } = bench.world.deployment;
    const before = await bench.world.provider.getBlockNumber();
    await bench.world.setPrice(1, 24_000);
    const [first, second] = viewsIn(await lens.look({ vault, accounts: ids }));
    expect([first!.margin.status, second!.margin.status]).to.deep.equal([Status.Healthy, Status.Callable]);
    const { reading } = second!.holdings[0]!.take;
    expect(reading.known ? "" : reading.sentence).to.match(/is Callable and cannot be liquidated/);
    const earlier = viewsIn(await lens.look({ vault, accounts: ids }, before));
    expect(earlier[1]!.margin.status).to.equal(Status.Healthy);
    await bench.world.setPrice(1, 30_000);
  });

  it("shows what the vault stands on", async () => {
    const { vault, collaterals, oracle } = bench.world.deployment;
    const seen = await lens.look({ vault, withDetails: true });
    expect(seen.vault.oracle).to.equal(oracle);
    expect(seen.details.feeds.map(({ feed }) => feed)).to.deep.equal(collaterals.map(({ feed }) => feed));
    const [{ round, maxAgeSeconds }] = seen.details.feeds as [(typeof seen.details.feeds)[number]];
    expect([round.answer, maxAgeSeconds > 0n]).to.deep.equal([2_000n * 10n ** 8n, true]);
    expect(seen.details.stops.sequencer.answer).to.equal(0n);
    expect(seen.details.volatilities[0]!.reading.known).to.be.false;
  });

  it("an owner's accounts are found by the logs, however few blocks a node answers for", async () => {
    const owner = bench.world.trader.address;
    expect(await findAccounts(bench.world.provider, bench.world.deployment, owner)).to.deep.equal(ids);
    expect(
      await findAccounts(bench.world.provider, bench.world.deployment, owner, { span: 2 }),
    ).to.deep.equal(ids);
    expect(
      await findAccounts(bench.world.provider, bench.world.deployment, bench.world.keeper.address),
    ).to.deep.equal([]);
    const early = { toBlock: bench.world.deployment.deployBlock };
    expect(await findAccounts(bench.world.provider, bench.world.deployment, owner, early)).to.deep.equal([]);
    const latest = await bench.world.provider.getBlockNumber();
    const narrow: LogSource = {
      getBlockNumber: () => Promise.resolve(latest),
      getLogs: (filter) => {
        const { fromBlock, toBlock } = filter as { fromBlock: number; toBlock: number };
        if (toBlock - fromBlock >= 5) return Promise.reject(new Error("range too wide"));
        return bench.world.provider.getLogs(filter);
      },
    };
    expect(await findAccounts(narrow, bench.world.deployment, owner)).to.deep.equal(ids);
    const mute: LogSource = { ...narrow, getLogs: () => Promise.reject(new Error("no logs here")) };
    const refused: unknown = await findAccounts(mute, bench.world.deployment, owner).catch(
      (error: unknown) => error,
    );
    expect(refused).to.have.property("message", "no logs here");
  });

  it("any number of accounts is looked at in several calls, and who was not reached once more", async () => {
    const { vault } = bench.world.deployment;
    const [first] = ids as [AccountId];
    const many = Array.from({ length: 61 }, (_, i) =>
      i % 2 === 0 ? first : accountIdOf(first.slice(0, 42), BigInt(i)),
    );
    const whole = await lookAtAll(lens, { vault, accounts: many }, { chunk: 20 });
    expect(whole.accounts.map(({ account }) => account)).to.deep.equal(many);
    expect(whole.unvalued).to.equal(0);
    let calls = 0;
    const hasty: VaultLensHandle = {
      ...lens,
      look: async (question, at) => {
        ++calls;
        const answer = await lens.look(question, at);
        const accounts = answer.accounts.map((account, i) =>
          i < 7
            ? account
            : {
                account: account.account,
                reading: { known: false, reason: "0xa4061252", sentence: "" } as const,
              },
        );
        return { ...answer, accounts };
      },
    };
    expect((await lookAtAll(hasty, { vault, accounts: many }, { chunk: 20 })).unvalued).to.equal(0);
    expect(calls).to.equal(9);
  });
});
