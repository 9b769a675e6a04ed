import type { Command } from "commander";
import { formatUnits } from "../../sdk/format.ts";
import { UserError } from "../errors.ts";
import { contentOf, slotsFrom } from "../executors/sentTransaction.ts";
import { fieldsOf, quantityIn } from "../sources/blockHeader.ts";
import { resultOf } from "../sources/chainReader.ts";
import { readJournal, type JournalRow } from "../store/readJournal.ts";
import { columns } from "./layout.ts";
import type { VaultView } from "./openView.ts";
import { printView, withViewOptions, type ViewOptions } from "./withView.ts";

/** One signature for a nonce. Fees are wei for a unit of gas. */
export interface SignatureSeen {
  readonly hash: string;
  readonly signedAtBlock: number;
  readonly gasLimit: bigint;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  /** As the journal has it: mined, reverted, replaced, rejected; undefined while it is on its way. */
  readonly outcome: string | undefined;
  /** As the chain has it now. */
  readonly receipt: ReceiptSeen | undefined;
}

export interface ReceiptSeen {
  readonly block: number;
  readonly status: "mined" | "reverted";
  readonly gasUsed: bigint;
}

/** A nonce of a key: what it was for, and everything that was signed for it. */
export interface NonceSeen {
  readonly sender: string;
  readonly nonce: number;
  readonly duty: string;
  readonly accounts: readonly string[];
  readonly budgetWei: bigint | undefined;
  readonly feeWei: bigint | undefined;
  readonly signatures: readonly SignatureSeen[];
}

export function addTx(program: Command): void {
  withViewOptions(
    program
      .command("tx")
      .description("what the journal and the chain know about a transaction of the keeper's")
      .argument("<hash|nonce>", "a hash, or its beginning, or a nonce"),
  ).action((name: string, options: ViewOptions) =>
    printView(options, (view) => explainTransaction(view, name), describe),
  );
}

/** Every nonce that the name fits: several keys may have used the same. Throws a `UserError` when there is none. */
export async function explainTransaction(view: VaultView, name: string): Promise<readonly NonceSeen[]> {
  const rows = readJournal(view.config.storeFile);
  const isNonce = /^\d+$/.test(name);
  const fits = (row: JournalRow) =>
    isNonce ? row.nonce === Number(name) : row.hash.startsWith(name.toLowerCase());
  const wanted = new Set(rows.filter(fits).map(({ sender, nonce }) => `${sender} ${nonce}`));
  if (wanted.size === 0 || (!isNonce && !/^0x[0-9a-f]{4,64}$/i.test(name))) {
    throw new UserError(
      `the journal knows no transaction ${name.slice(0, 80)}; what is settled is kept for about 128 blocks`,
    );
  }
  const siblings = rows.filter(({ sender, nonce }) => wanted.has(`${sender} ${nonce}`));
  const groups = [...Map.groupBy(siblings, ({ sender, nonce }) => `${sender} ${nonce}`).values()];
  return Promise.all(groups.map((group) => explainNonce(view, group)));
}

async function explainNonce({ endpoints }: VaultView, rows: readonly JournalRow[]): Promise<NonceSeen> {
  const [slot] = slotsFrom(rows);
  const [first] = rows;
  if (slot === undefined || first === undefined) throw new Error("a nonce without a signature");
  const answers = await endpoints.batch(
    rows.map(({ hash }) => ({ method: "eth_getTransactionReceipt", params: [hash] })),
  );
  return {
    sender: first.sender,
    nonce: first.nonce,
    duty: slot.purpose.duty,
    accounts: slot.purpose.accounts,
    budgetWei: slot.purpose.terms.budgetWei,
    feeWei: first.feeWei,
    signatures: rows.map((row, i) => {
      const { gasLimit, fees } = contentOf(row);
      const { hash, signedAtBlock, outcome } = row;
      return { hash, signedAtBlock, gasLimit, ...fees, outcome, receipt: receiptIn(resultOf(answers[i])) };
    }),
  };
}

function receiptIn(answer: unknown): ReceiptSeen | undefined {
  if (answer === null) return undefined;
  const fields = fieldsOf(answer, "a receipt");
  return {
    block: Number(quantityIn(fields, "blockNumber")),
    status: BigInt(quantityIn(fields, "status")) === 1n ? "mined" : "reverted",
    gasUsed: BigInt(quantityIn(fields, "gasUsed")),
  };
}

function describe(seen: readonly NonceSeen[]): string {
  return seen.map(describeNonce).join("\n\n");
}

function describeNonce({ sender, nonce, duty, accounts, budgetWei, feeWei, signatures }: NonceSeen): string {
  const rows = [
    ["duty", duty],
    ["accounts", accounts.length === 0 ? "none" : accounts.join(" ")],
    ["budget", budgetWei === undefined ? "unknown" : `${formatUnits(budgetWei, 18, 9)} coins`],
    ["cost", feeWei === undefined ? "not known yet" : `${formatUnits(feeWei, 18, 9)} coins`],
  ];
  const lines = signatures.flatMap(
    ({ hash, signedAtBlock, gasLimit, maxFeePerGas, maxPriorityFeePerGas, outcome, receipt }) => [
      "",
      hash,
      ...columns([
        ["signed", `at block ${signedAtBlock}, gas limit ${gasLimit}`],
        [
          "offers",
          `${formatUnits(maxFeePerGas, 9, 4)} gwei, of it a tip of ${formatUnits(maxPriorityFeePerGas, 9, 4)}`,
        ],
        ["journal", outcome ?? "on its way"],
        [
          "chain",
          receipt === undefined
            ? "no receipt"
            : `${receipt.status} in block ${receipt.block}, ${receipt.gasUsed} gas`,
        ],
      ]),
    ],
  );
  return [`nonce ${nonce} of ${sender}`, ...columns(rows), ...lines].join("\n");
}
