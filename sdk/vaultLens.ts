import { AbiCoder, id, toQuantity, type BlockTag, type ContractRunner } from "ethers";
import type { Interface, JsonRpcApiProvider, ParamType, Result, TransactionRequest } from "ethers";
import { IVaultLens__factory } from "../types/factories/interfaces/IVaultLens__factory.ts";
import type { AccountId } from "./accountId.ts";
import { decodeError, type ErrorContext } from "./decodeError.ts";
import type { AccountSeen, AccountView, LensAnswer, OwnedAccounts, Reading } from "./lensAnswer.ts";

/** What to look at. What is left out is not looked at. */
export interface LensQuestion {
  readonly vault: string;
  /** At most 300; some 100 of three collaterals fit a call. */
  readonly accounts?: readonly AccountId[];
  /** At which collateral is sold to cure, times 1e18; 1 % unless given. */
  readonly slippageWad?: bigint;
  /** Whose moment is asked for, times 1e18; 5 % unless given. */
  readonly discountWad?: bigint;
  /** Whose shares are asked for. */
  readonly lender?: string;
  /** Whether feeds, volatility and the clock's stops are wanted. */
  readonly withDetails?: boolean;
}

/** Some of an owner's sub-accounts, by number. */
export interface OwnedRange {
  readonly vault: string;
  readonly owner: string;
  /** 0 unless given. */
  readonly first?: bigint;
  /** Included. */
  readonly last: bigint;
  /** How many to find at most; 300 unless given, which is also the most that one call finds. */
  readonly most?: bigint;
}

/** `VaultLens`, typed; it rejects with the provider's error, and says of everything else what it could not read. */
export interface VaultLensHandle {
  look(question: LensQuestion, at?: BlockTag): Promise<LensAnswer>;
  accountsOf(range: OwnedRange, at?: BlockTag): Promise<OwnedAccounts>;
}

const NOBODY = "0x0000000000000000000000000000000000000000";
/** Nobody's: the code is lent to it for the duration of a call. */
const LENT_ADDRESS = "0x70c51470c51470c51470c51470c51470c5147002";
/** What the compiler puts between the code that deploys and the code that stays: `return`, `invalid`. */
const END_OF_DEPLOYMENT = "f3fe";
const NOT_REACHED = id("NotReached()").slice(0, 10);
const PERCENT = 10n ** 16n;
const DEFAULTS = { slippageWad: PERCENT, discountWad: 5n * PERCENT, lender: NOBODY, withDetails: false };
/** Below their floors, of three collaterals each, as many as fit a call. */
const CHUNK = 40;
const MOST_FOUND = 300n;
const ZERO: AccountId = `0x${"0".repeat(64)}`;

/**
 * The lens that is deployed at `address`. Errors are told with the tokens of `context`, such as a deployment. Sends
 * nothing.
 */
export function connectVaultLens(
  address: string,
  runner: ContractRunner,
  context?: ErrorContext,
): VaultLensHandle {
  const lens = IVaultLens__factory.connect(address, runner);
  const plain = plainIn(lens.interface, context);
  return {
    async look(question, at = "latest") {
      const accounts = [...(question.accounts ?? [])];
      const asked = { ...DEFAULTS, ...question, accounts };
      const answer = await lens.look(asked, { blockTag: at });
      const seen = answer.accounts.map(({ known, data }, i): AccountSeen => {
        const account = accounts[i] ?? ZERO;
        if (!known) return { account, reading: unknown(data, context) };
        const [view] = AbiCoder.defaultAbiCoder().decode([plain.typeOf("lookAt")], data);
        return { ...(plain.of("lookAt", view) as AccountView), reading: { known } };
      });
      const rest = plain.of("look", answer) as Omit<LensAnswer, "accounts">;
      return { ...rest, ...withLosses(seen) };
    },
    async accountsOf({ vault, owner, first = 0n, last, most = MOST_FOUND }, at = "latest") {
      const answer = await lens.accountsOf(vault, owner, first, last, most, { blockTag: at });
      return plain.of("accountsOf", answer) as OwnedAccounts;
    },
  };
}

/**
 * The lens without a deployment: its code goes with every call, as a state override. The caller brings the code, for the
 * SDK carries none: `runtimeOf(VaultLens__factory.bytecode)`. Rejects as the node does that knows no overrides.
 */
export function lendVaultLens(
  code: string,
  provider: JsonRpcApiProvider,
  context?: ErrorContext,
): VaultLensHandle {
  const overrides = { [LENT_ADDRESS]: { code } };
  const call = async ({ to, data, blockTag }: TransactionRequest): Promise<string> => {
    const at = typeof blockTag === "string" ? blockTag : toQuantity(blockTag ?? 0);
    return String(await provider.send("eth_call", [{ to, data }, at, overrides]));
  };
  return connectVaultLens(LENT_ADDRESS, { provider, call }, context);
}

/**
 * As `look` for any number of accounts, in as many calls as it takes, all at one block. Accounts for which a call had no
 * gas left are asked for again; what comes first in a call is always reached. Rejects as `look` does.
 */
export async function lookAtAll(
  lens: VaultLensHandle,
  question: LensQuestion,
  { at, chunk = CHUNK }: { at?: BlockTag; chunk?: number } = {},
): Promise<LensAnswer> {
  const wanted = question.accounts ?? [];
  const first = await lens.look({ ...question, accounts: wanted.slice(0, chunk) }, at);
  const block = Number(first.blockNumber);
  const accounts = reached(first.accounts);
  while (accounts.length < wanted.length) {
    const next = wanted.slice(accounts.length, accounts.length + chunk);
    const { slippageWad, discountWad, vault } = { ...DEFAULTS, ...question };
    const more = await lens.look({ vault, slippageWad, discountWad, accounts: next }, block);
    accounts.push(...reached(more.accounts));
  }
  return { ...first, ...withLosses(accounts) };
}

/** The accounts before the first that was not reached, and one at least, so that there is an end. */
function reached(accounts: readonly AccountSeen[]): AccountSeen[] {
  const end = accounts.findIndex(({ reading }) => !reading.known && reading.reason === NOT_REACHED);
  return accounts.slice(0, end === -1 ? accounts.length : Math.max(end, 1));
}

/** The code that stays of a contract without constructor, immutables and libraries: the rest of what deploys it. */
export function runtimeOf(creationCode: string): string {
  return `0x${creationCode.slice(creationCode.indexOf(END_OF_DEPLOYMENT) + END_OF_DEPLOYMENT.length)}`;
}

function withLosses(
  accounts: readonly AccountSeen[],
): Pick<LensAnswer, "accounts" | "unbookedLoss" | "unvalued"> {
  let [unbookedLoss, unvalued] = [0n, 0];
  for (const account of accounts) {
    if ("valuation" in account && account.valuation.known) unbookedLoss += account.unbookedLoss;
    else ++unvalued;
  }
  return { accounts, unbookedLoss, unvalued };
}

interface Plain {
  /** What a function answers with. */
  typeOf: (name: string) => ParamType;
  /** The same as plain objects, with sentences beside the reasons. */
  of: (name: string, answer: unknown) => unknown;
}

function plainIn(abi: Interface, context: ErrorContext | undefined): Plain {
  const typeOf = (name: string): ParamType => {
    const [output] = abi.getFunction(name)?.outputs ?? [];
    if (output === undefined) throw new TypeError(`the lens has no ${name}`);
    return output;
  };
  const plain = (type: ParamType, value: unknown): unknown => {
    if (type.isArray()) return [...(value as Result)].map((item) => plain(type.arrayChildren, item));
    if (!type.isTuple()) return isSmall(type) ? Number(value) : value;
    const fields = type.components.map((c, i) => [c.name, plain(c, (value as Result)[i])] as const);
    const named: Readonly<Record<string, unknown>> = Object.fromEntries(fields);
    if (!("reason" in named)) return named;
    return named.known === true ? { known: true } : unknown(String(named.reason), context);
  };
  return { typeOf, of: (name, answer) => plain(typeOf(name), answer) };
}

/** A status, or a collateral's number. */
function isSmall({ type, name }: ParamType): boolean {
  return type === "uint8" || name === "number";
}

function unknown(
  reason: string,
  context: ErrorContext | undefined,
): Exclude<Reading, { readonly known: true }> {
  const sentence =
    reason === "0x"
      ? "It gave no answer that can be read, or was not asked for."
      : decodeError(reason, context).sentence;
  return { known: false, reason, sentence };
}
