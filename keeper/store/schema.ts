/**
 * What the keeper must not lose, and what it would be slow to work out again. Everything but `transactions`, `spending`,
 * `gas_fees`, `dead_letters`, `dues`, `shadow`, `shadow_pruned` and the tables of alerts can be rebuilt from the chain.
 *
 * Accounts are kept in versions, one for each block that changed them, as far back as a reorganisation may reach: going
 * back to a block is deleting what is newer, and writing a block costs what the block changed, however large the book.
 */
export const SCHEMA_VERSION = 6;

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

/**
 * What traders asked to be told (`alert_subscriptions`), what there was to tell (`alert_facts`), and what each is told
 * (`alert_messages`). Times are block time but for `due_at_ms`, which is this machine's.
 */
const ALERTS = `
  CREATE TABLE IF NOT EXISTS alert_subscriptions (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    channel TEXT NOT NULL,
    target TEXT NOT NULL,
    levels TEXT NOT NULL,
    quiet_hours TEXT NOT NULL,
    secret TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    code TEXT NOT NULL,
    code_tries INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS alert_subscriptions_by_owner ON alert_subscriptions (owner);
  CREATE INDEX IF NOT EXISTS alert_subscriptions_by_target ON alert_subscriptions (target);

  CREATE TABLE IF NOT EXISTS alert_facts (
    key TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    notice TEXT NOT NULL,
    block INTEGER NOT NULL,
    hash TEXT NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS alert_facts_by_account ON alert_facts (account);
  CREATE INDEX IF NOT EXISTS alert_facts_by_block ON alert_facts (block);

  CREATE TABLE IF NOT EXISTS alert_messages (
    key TEXT PRIMARY KEY,
    subscription TEXT NOT NULL,
    fact TEXT NOT NULL,
    kind TEXT NOT NULL,
    urgency INTEGER NOT NULL,
    notice TEXT NOT NULL,
    block INTEGER NOT NULL,
    hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    state TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS alert_messages_by_state ON alert_messages (state);
  CREATE INDEX IF NOT EXISTS alert_messages_by_subscription ON alert_messages (subscription, state);
  CREATE INDEX IF NOT EXISTS alert_messages_by_fact ON alert_messages (fact);
`;

/** By duty, what entries of `shadow` came to that are not kept any more. */
const SHADOW_PRUNED = `
  CREATE TABLE IF NOT EXISTS shadow_pruned (
    duty TEXT PRIMARY KEY,
    entries INTEGER NOT NULL,
    earned TEXT NOT NULL,
    cost TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS shadow_by_block ON shadow (block);
`;

/** The nth leads from version n to n + 1; a store of any older version is brought up to date, none is left behind. */
export const MIGRATIONS: readonly string[] = [
  FIRST,
  GAS_AND_DEAD_LETTERS,
  DUES,
  SHADOW,
  ALERTS,
  SHADOW_PRUNED,
];
