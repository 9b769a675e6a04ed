import { id } from "ethers";
import { LogReader, MalformedLogError, type RawLog } from "./logReader.ts";
import type {
  CallNotice,
  LiquidationNotice,
  SetTerms,
  VaultEvent,
  VaultEventArguments,
  VaultEventName,
} from "./vaultEvent.ts";
import { CloseReason, Status, type RiskTerms } from "./vaultTypes.ts";

type Readers = { [Name in VaultEventName]: (r: LogReader) => VaultEventArguments[Name] };

const TERMS = "(uint16,uint16,uint16,uint16,uint128)";
const RISK_TERMS = "(uint96,uint72,uint72,uint24,uint24,uint24,uint24)";
const CALL_NOTICE =
  "(uint256,bool,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256[],uint256[])";
const LIQUIDATION_NOTICE =
  "(uint8,address,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256)";

/** The signature of every event of a vault; a test compares the list with the compiled interface. */
const SIGNATURES: Readonly<Record<VaultEventName, string>> = {
  CollateralDeposited: "bytes32,address,address,address,uint256,uint256",
  CollateralWithdrawn: "bytes32,address,address,address,uint256,address,uint256",
  Borrowed: "bytes32,address,address,uint256,address,uint256,uint256",
  Repaid: "bytes32,address,address,uint256,uint256,uint256",
  MarginCallOpened: `bytes32,address,address,${CALL_NOTICE}`,
  MarginCallClosed: "bytes32,address,address,uint256,uint8,bool,uint256,uint256,uint256",
  Liquidated: `bytes32,address,address,${LIQUIDATION_NOTICE}`,
  BadDebtRealized: "bytes32,address,address,uint256,uint256,uint256,uint256,uint256,uint256",
  CollateralForfeited: "bytes32,address,address,uint256,uint256",
  InterestAccrued: "uint256,uint256,uint256",
  FeeBooked: "uint256,uint256,address,uint256",
  CollateralListed: `address,uint256,${TERMS}`,
  CollateralTermsSet: `address,${TERMS},${TERMS}`,
  BrakeSet: "address,uint256,uint256",
  BrakeDrawn: "address,uint256,uint256",
  OracleSet: "address,address",
  RiskTermsSet: `${RISK_TERMS},${RISK_TERMS}`,
  BorrowCapSet: "uint256,uint256",
  FeeSet: "uint256,uint256,address,address",
  Transfer: "address,address,uint256",
  Approval: "address,address,uint256",
  Deposit: "address,address,uint256,uint256",
  Withdraw: "address,address,address,uint256,uint256",
};

// The order of the fields is the order of the words: object literals evaluate from first to last.
const ofAccount = (r: LogReader) => ({
  account: r.indexedAccount(),
  owner: r.indexedAddress(),
  actor: r.indexedAddress(),
});

const terms = (r: LogReader): SetTerms => ({
  initialBps: r.uint(),
  maintenanceBps: r.uint(),
  liquidationBps: r.uint(),
  maxDiscountBps: r.uint(),
  cap: r.uint(),
});

const riskTerms = (r: LogReader): RiskTerms => ({
  minimumDebt: r.uint(),
  dustValue: r.uint(),
  maxBounty: r.uint(),
  minGraceSeconds: r.uint(),
  maxGraceSeconds: r.uint(),
  auctionSeconds: r.uint(),
  rampSeconds: r.uint(),
});

function callNotice(r: LogReader): CallNotice {
  const struct = r.struct();
  return {
    nonce: r.small(),
    reopened: r.bool(),
    calledAt: r.uint(),
    deadline: r.uint(),
    bounty: r.uint(),
    debtShares: r.uint(),
    debt: r.uint(),
    cureLevelWad: r.uint(),
    repayAmount: r.uint(),
    collateralSet: r.small(),
    depositAmounts: struct.list(),
    prices36: struct.list(),
  };
}

const liquidationNotice = (r: LogReader): LiquidationNotice => ({
  status: r.enumeration<Status>(Status.Insolvent),
  asset: r.address(),
  repaid: r.uint(),
  insured: r.uint(),
  seized: r.uint(),
  discountWad: r.uint(),
  price36: r.uint(),
  balance: r.uint(),
  debtShares: r.uint(),
  debt: r.uint(),
  auctionStart: r.uint(),
});

const READERS: Readers = {
  CollateralDeposited: (r) => ({
    ...ofAccount(r),
    asset: r.address(),
    amount: r.uint(),
    balance: r.uint(),
  }),
  CollateralWithdrawn: (r) => ({
    ...ofAccount(r),
    asset: r.address(),
    amount: r.uint(),
    to: r.address(),
    balance: r.uint(),
  }),
  Borrowed: (r) => ({
    ...ofAccount(r),
    amount: r.uint(),
    to: r.address(),
    debtShares: r.uint(),
    debt: r.uint(),
  }),
  Repaid: (r) => ({ ...ofAccount(r), amount: r.uint(), debtShares: r.uint(), debt: r.uint() }),
  MarginCallOpened: (r) => ({ ...ofAccount(r), notice: callNotice(r) }),
  MarginCallClosed: (r) => ({
    ...ofAccount(r),
    nonce: r.small(),
    reason: r.enumeration<CloseReason>(CloseReason.WrittenOff),
    late: r.bool(),
    closedAt: r.uint(),
    healthWad: r.uint(),
    debt: r.uint(),
  }),
  Liquidated: (r) => ({ ...ofAccount(r), notice: liquidationNotice(r) }),
  BadDebtRealized: (r) => ({
    ...ofAccount(r),
    loss: r.uint(),
    insured: r.uint(),
    burnedShares: r.uint(),
    insuranceShares: r.uint(),
    totalAssets: r.uint(),
    totalShares: r.uint(),
  }),
  CollateralForfeited: (r) => ({
    account: r.indexedAccount(),
    owner: r.indexedAddress(),
    asset: r.indexedAddress(),
    amount: r.uint(),
    insuranceBalance: r.uint(),
  }),
  InterestAccrued: (r) => ({ debtIndex: r.uint(), interest: r.uint(), fee: r.uint() }),
  FeeBooked: (r) => ({
    fee: r.uint(),
    insuranceShares: r.uint(),
    recipient: r.indexedAddress(),
    recipientShares: r.uint(),
  }),
  CollateralListed: (r) => ({ asset: r.indexedAddress(), index: r.small(), terms: terms(r) }),
  CollateralTermsSet: (r) => ({ asset: r.indexedAddress(), oldTerms: terms(r), newTerms: terms(r) }),
  BrakeSet: (r) => ({ asset: r.indexedAddress(), burst: r.uint(), perHour: r.uint() }),
  BrakeDrawn: (r) => ({ asset: r.indexedAddress(), value: r.uint(), fullAtMicros: r.uint() }),
  OracleSet: (r) => ({ oldOracle: r.address(), newOracle: r.address() }),
  RiskTermsSet: (r) => ({ oldTerms: riskTerms(r), newTerms: riskTerms(r) }),
  BorrowCapSet: (r) => ({ oldCap: r.uint(), newCap: r.uint() }),
  FeeSet: (r) => ({
    oldFeeBps: r.uint(),
    newFeeBps: r.uint(),
    oldRecipient: r.address(),
    newRecipient: r.address(),
  }),
  Transfer: (r) => ({ from: r.indexedAddress(), to: r.indexedAddress(), value: r.uint() }),
  Approval: (r) => ({ owner: r.indexedAddress(), spender: r.indexedAddress(), value: r.uint() }),
  Deposit: (r) => ({
    sender: r.indexedAddress(),
    owner: r.indexedAddress(),
    assets: r.uint(),
    shares: r.uint(),
  }),
  Withdraw: (r) => ({
    sender: r.indexedAddress(),
    receiver: r.indexedAddress(),
    owner: r.indexedAddress(),
    assets: r.uint(),
    shares: r.uint(),
  }),
};

const NAMES = Object.keys(SIGNATURES) as VaultEventName[];

/** The first topic of each event, for `eth_getLogs`. */
export const VAULT_EVENT_TOPICS = Object.fromEntries(
  NAMES.map((name) => [name, id(`${name}(${SIGNATURES[name]})`)]),
) as Readonly<Record<VaultEventName, string>>;

const nameByTopic = new Map(NAMES.map((name) => [VAULT_EVENT_TOPICS[name], name]));

/**
 * The event that a vault wrote as `log`; undefined for an event of a kind this version does not know. Whether the log
 * is the vault's own is the caller's to check. Throws a `MalformedLogError` when a known event cannot be read.
 */
export function decodeVaultEvent(log: RawLog): VaultEvent | undefined {
  const name = nameByTopic.get(log.topics[0] ?? "");
  if (name === undefined) return undefined;
  try {
    return { name, ...READERS[name](new LogReader(log)) } as VaultEvent;
  } catch (cause) {
    throw new MalformedLogError(`A log of ${name} cannot be read.`, { cause });
  }
}
