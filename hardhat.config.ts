import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig } from "hardhat/config";
import { createRequire } from "node:module";
import { warningsAsErrors } from "./scripts/warningsAsErrors.ts";

// Set here because Hardhat decides after it has read this file; nothing in this repository calls home.
process.env.HARDHAT_DISABLE_TELEMETRY = "true";

/** The compiler comes from npm like everything else: by path, Hardhat neither looks for nor downloads one. */
const compiler = {
  version: "0.8.37",
  path: createRequire(import.meta.url).resolve("solc/soljson.js"),
};

const settings = {
  optimizer: { enabled: true, runs: 200 },
  evmVersion: "osaka",
  // No hash of sources and comments in the bytecode: equal code gives equal code hashes in deployments/.
  metadata: { bytecodeHash: "none" },
};

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers, warningsAsErrors],
  solidity: {
    profiles: {
      // For development: via-IR in the WASM compiler takes minutes. What is deployed is `production`.
      default: { ...compiler, settings },
      // One compilation instead of Hardhat's one per file: the same bytecode in half the time.
      production: { ...compiler, isolated: false, settings: { ...settings, viaIR: true } },
    },
  },
  networks: {
    default: {
      type: "edr-simulated",
      chainType: "l1",
      // The development profile may exceed EIP-170; `npm run size` holds the production profile to the limit.
      allowUnlimitedContractSize: true,
      // What a transaction may cost at most. Estimating each would take longer than running it.
      gas: 16_777_216,
    },
  },
  paths: { tests: { mocha: "./test", solidity: "./test" } },
  typechain: { outDir: "./types", tsNocheck: true },
  test: {
    mocha: { timeout: 60_000, forbidPending: true },
    solidity: {
      fuzz: { runs: 10_000, seed: "0x544f4353494e" },
      // Little, for `hardhat test solidity`; scripts/campaign.ts says how much it wants.
      invariant: { runs: 40, depth: 125, failOnRevert: true },
      // Where a campaign leaves its counts: one line a run, read by scripts/campaign.ts.
      fsPermissions: { dangerouslyWriteDirectory: ["./cache/campaign"] },
    },
  },
});
