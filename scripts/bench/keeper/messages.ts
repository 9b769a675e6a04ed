import type { Weather } from "./market.ts";

/** What a child process is told to do. */
export interface Order {
  /** `keeper` rebuilds, follows the course and saves; `restart` starts from what it saved; `peer` scans in full. */
  readonly role: "keeper" | "restart" | "peer";
  readonly accounts: number;
  readonly seed: number;
  readonly isThorough: boolean;
  /** Where the keeper saves. */
  readonly file: string;
}

/** What it says. Milliseconds; a standing is one byte an account, by the account's number. */
export type Message =
  | { readonly kind: "progress"; readonly text: string }
  | { readonly kind: "standings"; readonly block: number; readonly standings: Uint8Array }
  | { readonly kind: "block"; readonly weather: Weather; readonly ms: number; readonly crossed: number }
  | { readonly kind: "done"; readonly ms: number; readonly rssMb: number };
