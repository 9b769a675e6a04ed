/** What the chain says at one block, as read: no number here has been computed. */
export interface VaultFacts {
  readonly block: number;
  /** Unix seconds. */
  readonly at: bigint;
  readonly baseFeeWei: bigint;
  /** As the vault has it. */
  readonly uptime: bigint;
  readonly cash: bigint;
  /** Quote base units a debt share, times 1e27, as of `accruedAt`. */
  readonly debtIndex: bigint;
  readonly totalDebtShares: bigint;
  readonly unbookedFee: bigint;
  readonly accruedAt: bigint;
  readonly shareSupply: bigint;
  readonly insuranceShares: bigint;
  /** Of the uptime feed, oldest first. */
  readonly sequencer: readonly SequencerRound[];
  /** The quote asset, then the collaterals in listing order. */
  readonly tokens: readonly TokenFacts[];
}

/** What the uptime feed says of the chain's sequencer from `startedAt` on. */
export interface SequencerRound {
  readonly isDown: boolean;
  readonly startedAt: bigint;
}

export interface TokenFacts {
  /** Base units that the token says the vault has. */
  readonly vaultBalance: bigint;
  readonly supply: bigint;
  /** What the vault has booked as all accounts' collateral; zero for the quote asset. */
  readonly recordedTotal: bigint;
  /** Dollars, times 1e8, of the feed's last round, and its time. */
  readonly answer: bigint;
  readonly updatedAt: bigint;
}

export interface AccountFacts {
  /** The vault's `statusOf`; undefined when it reverted. */
  readonly status: number | undefined;
  readonly collateralSet: number;
  readonly callNonce: number;
  readonly calledAt: bigint;
  readonly deadline: bigint;
  readonly auctionStart: bigint;
  readonly closedLateAt: bigint;
  readonly debtShares: bigint;
  /** Base units by the collateral's number. */
  readonly amounts: readonly bigint[];
}

const VAULT_WORDS = 10;
const ROUND_WORDS = 2;
const TOKEN_WORDS = 5;
const ACCOUNT_WORDS = 8;
const NO_STATUS = 255n;
const WORD_DIGITS = 64;

/** The facts in the answer of `DemoReader.readVault`; the base fee is the header's, for in a call it is zero. */
export function vaultFactsOf(block: number, baseFeeWei: bigint, answer: string): VaultFacts {
  const words = wordsOf(answer);
  const word = (i: number) => words[i] ?? 0n;
  const rounds = Number(word(9));
  const firstToken = VAULT_WORDS + ROUND_WORDS * rounds;
  const tokens = (words.length - firstToken) / TOKEN_WORDS;
  return {
    block,
    at: word(0),
    baseFeeWei,
    uptime: word(1),
    cash: word(2),
    debtIndex: word(3),
    totalDebtShares: word(4),
    unbookedFee: word(5),
    accruedAt: word(6),
    shareSupply: word(7),
    insuranceShares: word(8),
    sequencer: Array.from({ length: rounds }, (_, i) => {
      const from = VAULT_WORDS + ROUND_WORDS * i;
      return { isDown: word(from) !== 0n, startedAt: word(from + 1) };
    }),
    tokens: Array.from({ length: tokens }, (_, i) => {
      const from = firstToken + TOKEN_WORDS * i;
      return {
        vaultBalance: word(from),
        supply: word(from + 1),
        recordedTotal: word(from + 2),
        answer: word(from + 3),
        updatedAt: word(from + 4),
      };
    }),
  };
}

/** The facts in the answer of `DemoReader.readAccounts`, in the order asked for. */
export function accountFactsOf(answer: string, collaterals: number): AccountFacts[] {
  const words = wordsOf(answer);
  const stride = ACCOUNT_WORDS + collaterals;
  return Array.from({ length: words.length / stride }, (_, i) => {
    const word = (offset: number) => words[stride * i + offset] ?? 0n;
    return {
      status: word(0) === NO_STATUS ? undefined : Number(word(0)),
      collateralSet: Number(word(1)),
      callNonce: Number(word(2)),
      calledAt: word(3),
      deadline: word(4),
      auctionStart: word(5),
      closedLateAt: word(6),
      debtShares: word(7),
      amounts: Array.from({ length: collaterals }, (_unused, j) => word(ACCOUNT_WORDS + j)),
    };
  });
}

/** The words of an ABI-encoded `uint256[]`, read by hand: an ABI decoder takes longer than the chain. */
export function wordsOf(answer: string): bigint[] {
  const first = "0x".length + 2 * WORD_DIGITS;
  const count = Math.floor((answer.length - first) / WORD_DIGITS);
  return Array.from({ length: count }, (_, i) => {
    const from = first + i * WORD_DIGITS;
    return BigInt(`0x${answer.slice(from, from + WORD_DIGITS)}`);
  });
}
