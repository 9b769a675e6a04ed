import type { Contract } from "ethers";
import { accountIdOf, type AccountId } from "../../../sdk/accountId.ts";
import { artifactsOf } from "../../deploy/artifacts.ts";
import { deployVault } from "../../deploy/deployVault.ts";
import { parsePlan } from "../../deploy/plan.ts";
import { fund } from "./fund.ts";
import type { Call, GasChain } from "./gasChain.ts";
import { answerAt, FEED_DECIMALS, KEEPER, LENDER, PRICES, TRADER, UNIT } from "./market.ts";

/** Our vault with five collaterals, and whoever moves it. Every token has 18 decimals. */
export interface OurVault {
  readonly vault: Contract;
  readonly quote: Contract;
  readonly tokens: readonly Contract[];
  readonly feeds: readonly Contract[];
  readonly quoteFeed: Contract;
  readonly meter: Contract;
  /** What stands at an address in lower case. */
  readonly names: ReadonlyMap<string, string>;
}

/** Longer than a run; `wait` goes past deadlines. */
const FOR_EVER_SECONDS = 10_000_000;

/** Sub-account `number` of the bench's trader. */
export function accountOf(chain: GasChain, number: number): AccountId {
  return accountIdOf(chain.signer(TRADER).address, BigInt(number));
}

const FEE_RECIPIENT = 4;

/** Deploys it from the production profile's artifacts, as scripts/deploy does; everybody holds all tokens. */
export async function deployOurVault(chain: GasChain): Promise<OurVault> {
  const load = artifactsOf("production");
  const mock = (name: string, ...args: unknown[]): Promise<Contract> =>
    chain.deploy(load(`mocks/${name}.sol`, name), args);
  const quote = await mock("MockERC20", "Quote", "QUOTE", 18);
  const quoteFeed = await mock("OneSlotFeed", FEED_DECIMALS, 10n ** BigInt(FEED_DECIMALS));
  const tokens: Contract[] = [];
  const feeds: Contract[] = [];
  for (const number of PRICES.keys()) {
    tokens.push(await mock("MockERC20", `Token ${number}`, `T${number}`, 18));
    feeds.push(await mock("OneSlotFeed", FEED_DECIMALS, answerAt(number, 100)));
  }
  const addresses = {
    quote: await quote.getAddress(),
    quoteFeed: await quoteFeed.getAddress(),
    tokens: await addressesOf(tokens),
    feeds: await addressesOf(feeds),
  };
  const recipient = chain.signer(FEE_RECIPIENT).address;
  const plan = parsePlan(planOf(chain.signer(0).address, recipient, addresses), "the bench's plan");
  const deployment = await deployVault(chain.signer(0), plan, load);
  chain.begin();
  const meter = await mock("ViewMeter");
  const meterAddress = await meter.getAddress();
  const names = new Map<string, string>([
    [addresses.quote.toLowerCase(), "quote token"],
    [addresses.quoteFeed.toLowerCase(), "quote feed"],
    ...addresses.tokens.map((address): [string, string] => [address.toLowerCase(), "token"]),
    ...addresses.feeds.map((address): [string, string] => [address.toLowerCase(), "feeds"]),
    [meterAddress.toLowerCase(), "ViewMeter"],
    ...Object.entries(deployment.contracts).map(([name, { address }]): [string, string] => [
      address.toLowerCase(),
      name,
    ]),
  ]);
  const { abi } = load("MarginVault.sol", "MarginVault");
  const vault = chain.contractAt(deployment.vault, abi);
  const holders = [LENDER, TRADER, KEEPER];
  await fund(chain, [quote, ...tokens], { holders, spender: deployment.vault });
  return { vault, quote, tokens, feeds, quoteFeed, meter, names };
}

/** Every feed answers anew; prices stand at `percent` per cent of `PRICES`. */
export async function setPrices(
  chain: GasChain,
  { feeds, quoteFeed }: OurVault,
  percent: number,
): Promise<void> {
  const pushes: Call[] = feeds.map((feed, number) => [feed, "push", answerAt(number, percent)]);
  pushes.push([quoteFeed, "push", 10n ** BigInt(FEED_DECIMALS)]);
  for (const push of pushes) await chain.act(chain.signer(0), push);
}

async function addressesOf(contracts: readonly Contract[]): Promise<string[]> {
  return Promise.all(contracts.map((contract) => contract.getAddress()));
}

function planOf(
  owner: string,
  recipient: string,
  addresses: { quote: string; quoteFeed: string; tokens: string[]; feeds: string[] },
): unknown {
  const percent = UNIT / 100n;
  return {
    shareName: "Bench",
    shareSymbol: "BENCH",
    owner,
    guardian: owner,
    quote: { asset: addresses.quote, feed: addresses.quoteFeed, maxAgeSeconds: FOR_EVER_SECONDS },
    rates: {
      kinkWad: (90n * percent).toString(),
      baseRateWad: percent.toString(),
      kinkRateWad: (6n * percent).toString(),
      fullRateWad: (60n * percent).toString(),
    },
    fee: { feeBps: 1_000, recipient },
    riskTerms: {
      minimumDebt: (100n * UNIT).toString(),
      dustValue: (10n * UNIT).toString(),
      maxBounty: (5n * UNIT).toString(),
      minGraceSeconds: 900,
      maxGraceSeconds: 14_400,
      auctionSeconds: 3_600,
      rampSeconds: 1_800,
    },
    collaterals: addresses.tokens.map((asset, number) => ({
      asset,
      feed: addresses.feeds[number],
      expected: {
        price: String(PRICES[number]),
        toleranceBps: 100,
        feedDecimals: FEED_DECIMALS,
        description: "one slot",
      },
      maxAgeSeconds: FOR_EVER_SECONDS,
      deadAgeSeconds: FOR_EVER_SECONDS + 1,
      initialBps: 7_600,
      maintenanceBps: 8_020,
      liquidationBps: 8_740,
      maxDiscountBps: 800,
      cap: (2n ** 128n - 1n).toString(),
    })),
  };
}
