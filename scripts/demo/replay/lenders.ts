import type { Deployment } from "../../../sdk/deployment.ts";
import type { Rpc } from "../chain/rpc.ts";
import * as calls from "../world/calls.ts";
import { randomOf, type Random } from "../world/random.ts";
import { send, type Wallet } from "../world/wallet.ts";

/** In so many blocks one lender comes or goes. */
const BLOCKS_BETWEEN = 9;
const GAS = 400_000;

/** The lenders come and go while the replay runs, drawn by seed. */
export class Lenders {
  readonly #rpc: Rpc;
  readonly #deployment: Deployment;
  readonly #lenders: readonly Wallet[];
  readonly #funds: bigint;
  readonly #random: Random;

  /** @param funds Quote base units that each of them had at first. */
  constructor(rpc: Rpc, deployment: Deployment, lenders: readonly Wallet[], funds: bigint, seed: number) {
    this.#rpc = rpc;
    this.#deployment = deployment;
    this.#lenders = lenders;
    this.#funds = funds;
    this.#random = randomOf(seed, "lenders");
  }

  /** Sends what a lender does in the next block, if one does anything. */
  async act(): Promise<void> {
    if (this.#random.between(1, BLOCKS_BETWEEN) !== 1) return;
    const lender = this.#lenders[this.#random.between(0, this.#lenders.length - 1)];
    const share = BigInt(this.#random.between(200, 1_500));
    const goes = this.#random.next() < 0.5;
    if (lender === undefined) return;
    if (!goes) {
      const wanted = (this.#funds * share) / 10_000n;
      const owned = await this.#read(this.#deployment.quote.address, "balanceOf", lender.address);
      const assets = wanted < owned ? wanted : owned;
      if (assets > 0n) await this.#send(lender, "deposit", [assets, lender.address]);
      return;
    }
    const most = await this.#read(this.#deployment.vault, "maxRedeem", lender.address);
    const shares = (most * share) / 10_000n;
    if (shares > 0n) await this.#send(lender, "redeem", [shares, lender.address, lender.address]);
  }

  /** What the lenders own, in their wallets and as the worth of their shares, quote base units. */
  async wealth(): Promise<bigint> {
    const { vault, quote } = this.#deployment;
    const each = await Promise.all(
      this.#lenders.map(async ({ address }) => {
        const shares = await this.#read(vault, "balanceOf", address);
        const data = calls.vault.encodeFunctionData("convertToAssets", [shares]);
        const worth = BigInt(await this.#rpc<string>("eth_call", [{ to: vault, data }, "latest"]));
        return worth + (await this.#read(quote.address, "balanceOf", address));
      }),
    );
    return each.reduce((sum, amount) => sum + amount, 0n);
  }

  async #read(to: string, name: "balanceOf" | "maxRedeem", holder: string): Promise<bigint> {
    const data = calls.vault.encodeFunctionData(name, [holder]);
    return BigInt(await this.#rpc<string>("eth_call", [{ to, data }, "latest"]));
  }

  #send(lender: Wallet, name: string, args: readonly unknown[]): Promise<unknown> {
    return send(this.#rpc, lender, this.#deployment.chainId, {
      to: this.#deployment.vault,
      data: calls.vault.encodeFunctionData(name, args),
      gasLimit: GAS,
    });
  }
}
