import type { Command } from "commander";
import type { Config } from "../config.ts";
import { UserError } from "../errors.ts";
import { readConfigs } from "../readConfigs.ts";
import { checkMetrics } from "./doctor/checkMetrics.ts";
import { checkSharedKeys, examine } from "./doctor/examine.ts";
import { exitCodeOf, failure, ok, type Finding } from "./doctor/finding.ts";
import { guarded } from "./guarded.ts";
import { asJson, columns } from "./layout.ts";

interface DoctorOptions {
  readonly config: string;
  readonly json?: true;
}

/** Findings of one vault, or of the configuration as a whole. */
interface Section {
  readonly title: string;
  readonly findings: readonly Finding[];
}

/** `doctor`: exit code 0 when all is well, 1 with warnings, 2 with failures. */
export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("checks everything the keeper needs, and says what to do; sends nothing")
    .requiredOption("--config <file>", "configuration, YAML")
    .option("--json", "for machines")
    .action((options: DoctorOptions) => guarded(() => runDoctor(options)));
}

async function runDoctor({ config: file, json }: DoctorOptions): Promise<void> {
  const sections = await examineAll(file);
  console.log(json === true ? asJson(sections) : describe(sections));
  process.exitCode = exitCodeOf(sections.flatMap(({ findings }) => findings));
}

async function examineAll(file: string): Promise<readonly Section[]> {
  let configs: readonly Config[];
  try {
    configs = readConfigs(file);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const faults = error.message
      .split("\n")
      .map((line) => failure("configuration", line, "correct it; docs/keeper.md lists every key"));
    return [{ title: file, findings: faults }];
  }
  const now = Date.now() / 1_000;
  const examined = await Promise.all(
    configs.map((config) => examine({ config, environment: process.env, now })),
  );
  const shared = [...checkSharedKeys(examined), ...(await checkMetrics(configs))];
  return [
    {
      title: file,
      findings: [
        ok("configuration", `valid, for ${configs.length === 1 ? "one vault" : `${configs.length} vaults`}`),
        ...shared,
      ],
    },
    ...examined.map(({ findings }, i) => ({ title: titleOf(configs[i]), findings })),
  ];
}

function titleOf(config: Config | undefined): string {
  return config === undefined ? "" : `vault ${config.deployment.vault} on chain ${config.deployment.chainId}`;
}

function describe(sections: readonly Section[]): string {
  const lines = sections.flatMap(({ title, findings }) => [title, ...columns(findings.flatMap(rowsOf)), ""]);
  const all = sections.flatMap(({ findings }) => findings);
  const count = (severity: Finding["severity"]) => all.filter((one) => one.severity === severity).length;
  return [...lines, `${count("ok")} ok, ${count("warning")} warnings, ${count("failure")} failures`].join(
    "\n",
  );
}

function rowsOf({ severity, subject, says, remedy }: Finding): readonly (readonly string[])[] {
  return [[severity, subject, says], ...(remedy === undefined ? [] : [["", "", `-> ${remedy}`]])];
}
