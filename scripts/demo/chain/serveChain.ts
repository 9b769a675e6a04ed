/*
 * The demo's chain, a process of its own: a node over JSON-RPC that mines only when it is told to. Its parent sends one
 * `ChainRequest` over IPC and receives one `ChainReady`. It ends with its parent, however that ends, and takes the
 * processes along that the parent has named.
 */
import type { HardhatUserConfig } from "hardhat/config";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import { fileURLToPath } from "node:url";
import type { ChainReady, ChainRequest, Ward } from "./startChain.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const wards = new Set<number>();

process.once("message", (message) => {
  void serve(message as ChainRequest);
});
process.once("disconnect", () => {
  for (const pid of wards) end(pid);
  process.exit(0);
});
// Ctrl-C reaches every process of a terminal; the parent decides when the chain ends.
process.on("SIGINT", () => undefined);

async function serve(request: ChainRequest): Promise<void> {
  const config: HardhatUserConfig = {
    networks: {
      default: {
        type: "edr-simulated",
        chainType: "l1",
        allowUnlimitedContractSize: true,
        blockGasLimit: request.blockGasLimit,
        initialBaseFeePerGas: BigInt(request.baseFeeWei),
        initialDate: new Date(request.startsAt * 1000),
        // Everything else has `hardhat_setBalance`.
        accounts: [{ privateKey: request.bankerKey, balance: (10n ** 24n).toString() }],
        mining: { auto: false, interval: 0, mempool: { order: "priority" } },
      },
    },
  };
  const hre = await createHardhatRuntimeEnvironment(config, {}, root);
  const server = await hre.network.createServer({ network: "default" }, "127.0.0.1", 0);
  const { port } = await server.listen();
  const ready: ChainReady = { url: `http://127.0.0.1:${port}` };
  process.send?.(ready);
  process.on("message", (ward) => {
    wards.add((ward as Ward).pid);
  });
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
