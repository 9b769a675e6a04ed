import { JsonRpcProvider, type Contract, type JsonRpcSigner } from "ethers";
import { network } from "hardhat";
import { connectVault, type VaultHandle } from "../../../sdk/vault.ts";
import { deployBenchVault } from "./benchVault.ts";
import { answerOf } from "./market.ts";

/** A vault with the bench's eight collaterals on a chain of its own. */
export interface BenchChain {
  readonly provider: JsonRpcProvider;
  readonly trader: JsonRpcSigner;
  readonly handle: VaultHandle;
  /** The vault, to be called by names. */
  readonly vault: Contract;
  readonly deployBlock: number;
  /** Tells the feeds prices in whole quote units, in one block. */
  setPrices(prices: readonly number[]): Promise<void>;
  /** Sends many transactions of the trader's and mines them. Throws when one of them reverts. */
  sendAll(calls: readonly { readonly to: string; readonly data: string }[]): Promise<void>;
  close(): Promise<void>;
}

/** Together below a block's gas. */
const CALLS_PER_BLOCK = 20;
const CALL_GAS = "0xf4240";

/** Starts a chain, deploys, and gives the trader more of everything than a bench can use. */
export async function startBenchChain(): Promise<BenchChain> {
  const override = { initialDate: new Date(Date.UTC(2030, 0, 7)) };
  const server = await network.createServer({ network: "default", override }, "127.0.0.1", 0);
  const { address, port } = await server.listen();
  const options = { staticNetwork: true, batchMaxCount: 100, batchStallTime: 0, cacheTimeout: -1 };
  const provider = new JsonRpcProvider(`http://${address}:${port}`, undefined, {
    ...options,
    pollingInterval: 10,
  });
  const trader = await provider.getSigner(0);
  const { deployment, feeds, vault } = await deployBenchVault(trader);
  const sendAll = (calls: readonly { to: string; data: string }[]) => sendInBlocks(provider, trader, calls);
  return {
    provider,
    trader,
    handle: connectVault(deployment, provider),
    vault,
    deployBlock: deployment.deployBlock,
    sendAll,
    async setPrices(prices) {
      const calls = feeds.map(async (feed, i) => ({
        to: await feed.getAddress(),
        data: feed.interface.encodeFunctionData("push", [answerOf(prices[i] ?? 0)]),
      }));
      await sendAll(await Promise.all(calls));
    },
    async close() {
      provider.destroy();
      await server.close();
    },
  };
}

async function sendInBlocks(
  provider: JsonRpcProvider,
  trader: JsonRpcSigner,
  calls: readonly { to: string; data: string }[],
): Promise<void> {
  await provider.send("evm_setAutomine", [false]);
  let nonce = await trader.getNonce();
  for (let from = 0; from < calls.length; from += CALLS_PER_BLOCK) {
    const part = calls.slice(from, from + CALLS_PER_BLOCK).map(({ to, data }) => {
      const transaction = { from: trader.address, to, data, gas: CALL_GAS, nonce: `0x${nonce.toString(16)}` };
      nonce += 1;
      return provider.send("eth_sendTransaction", [transaction]) as Promise<string>;
    });
    const hashes = await Promise.all(part);
    await provider.send("evm_mine", []);
    const receipts = await Promise.all(
      hashes.map((hash) => provider.send("eth_getTransactionReceipt", [hash]) as Promise<{ status: string }>),
    );
    const failed = receipts.findIndex(({ status }) => status !== "0x1");
    if (failed >= 0) throw new Error(`transaction ${from + failed} of ${calls.length} reverted`);
  }
  await provider.send("evm_setAutomine", [true]);
}
