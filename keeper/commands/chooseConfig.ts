import { UserError } from "../errors.ts";
import type { Config } from "../config.ts";

/** The configuration of one vault: the only one, or the one that is asked for. Throws a `UserError` otherwise. */
export function chooseConfig(configs: readonly Config[], vault: string | undefined): Config {
  const found = configs.filter(
    ({ deployment }) => vault === undefined || deployment.vault.toLowerCase() === vault.toLowerCase(),
  );
  const [config] = found;
  if (config === undefined) throw new UserError(`the configuration has no vault ${vault ?? ""}`);
  if (found.length > 1) throw new UserError("the configuration has several vaults: say which with --vault");
  return config;
}
