import { z } from "zod";
import { configFrom, type Config } from "./config.ts";
import { UserError } from "./errors.ts";
import { readConfigText, type ConfigPath, type ConfigText } from "./readConfigText.ts";

/** Each is a configuration of its own, but for what it shares with the others. */
const fileSchema = z.looseObject({
  vaults: z.array(z.record(z.string(), z.unknown())).min(1).max(8),
});

type Fields = Readonly<Record<string, unknown>>;

/** Where one of them is given, the other is not taken from what is shared. */
const EITHER_OR: readonly (readonly string[])[] = [
  ["rpcUrl", "endpoints"],
  ["key", "keys"],
];

/**
 * The configurations in a file: one, or one for each of its `vaults`, whose keys go before those beside `vaults`. Throws
 * a `UserError` when one is wrong, or two want the same vault, store, confirmation or key.
 */
export function readConfigs(file: string): readonly Config[] {
  const text = readConfigText(file);
  const { value, placeOf } = text;
  if (typeof value !== "object" || value === null || !("vaults" in value)) {
    return [configFrom({ ...text, name: undefined })];
  }
  const parsed = fileSchema.safeParse(value, { reportInput: false });
  if (!parsed.success) {
    throw new UserError(`${placeOf(["vaults"])}: vaults: must be a list of one to eight objects`, {
      cause: parsed.error,
    });
  }
  const { vaults, ...shared } = parsed.data;
  const configs = vaults.map((own, i) =>
    configFrom({ file, value: merged(shared, own), name: `vaults.${i}`, placeOf: placeIn(text, own, i) }),
  );
  refuseSharing(placeOf(["vaults"]), configs);
  return configs;
}

/** What a vault says itself stands in the list, the rest beside it. */
function placeIn({ placeOf }: ConfigText, own: Fields, i: number): ConfigText["placeOf"] {
  const isOwn = ([first]: ConfigPath) => first === undefined || String(first) in own;
  return (path) => placeOf(isOwn(path) ? ["vaults", i, ...path] : path);
}

function merged(shared: Fields, own: Fields): Fields {
  const replaced = EITHER_OR.filter((keys) => keys.some((key) => key in own)).flat();
  const left = Object.entries(shared).filter(([key]) => !replaced.includes(key));
  return { ...Object.fromEntries(left), ...own };
}

/** What must not be the same for two vaults; that two names of a key are one is found when keys are opened. */
function refuseSharing(file: string, configs: readonly Config[]): void {
  const wanted: [string, (config: Config) => readonly string[]][] = [
    ["the same vault", ({ deployment }) => [`${deployment.chainId} ${deployment.vault}`]],
    ["the same storeFile", ({ storeFile }) => [storeFile]],
    ["the same alerts.listen", ({ alerts }) => (alerts?.listen === undefined ? [] : [alerts.listen])],
    ["the same alerts.inboxFolder", ({ alerts }) => (alerts === undefined ? [] : [alerts.inboxFolder])],
    ["the same brake.confirmFile", ({ brake }) => [brake.confirmFile]],
    [
      "the same key, whose nonces they would not know of each other",
      ({ keys }) => [...new Set(Object.values(keys ?? {}).map((key) => JSON.stringify(key)))],
    ],
  ];
  for (const [what, of] of wanted) {
    const all = configs.flatMap(of);
    if (new Set(all).size < all.length) throw new UserError(`${file}: vaults: two of them have ${what}`);
  }
}
