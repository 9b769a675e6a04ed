import { UserError } from "../../errors.ts";
import type { Config } from "../../config.ts";
import { sharedMetrics } from "../../monitor/openMonitoring.ts";
import { checkListening } from "./checkListening.ts";
import { isInUse } from "./checkStore.ts";
import { failure, type Finding } from "./finding.ts";

const KEY = "metrics.listen";

/** Of all vaults of a process at once, for it serves them at one place. */
export async function checkMetrics(configs: readonly Config[]): Promise<readonly Finding[]> {
  try {
    const metrics = sharedMetrics(configs);
    if (metrics === undefined) return [];
    return [await checkListening(KEY, metrics.listen, "/status", (answer) => isOwn(answer, configs))];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [failure(KEY, error.message, "do as it says")];
  }
}

/** Whether it serves just these vaults, with the stores that are named here. */
function isOwn(answer: unknown, configs: readonly Config[]): boolean {
  if (!Array.isArray(answer)) return false;
  const served = new Set(answer.map((report: unknown) => (report as { vault?: unknown } | null)?.vault));
  return configs.every(({ deployment, storeFile }) => served.has(deployment.vault) && isInUse(storeFile));
}
