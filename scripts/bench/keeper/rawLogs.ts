import { Interface, zeroPadValue } from "ethers";
import { ownerOf } from "../../../sdk/accountId.ts";
import { INITIAL_INDEX, toDebtUp } from "../../../sdk/debtMath.ts";
import type { RawLog } from "../../../sdk/logReader.ts";
import { VAULT_EVENT_TOPICS } from "../../../sdk/vaultEvents.ts";
import { IMarginVault__factory } from "../../../types/factories/interfaces/IMarginVault__factory.ts";
import { assetOf, BENCH_COLLATERALS } from "./market.ts";
import type { BenchAccount } from "./population.ts";

/** Logs that an endpoint answers at once. */
export const PAGE_LOGS = 10_000;

const ACTOR = zeroPadValue("0x00000000000000000000000000000000000000dd", 32);
const abi = new Interface(IMarginVault__factory.abi);

/** The logs of a vault in which `accounts` have opened, as an endpoint answers them: hex, page by page, in order. */
export function* rawLogPages(accounts: Iterable<BenchAccount>): Generator<RawLog[]> {
  let page: RawLog[] = listings();
  for (const account of accounts) {
    page.push(...logsOf(account));
    if (page.length < PAGE_LOGS) continue;
    yield page;
    page = [];
  }
  yield page;
}

function listings(): RawLog[] {
  return BENCH_COLLATERALS.map((collateral, number) => {
    const { initialBps, maintenanceBps, liquidationBps, maxDiscountBps } = collateral;
    const terms = [initialBps, maintenanceBps, liquidationBps, maxDiscountBps, 2n ** 128n - 1n];
    return abi.encodeEventLog("CollateralListed", [assetOf(number), number, terms]);
  });
}

/** Encoded by hand where there are millions of them: a general encoder would take longer than what is measured. */
function logsOf({ id, holdings, debtShares, call }: BenchAccount): RawLog[] {
  const owner = `0x${id.slice(2, 42).padStart(64, "0")}`;
  const topics = (name: keyof typeof VAULT_EVENT_TOPICS) => [VAULT_EVENT_TOPICS[name], id, owner, ACTOR];
  const logs: RawLog[] = holdings.map(({ number, amount }) => ({
    topics: topics("CollateralDeposited"),
    data: `0x${assetOf(number).slice(2).padStart(64, "0")}${word(amount)}${word(amount)}`,
  }));
  const debt = toDebtUp(debtShares, INITIAL_INDEX);
  if (debtShares !== 0n) {
    const data = `0x${word(debt)}${owner.slice(2)}${word(debtShares)}${word(debt)}`;
    logs.push({ topics: topics("Borrowed"), data });
  }
  if (call !== undefined) {
    const { calledAt, deadline } = call;
    const level = 1_020_000_000_000_000_000n;
    const notice = [1, false, calledAt, deadline, 0, debtShares, debt, level, debt, 0, [], []];
    const encoded = abi.encodeEventLog("MarginCallOpened", [id, ownerOf(id), ownerOf(id), notice]);
    logs.push(encoded);
  }
  return logs;
}

function word(value: bigint): string {
  return value.toString(16).padStart(64, "0");
}
