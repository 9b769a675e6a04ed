import { Transaction, Wallet, id } from "ethers";
import { allowListOf } from "../../../keeper/executors/allowList.ts";
import { broadcasterOver, Delivery, type Relay } from "../../../keeper/executors/delivery.ts";
import { encodeAction, type Targets } from "../../../keeper/executors/encodeAction.ts";
import { GasBudget } from "../../../keeper/executors/gasBudget.ts";
import { Outbox, type OutboxOptions, type Parcel, type Settled } from "../../../keeper/executors/outbox.ts";
import { openSigner } from "../../../keeper/executors/signer.ts";
import { silentLog } from "../../../keeper/log.ts";
import type { Action } from "../../../keeper/policy/action.ts";
import type { FeeTerms } from "../../../keeper/policy/feeTerms.ts";
import type { BlockHeader } from "../../../keeper/sources/blockHeader.ts";
import { KEYS } from "./chain.ts";
import { FakeJournal } from "./fakeJournal.ts";
import { FakeNode } from "./fakeNode.ts";
import { accountOf } from "./state.ts";

export const GWEI = 10n ** 9n;
export const targets: Targets = {
  vault: "0x00000000000000000000000000000000000000aa",
  oracle: "0x00000000000000000000000000000000000000bb",
  configurator: "0x00000000000000000000000000000000000000dd",
  quote: "0x00000000000000000000000000000000000000cc",
  keeper: new Wallet(KEYS.keeper).address,
};

/** Bound by the operator's limit alone, and in no hurry. */
export const UNBOUND: FeeTerms = {
  expectedGas: 100_000n,
  budgetWei: undefined,
  patienceBlocks: 200,
  gainsWei: [],
  nativePrice36: undefined,
};

export function headerAt(number: number, baseFeePerGas = GWEI): BlockHeader {
  return {
    number,
    hash: id(`block ${number}`),
    parentHash: id(`block ${number - 1}`),
    timestamp: BigInt(number) * 12n,
    baseFeePerGas,
    gasUsed: 15_000_000n,
    gasLimit: 30_000_000n,
  };
}

/** A call of the nth accounts. */
export function callParcel(accounts: readonly number[], terms: Partial<FeeTerms> = {}): Parcel {
  const items = accounts.map((n) => ({ account: accountOf(n), stake: 1n, reason: "Callable" }));
  return parcelOf(
    { duty: "openCall", items, gasLimit: 500_000n, stake: 1n, reason: "Callable" },
    { ...UNBOUND, ...terms },
  );
}

/** A liquidation of one account, of a duty. */
export function takeParcel(
  account: number,
  duty: "liquidateCritical" | "liquidateProfitable",
  terms: Partial<FeeTerms> = {},
): Parcel {
  const common = { stake: 1n, reason: "Critical" };
  const item = {
    account: accountOf(account),
    asset: targets.quote,
    payment: 1n,
    maxRepay: 1n,
    minSeized: 0n,
    gain: 1n,
    loss: 0n,
  };
  const action = { duty, items: [{ ...item, ...common }], gasLimit: 500_000n, ...common };
  return parcelOf(action, { ...UNBOUND, ...terms });
}

function parcelOf(action: Action, terms: FeeTerms): Parcel {
  return { action, call: encodeAction(action, targets), terms };
}

export interface OutboxBench {
  readonly node: FakeNode;
  readonly journal: FakeJournal;
  readonly outbox: Outbox;
  readonly gasBudget: GasBudget;
  /** What the keeper does at each block before it sends. */
  readonly at: (number: number, baseFee?: bigint) => Promise<readonly Settled[]>;
}

export interface BenchOptions extends Partial<OutboxOptions> {
  readonly node?: FakeNode;
  readonly journal?: FakeJournal;
  readonly maxFeeGwei?: bigint;
  readonly relay?: Relay;
  readonly dailyWei?: bigint;
  readonly key?: string;
}

/** An outbox on a node and a journal that outlive it. */
export async function outboxBench(options: BenchOptions = {}): Promise<OutboxBench> {
  const {
    node = new FakeNode(),
    journal = new FakeJournal(),
    maxFeeGwei = 100n * GWEI,
    relay,
    dailyWei,
  } = options;
  const { key = KEYS.keeper, ...overrides } = options;
  const log = overrides.log ?? silentLog;
  const gasBudget = overrides.gasBudget ?? new GasBudget({ dailyWei, store: journal, log });
  const outbox = new Outbox({
    rpc: node,
    delivery: new Delivery(broadcasterOver(node), relay, log),
    store: journal,
    signer: await openSigner({ privateKeyEnv: "KEY" }, { KEY: key }),
    chainId: 31_337,
    allowList: allowListOf(targets),
    fees: { tipGwei: GWEI, maxFeeGwei },
    killSwitch: { isOn: false },
    replaceAfterBlocks: 3,
    giveUpAfterBlocks: 20,
    ...overrides,
    gasBudget,
    log,
  });
  const at = async (number: number, baseFee?: bigint): Promise<readonly Settled[]> => {
    const head = headerAt(number, baseFee);
    const probe = outbox.probe(number);
    const state = probe.read(await node.batch(probe.calls));
    gasBudget.at(head.timestamp);
    const settled = outbox.settle(number, state);
    await outbox.maintain(head, state.nonce);
    return settled;
  };
  return { node, journal, outbox, gasBudget, at };
}

/** What was sent as the `index`th, from the end for a negative one. */
export function sentAt(node: FakeNode, index: number): Transaction {
  const raw = node.sends.at(index);
  if (raw === undefined) throw new Error(`nothing was sent as number ${index}`);
  return Transaction.from(raw);
}
