import type { BlockView } from "./blockView.ts";
import type { VaultMonitor } from "./vaultMonitor.ts";

export type Labels = Readonly<Record<string, string>>;

/** A number, and what tells it from the others of its name beside the vault. */
export type Sample = readonly [value: number, labels?: Labels];

/** A number that is read from a vault's last block when somebody asks. Labels have few values, and none is an account. */
export interface GaugeSpec {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly read: (view: BlockView, monitor: VaultMonitor) => Iterable<Sample>;
}

/** One number without labels. */
export function single(
  name: string,
  help: string,
  read: (view: BlockView, monitor: VaultMonitor) => number | undefined,
): GaugeSpec {
  return {
    name,
    help,
    read: (view, monitor) => {
      const value = read(view, monitor);
      return value === undefined ? [] : [[value]];
    },
  };
}

/** For display: an amount in whole units, as exact as a double is. */
export function wholeUnits(amount: bigint, decimals: number): number {
  return Number(amount) / 10 ** decimals;
}
