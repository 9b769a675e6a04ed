/**
 * What the keeper must not lose, and what it would be slow to work out again. Everything but `transactions`, `spending`,
 * `gas_fees`, `dead_letters`, `dues` and `shadow` can be rebuilt from the chain.
 *
 * Accounts are kept in versions, one for each block that changed them, as far back as a reorganisation may reach: going
 * back to a block is deleting what is newer, and writing a block costs what the block changed, however large the book.
 */
export const SCHEMA_VERSION = 4;

const FIRST = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE blocks (
    number INTEGER PRIMARY KEY,
    hash TEXT NOT NULL,
    timestamp INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE vault_versions (
    block INTEGER PRIMARY KEY,
    state TEXT NOT NULL
  ) STRICT;

  CREATE TABLE account_versions (
    account TEXT NOT NULL,
    block INTEGER NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (account, block)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX account_versions_by_block ON account_versions (block);

  CREATE TABLE transactions (
    hash TEXT PRIMARY KEY,
    sender TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    raw TEXT NOT NULL,
    action TEXT NOT NULL,
    signed_at_block INTEGER NOT NULL,
    outcome TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX transactions_by_nonce ON transactions (sender, nonce);

  CREATE TABLE spending (
    account TEXT NOT NULL,
    day INTEGER NOT NULL,
    amount TEXT NOT NULL,
    PRIMARY KEY (account, day)
  ) STRICT, WITHOUT ROWID;
`;

/** What a nonce cost, for the daily gas budget; and accounts that fail on their own, for the operator to look at. */
const GAS_AND_DEAD_LETTERS = `
  CREATE TABLE IF NOT EXISTS gas_fees (
    sender TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    day INTEGER NOT NULL,
    wei TEXT NOT NULL,
    PRIMARY KEY (sender, nonce)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS dead_letters (
    account TEXT PRIMARY KEY,
    block INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    reason TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** Since when something has been due about an account, for a keeper that leaves it to others first. */
const DUES = `
  CREATE TABLE IF NOT EXISTS dues (
    account TEXT PRIMARY KEY,
    duty TEXT NOT NULL,
    block INTEGER NOT NULL,
    timestamp INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** What a dry run would have done: see shadowLedger.ts. */
const SHADOW = `
  CREATE TABLE IF NOT EXISTS shadow (
    block INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    duty TEXT NOT NULL,
    account TEXT NOT NULL,
    state TEXT NOT NULL,
    earned TEXT NOT NULL,
    cost TEXT NOT NULL,
    UNIQUE (duty, account, state)
  ) STRICT;
`;

/** The nth leads from version n to n + 1; a store of any older version is brought up to date, none is left behind. */
export const MIGRATIONS: readonly string[] = [FIRST, GAS_AND_DEAD_LETTERS, DUES, SHADOW];
