import { expect } from "chai";
import type { AccountId } from "../../sdk/accountId.ts";
import type { AccountSeen, AccountView } from "../../sdk/lensAnswer.ts";
import { connectVaultLens } from "../../sdk/vaultLens.ts";
import { Status } from "../../sdk/vaultTypes.ts";
import { openPosition, setPrice } from "../vault/support/position.ts";
import {
  CALL_GAS,
  loadLensWorld,
  look,
  onlyView,
  openAccounts,
  price36Of,
  setPrice36,
  viewsIn,
  type LensWorld,
} from "./support/lens.ts";

describe("VaultLens: with the gas of a call (C-63)", () => {
  const AMOUNTS = [10n ** 18n, 10n ** 6n, 100n * 10n ** 18n];

  async function loadCrowd(count: number) {
    const w = await loadLensWorld({ collateralCount: 3 });
    const ids = await openAccounts(w, count, { amounts: AMOUNTS, debt: w.usd(1_800n) });
    return { w, ids };
  }

  const lookWith = async (w: LensWorld, accounts: AccountId[], gasLimit: bigint) => {
    const provider = {
      provider: w.ethers.provider,
      call: (tx: object) => w.ethers.provider.call({ ...tx, gasLimit }),
    };
    return connectVaultLens(w.lensAddress, provider).look({ vault: w.vaultAddress, accounts });
  };

  it("100 accounts of three collaterals fit 2^24, and 40 that are to be liquidated (I-43)", async () => {
    const { w, ids } = await loadCrowd(100);
    await w.configurator.setOracle(w.vault, w.oracle);
    for (const [price, status, count] of [
      ["2000", Status.Warned, 100],
      ["1800", Status.Callable, 100],
      ["1600", Status.Critical, 40],
    ] as const) {
      await setPrice(w.collaterals[0]!, price);
      const accounts = viewsIn(await lookWith(w, ids.slice(0, count), CALL_GAS));
      expect(accounts.filter(({ valuation }) => valuation.known).length, price).to.equal(count);
      const takes = accounts.flatMap(({ holdings }) => holdings.map(({ take }) => take.reading));
      expect(takes.filter(({ known }) => known).length).to.equal(status === Status.Critical ? 3 * count : 0);
      expect(new Set(accounts.map(({ margin }) => margin.status))).to.deep.equal(new Set([status]));
    }
    // All of them at once: some are not reached, and say so.
    const { accounts, unvalued } = await lookWith(w, ids, CALL_GAS);
    expect(accounts).to.have.length(100);
    expect(unvalued).to.be.within(1, 60);
  });

  it("with less it says of the rest that it was not reached, and nothing else changes", async () => {
    const { w, ids } = await loadCrowd(40);
    await setPrice36(w, 0, price36Of(w, 0, 1_600n));
    const all = viewsIn(await lookWith(w, ids, CALL_GAS));
    let part = 0;
    for (let gas = 800_000n; gas < CALL_GAS; gas += 400_003n) {
      const seen = await lookWith(w, ids, gas);
      if (seen.unvalued > 0 && seen.unvalued < 40) ++part;
      for (const [i, account] of seen.accounts.entries()) expectNothingWrong(account, all[i]!);
    }
    expect(part).to.be.greaterThan(20);
  });

  function expectNothingWrong(seen: AccountSeen, whole: AccountView): void {
    expect(seen.account).to.equal(whole.account);
    if (!("valuation" in seen && seen.valuation.known)) return;
    expect({ ...seen, holdings: [] }).to.deep.equal({ ...whole, holdings: [] });
    for (const [j, { take, ...holding }] of seen.holdings.entries()) {
      const { take: wholeTake, ...wholeHolding } = whole.holdings[j]!;
      expect(holding).to.deep.equal(wholeHolding);
      // A take that ran out of gas has no reason; it is not said to be refused.
      if (take.reading.known || take.reading.reason !== "0x") expect(take).to.deep.equal(wholeTake);
    }
  }

  it("of more than 300 accounts, it shows 300", async () => {
    const w = await loadLensWorld();
    const id = await openPosition(w);
    const { accounts } = await look(w, { accounts: Array<AccountId>(320).fill(id) });
    expect(accounts).to.have.length(300);
    expect(onlyView({ accounts }).valuation.known).to.be.true;
    const last = accounts.at(-1)!.reading;
    expect(last.known ? "" : last.sentence).to.match(/ask for this by itself/);
  });
});
