import type { AccountFacts, VaultFacts } from "./facts.ts";

/** A token that moved, from its own log. */
export interface Movement {
  readonly token: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
}

/** One token or the vault's shares: what should be equal and by how much it is not. */
export interface Imbalance {
  readonly symbol: string;
  readonly block: number;
  readonly delta: bigint;
  /** Which two numbers differ, for the reader. */
  readonly what: string;
}

interface Flow {
  in: bigint;
  out: bigint;
  minted: bigint;
  burned: bigint;
  readonly holders: Map<string, bigint>;
}

export interface ConservedTokens {
  readonly vault: string;
  /** The quote asset, then the collaterals in listing order: lower-case address and symbol. */
  readonly tokens: readonly { readonly address: string; readonly symbol: string }[];
  readonly shareSymbol: string;
}

const NOBODY = `0x${"0".repeat(40)}`;

/** Adds up what tokens say has moved and compares it, to the base unit, with what vault and tokens say is there. */
export class ConservationWatch {
  readonly imbalances: Imbalance[] = [];
  /** By symbol: the largest difference that was ever seen. */
  readonly deltas: Record<string, bigint> = {};
  readonly #conserved: ConservedTokens;
  readonly #flows = new Map<string, Flow>();

  constructor(conserved: ConservedTokens) {
    this.#conserved = conserved;
    for (const { address, symbol } of this.#all()) {
      this.deltas[symbol] = 0n;
      this.#flows.set(address, { in: 0n, out: 0n, minted: 0n, burned: 0n, holders: new Map() });
    }
  }

  move({ token, from, to, amount }: Movement): void {
    const flow = this.#flows.get(token);
    if (flow === undefined) return;
    if (to === this.#conserved.vault) flow.in += amount;
    if (from === this.#conserved.vault) flow.out += amount;
    if (from === NOBODY) flow.minted += amount;
    else flow.holders.set(from, (flow.holders.get(from) ?? 0n) - amount);
    if (to === NOBODY) flow.burned += amount;
    else flow.holders.set(to, (flow.holders.get(to) ?? 0n) + amount);
  }

  /** What a block's books must satisfy; `accounts` are all that hold anything. */
  compare(vault: VaultFacts, accounts: readonly AccountFacts[]): void {
    const { tokens, shareSymbol } = this.#conserved;
    for (const [i, { address, symbol }] of tokens.entries()) {
      const flow = this.#flows.get(address);
      const facts = vault.tokens[i];
      if (flow === undefined || facts === undefined) continue;
      const booked = i === 0 ? vault.cash : facts.recordedTotal;
      const expect = (what: string, delta: bigint) => {
        this.#expect(symbol, vault.block, what, delta);
      };
      expect("in less out against the vault's balance", flow.in - flow.out - facts.vaultBalance);
      expect("the vault's balance against its books", facts.vaultBalance - booked);
      expect("minted less burned against the supply", flow.minted - flow.burned - facts.supply);
      if (i > 0) {
        const held = accounts.reduce((sum, { amounts }) => sum + (amounts[i - 1] ?? 0n), 0n);
        expect("all accounts against the vault's total", held - booked);
      }
    }
    const owed = accounts.reduce((sum, { debtShares }) => sum + debtShares, 0n);
    this.#expect("debt shares", vault.block, "all accounts against the total", owed - vault.totalDebtShares);
    const shares = this.#flows.get(this.#conserved.vault);
    if (shares === undefined) return;
    const issued = shares.minted - shares.burned;
    this.#expect(
      shareSymbol,
      vault.block,
      "minted less burned against the supply",
      issued - vault.shareSupply,
    );
    const insured = shares.in - shares.out - vault.insuranceShares;
    this.#expect(shareSymbol, vault.block, "the insurance's against what came to it", insured);
  }

  /** Everyone who ever held a token, to be compared with its own word. */
  holdersOf(token: string): string[] {
    return [...(this.#flows.get(token)?.holders.keys() ?? [])];
  }

  /** Compares every wallet with what has moved, and their sum with the supply. */
  compareWallets(
    block: number,
    token: string,
    holders: readonly string[],
    balances: readonly bigint[],
  ): void {
    const symbol = this.#all().find(({ address }) => address === token)?.symbol ?? token;
    const flow = this.#flows.get(token);
    if (flow === undefined) return;
    for (const [i, holder] of holders.entries()) {
      const delta = (flow.holders.get(holder) ?? 0n) - (balances[i] ?? 0n);
      this.#expect(symbol, block, `what came to and left ${holder} against its balance`, delta);
    }
    const sum = balances.reduce((total, balance) => total + balance, 0n);
    this.#expect(symbol, block, "all wallets against the supply", flow.minted - flow.burned - sum);
  }

  tokens(): string[] {
    return this.#all().map(({ address }) => address);
  }

  #all(): { address: string; symbol: string }[] {
    const { tokens, vault, shareSymbol } = this.#conserved;
    return [...tokens, { address: vault, symbol: shareSymbol }];
  }

  #expect(symbol: string, block: number, what: string, delta: bigint): void {
    if (delta === 0n) return;
    this.imbalances.push({ symbol, block, delta, what });
    if (size(delta) > size(this.deltas[symbol] ?? 0n)) this.deltas[symbol] = delta;
  }
}

function size(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
