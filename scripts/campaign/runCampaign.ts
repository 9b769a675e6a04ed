import { globSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HardhatUserConfig } from "hardhat/config";
import config from "../../hardhat.config.ts";
import { oneBuildAtATime } from "../compile.ts";
import { COUNTS_FILE } from "./tally.ts";

export const CAMPAIGN_FILE = "test/sol/Campaign.t.sol";
/** One for each decimals of the quote asset; they run side by side, and share the calls. */
const CAMPAIGNS = 2;

export interface CampaignOptions {
  /** The project's folder, with `contracts/` and `test/sol/`. */
  readonly root: string;
  /** 32 bytes, hexadecimal. */
  readonly seed: string;
  readonly calls: number;
  /** Calls in one run, from a fresh vault. */
  readonly depth: number;
  /** How long a broken sequence is made shorter; the runner's default unless given. */
  readonly shrinkRunLimit?: number;
  /** Whether the other Solidity tests run too. */
  readonly all?: boolean;
}

export interface CampaignResult {
  readonly success: boolean;
  /** What broke, in the words of the tests. */
  readonly reasons: readonly string[];
  /** Without compiling. */
  readonly milliseconds: number;
}

/** What Hardhat's task answers, as far as it is used here. */
interface TaskResult {
  readonly success: boolean;
  readonly value?: Suites;
  readonly error?: Suites;
}

interface Suites {
  readonly suiteResults?: readonly {
    readonly testResults: readonly { readonly status: string; readonly reason?: string }[];
  }[];
}

/** Compiles and runs the campaign. Its counts are in `COUNTS_FILE` below `root` while it runs and afterwards. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const counts = join(options.root, COUNTS_FILE);
  rmSync(counts, { force: true });
  mkdirSync(dirname(counts), { recursive: true });
  const hre = await createHardhatRuntimeEnvironment(configOf(options), { noTypechain: true }, options.root);
  const testFiles = options.all === true ? [] : [join(options.root, CAMPAIGN_FILE)];
  // The runner links the test to the libraries' own artifacts, which building the test alone does not write.
  const libraries = globSync(join(options.root, "contracts/libraries/*Logic.sol"));
  const files = options.all === true ? [] : [...testFiles, ...libraries];
  await oneBuildAtATime(() => hre.tasks.getTask("build").run({ files, quiet: true }));
  const startedAt = performance.now();
  const task = hre.tasks.getTask(["test", "solidity"]);
  const result = (await task.run({ testFiles, noCompile: true })) as TaskResult;
  const suites = (result.value ?? result.error)?.suiteResults ?? [];
  const failures = suites.flatMap(({ testResults }) =>
    testResults.filter(({ status }) => status === "Failure"),
  );
  return {
    success: result.success,
    reasons: failures.map(({ reason }) => reason ?? "no reason given"),
    milliseconds: performance.now() - startedAt,
  };
}

function configOf({ seed, calls, depth, shrinkRunLimit }: CampaignOptions): HardhatUserConfig {
  const solidity = config.test?.solidity;
  const runs = Math.max(1, Math.ceil(calls / CAMPAIGNS / depth));
  // Handlers draw everything from one seed, so that values seen on the chain make no better arguments.
  const invariant = {
    runs,
    depth,
    failOnRevert: true,
    dictionaryWeight: 0,
    includeStorage: false,
    includePushBytes: false,
  };
  return {
    ...config,
    test: {
      ...config.test,
      solidity: {
        ...solidity,
        fuzz: { ...(solidity !== undefined && "fuzz" in solidity ? solidity.fuzz : {}), seed },
        invariant: shrinkRunLimit === undefined ? invariant : { ...invariant, shrinkRunLimit },
      },
    },
  };
}
