import { format } from "prettier";
import { formatUnits, type Contract, type ContractTransactionReceipt } from "ethers";
import { auctionDiscountWad } from "../../sdk/auctionMath.ts";
import { graceSeconds } from "../../sdk/callClock.ts";
import {
  cureBySaleUp,
  cureDepositUp,
  cureRepayUp,
  shortfallUp,
  type Valuation,
} from "../../sdk/healthMath.ts";
import { decodeVaultEvent } from "../../sdk/vaultEvents.ts";
import type { VaultEventArguments, VaultEventName } from "../../sdk/vaultEvent.ts";
import { statusName } from "../../sdk/vaultTypes.ts";
import { actingAs, send, setMarginCallScene, type Scene } from "./marginCallScene.ts";

const HOUR = 3_600;
const MINUTE = 60;
const FEED = 10n ** 8n;
const MAX = 2n ** 256n - 1n;

interface MarginAnswer extends Valuation {
  readonly healthWad: bigint;
  readonly floorHealthWad: bigint;
  readonly shortfall: bigint;
  readonly status: bigint;
}

/**
 * Plays a margin call on a chain of its own and writes it down, every number as the contract gave it.
 * Throws when a formula, worked by the SDK, gives another number than the chain.
 */
export async function writeMarginCallPage(): Promise<string> {
  const scene = await setMarginCallScene();
  const parts = [
    introduction(),
    await position(scene),
    await fall(scene),
    await theCall(scene),
    await answers(scene),
    await auction(scene),
  ];
  return format(parts.join("\n\n"), { parser: "markdown" });
}

function introduction(): string {
  return `# A margin call, worked through

This page is written by \`npm run docs:margin-call\`, which plays the scene on a chain and writes down what the contract
answers; a test plays it again and compares. Amounts in USDC (6 decimals) and WETH (18). The vault's terms: initial weight
76 %, maintenance 80.2 %, liquidation 87.4 %, deepest discount 8 %, grace 15 min to 4 h, auction 60 min with a ramp of
30 min, minimum debt 100 USDC. What the formulas mean is on the design's own page; here they meet numbers.`;
}

async function position(scene: Scene): Promise<string> {
  return `## 09:00 The position

A trader deposits 10 WETH at 1,900 USDC and borrows 14,000 USDC.

${marginTable(await marginOf(scene))}`;
}

async function fall(scene: Scene): Promise<string> {
  await scene.at(10 * HOUR);
  await send(scene.feed, "push", 1_700n * FEED);
  const margin = await marginOf(scene);
  expectEqual("shortfall", shortfallUp(margin), margin.shortfall);
  return `## 10:00 The price falls to 1,700

${marginTable(margin)}

The health factor is below 1, so anyone may open a call. The floor health is above 1: nothing may be sold yet.`;
}

async function theCall(scene: Scene): Promise<string> {
  const before = await marginOf(scene);
  await scene.at(10 * HOUR + 12);
  const receipt = await send(connected(scene, "liquidator"), "openCall", scene.account);
  const { notice } = eventOf(receipt, "MarginCallOpened");
  const after = await marginOf(scene);
  const { minGraceSeconds, maxGraceSeconds } = scene.plan.riskTerms;
  const grace = graceSeconds(after, BigInt(minGraceSeconds), BigInt(maxGraceSeconds));
  expectEqual("grace", grace, notice.deadline - notice.calledAt);
  const shortfall = shortfallUp(after);
  expectEqual("repay amount", cureRepayUp(shortfall, after.debt), notice.repayAmount);
  const [price36 = 0n] = notice.prices36;
  const [deposit = 0n] = notice.depositAmounts;
  expectEqual("deposit amount", cureDepositUp(shortfall, 8_020n, price36), deposit);
  const unused =
    (Number(after.liquidationValue - after.debt) / Number(after.liquidationValue - after.maintenanceValue)) *
    (Number(after.maintenanceValue) / Number(after.debt));

  return `## 10:00:12 The call

A keeper calls \`openCall\`. Its bounty, the smaller of 5 USDC and 0.1 % of the debt, is ${usdc(notice.bounty)}: it is added to
the debt (${usdc(before.debt)} before, ${usdc(after.debt)} after, ${secondsOfInterest(before, after, notice.bounty)}) and paid to the keeper in vault shares.

**The deadline.** The share of the band between call and floor that is still unused is

    b = (A_l - D) * A_m / (D * (A_l - A_m))
      = (${usdc(after.liquidationValue)} - ${usdc(after.debt)}) * ${usdc(after.maintenanceValue)} / (${usdc(after.debt)} * (${usdc(after.liquidationValue)} - ${usdc(after.maintenanceValue)}))
      = ${unused.toFixed(4)}

    grace = max(15 min, 4 h * b^2) = ${duration(grace)}

so the deadline is **${clock(10 * HOUR + 12 + Number(grace))}**.

**The amounts.** The maintenance value missing to the cure level, K = 1.02, is

    S = K * D - A_m = 1.02 * ${usdc(after.debt)} - ${usdc(after.maintenanceValue)} = ${usdc(shortfall)}

| what cures | amount | formula |
| --- | --- | --- |
| repay | **${usdc(notice.repayAmount)} USDC** | S / K |
| deposit | **${weth(deposit)} WETH** | S / (0.802 * 1,700) |
| sell WETH at 1 % slippage and repay | ${usdc(cureBySaleUp(shortfall, 8_020n, 10n ** 16n))} USDC | S / (K - 0.802 / 0.99) |

All of this is in the event \`MarginCallOpened\`, with the prices used, and in \`previewCure\`.`;
}

async function answers(scene: Scene): Promise<string> {
  const trader = connected(scene, "trader");
  const repaid = await scene.aside(async () => {
    await scene.at(10 * HOUR + 30 * MINUTE);
    const receipt = await send(trader, "cure", scene.account, MAX);
    return { paid: eventOf(receipt, "Repaid").amount, closed: eventOf(receipt, "MarginCallClosed") };
  });
  const deposited = await scene.aside(async () => {
    await scene.mineAt(10 * HOUR + 30 * MINUTE - 1);
    const { deposits } = (await scene.vault.getFunction("previewCure").staticCall(scene.account)) as {
      deposits: bigint[];
    };
    const [amount = 0n] = deposits;
    await scene.at(10 * HOUR + 30 * MINUTE);
    const receipt = await send(
      trader,
      "depositCollateral",
      scene.account,
      await scene.weth.getAddress(),
      amount,
    );
    return { amount, closed: eventOf(receipt, "MarginCallClosed") };
  });
  const part = await scene.aside(async () => {
    const deadline = (await callOf(scene)).deadline;
    await scene.at(10 * HOUR + 30 * MINUTE);
    await send(trader, "repay", scene.account, 300n * 10n ** 6n);
    expectEqual("deadline after a part payment", (await callOf(scene)).deadline, deadline);
    return marginOf(scene);
  });
  return `## 10:30 Three answers

**Repay.** \`cure\` takes ${usdc(repaid.paid)} USDC, the quoted amount and half an hour of interest, and closes the call at a
health factor of ${wad(repaid.closed.healthWad)}. The penalty is the bounty; nothing was sold.

**Deposit.** ${weth(deposited.amount)} WETH close it at ${wad(deposited.closed.healthWad)}.

**A part.** Repaying 300 USDC lifts the health factor to ${wad(part.healthWad)}. A call closes at 1.01 before its deadline, so it stays
open, and its deadline stays where it was.

While the call is open the trader may not borrow or withdraw. After the deadline a health factor of 1 is enough to close.`;
}

async function auction(scene: Scene): Promise<string> {
  const { deadline, calledAt } = await callOf(scene);
  const start = 10 * HOUR + 12 + Number(deadline - calledAt);
  await scene.mineAt(start - 1);
  expectEqual("status before the deadline", statusName((await marginOf(scene)).status), "Called");
  const asset = await scene.weth.getAddress();
  const rows: string[] = [];
  for (const minutes of [0, 5, 10, 15, 30]) {
    rows.push(
      await scene.aside(async () => {
        await scene.mineAt(start + minutes * MINUTE);
        const quote = (await scene.vault
          .getFunction("previewLiquidation")
          .staticCall(scene.account, asset, MAX)) as unknown as Record<string, bigint>;
        const { repaid = 0n, insured = 0n, seized = 0n, discountWad = 0n } = quote;
        expectEqual("discount", auctionDiscountWad(BigInt(minutes * MINUTE), 800n, 1_800n), discountWad);
        return `| ${minutes} min | ${percent(discountWad)} | ${usdc(repaid)} | ${usdc(insured)} | ${weth(seized)} |`;
      }),
    );
  }
  await scene.at(start + 10 * MINUTE);
  const receipt = await send(
    connected(scene, "liquidator"),
    "liquidate",
    scene.account,
    asset,
    MAX,
    0n,
    await scene.liquidator.getAddress(),
    "0x",
  );
  const { notice } = eventOf(receipt, "Liquidated");
  const closed = eventOf(receipt, "MarginCallClosed");
  const worth = (notice.seized * notice.price36) / 10n ** 36n;
  return `## ${clock(start)} The deadline passes

Nobody has answered, so the auction that everyone saw coming begins. Its discount rises from 0.25 % to 8 % in 30 minutes,
against the live price. A tranche would take the account to the cure level, but repays no more than 20 % of the debt:

| after | discount | repays (USDC) | insurance share (USDC) | taker receives (WETH) |
| --- | --- | --- | --- | --- |
${rows.join("\n")}

At ${clock(start + 10 * MINUTE)} a keeper finds it worth its gas and takes the tranche: it repays ${usdc(notice.repaid)} USDC of debt, pays
${usdc(notice.insured)} USDC to the insurance (20 % of the discount's worth), and receives ${weth(notice.seized)} WETH, worth
${usdc(worth)} USDC. What that cost the trader is ${usdc(worth - notice.repaid)} USDC; what it left is a debt of ${usdc(notice.debt)} USDC at a health
factor of ${wad(closed.healthWad)}, which past the deadline closes the call. It closed late, so a call within the next 24 hours
would have the minimum grace of 15 minutes.`;
}

function connected(scene: Scene, who: "trader" | "liquidator"): Contract {
  return actingAs(scene.vault, scene[who]);
}

async function marginOf(scene: Scene): Promise<MarginAnswer> {
  return (await scene.vault.getFunction("marginOf").staticCall(scene.account)) as MarginAnswer;
}

async function callOf(scene: Scene): Promise<{ deadline: bigint; calledAt: bigint }> {
  return (await scene.vault.getFunction("marginOf").staticCall(scene.account)) as {
    deadline: bigint;
    calledAt: bigint;
  };
}

function eventOf<Name extends VaultEventName>(
  receipt: ContractTransactionReceipt,
  name: Name,
): VaultEventArguments[Name] {
  for (const log of receipt.logs) {
    const event = decodeVaultEvent(log);
    if (event?.name === name) return event as unknown as VaultEventArguments[Name];
  }
  throw new Error(`${name} was not emitted`);
}

function expectEqual(what: string, worked: unknown, found: unknown): void {
  if (worked !== found)
    throw new Error(`${what}: worked out ${String(worked)}, the chain says ${String(found)}`);
}

function marginTable(m: MarginAnswer): string {
  return `| | |
| --- | --- |
| collateral value V | ${usdc(m.value)} |
| initial A_i / maintenance A_m / liquidation A_l | ${usdc(m.initialValue)} / ${usdc(m.maintenanceValue)} / ${usdc(m.liquidationValue)} |
| debt D | ${usdc(m.debt)} |
| health factor A_m / D | **${wad(m.healthWad)}** |
| floor health A_l / D | ${wad(m.floorHealthWad)} |
| status | ${statusName(m.status)} |`;
}

function secondsOfInterest(before: MarginAnswer, after: MarginAnswer, bounty: bigint): string {
  return `${usdc(after.debt - before.debt - bounty)} of it twelve seconds of interest`;
}

function usdc(amount: bigint): string {
  const [whole = "0", fraction = ""] = fixed(amount, 6).split(".");
  return `${BigInt(whole).toLocaleString("en-US")}.${fraction}`;
}

function weth(amount: bigint): string {
  return formatUnits(amount, 18);
}

function wad(ratio: bigint): string {
  return fixed(ratio / 10n ** 14n, 4);
}

function percent(ratioWad: bigint): string {
  return `${fixed(ratioWad / 10n ** 12n, 4)} %`;
}

/** Truncates nothing and rounds nothing: `value` with all its `decimals`. */
function fixed(value: bigint, decimals: number): string {
  const [whole = "0", fraction = ""] = formatUnits(value, decimals).split(".");
  return `${whole}.${fraction.padEnd(decimals, "0")}`;
}

function clock(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(11, 19);
}

function duration(seconds: bigint): string {
  return `${seconds} s, ${clock(Number(seconds))}`;
}
