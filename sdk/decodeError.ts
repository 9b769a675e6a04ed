import { Interface } from "ethers";
import { formatAccountId, toAccountId } from "./accountId.ts";
import type { Deployment } from "./deployment.ts";
import { ERROR_SENTENCES, type Speaker } from "./errorSentences.ts";
import { formatAmount, formatBps, formatDuration, formatTime, formatWad, type Unit } from "./format.ts";
import { refusalName, statusName } from "./vaultTypes.ts";

/** A revert, explained. */
export interface DecodedError {
  /** The Solidity name; `Error` for a message, `Panic` for a panic, `Unknown` for what this version does not know. */
  readonly name: string;
  /** The arguments by name: bigint, string or boolean. */
  readonly args: Readonly<Record<string, unknown>>;
  /** What happened, where, and what to do, in one sentence. */
  readonly sentence: string;
}

/** The tokens that a sentence can name; a `Deployment` is one. */
export type ErrorContext = Pick<Deployment, "quote" | "collaterals">;

const declarations = Object.keys(ERROR_SENTENCES);
const errors = new Interface(declarations.map((declaration) => `error ${declaration}`));
const sentenceByName = new Map(
  declarations.map((declaration) => [
    declaration.slice(0, declaration.indexOf("(")),
    ERROR_SENTENCES[declaration],
  ]),
);

/** solc's panic codes; https://docs.soliditylang.org/en/latest/control-structures.html */
const PANICS = new Map<bigint, string>([
  [0x01n, "an assertion failed"],
  [0x11n, "a number overflowed"],
  [0x12n, "a number was divided by zero"],
  [0x21n, "a number is no member of its enum"],
  [0x22n, "stored bytes are malformed"],
  [0x31n, "an empty list was shortened"],
  [0x32n, "a list has no item of that number"],
  [0x41n, "memory ran out"],
  [0x51n, "an empty function was called"],
]);

/**
 * Explains the data of a revert. With a deployment, amounts have symbols and decimals; without, they are base units.
 * Never throws: data of no known error is explained as that.
 */
export function decodeError(data: string, context?: ErrorContext): DecodedError {
  if (data === "0x" || data === "") {
    const sentence =
      "The call reverted without a reason: check that the address holds the contract you mean and that there is gas enough.";
    return { name: "Unknown", args: {}, sentence };
  }
  try {
    const parsed = errors.parseError(data);
    if (parsed === null) return unknown(data);
    if (parsed.name === "Error") return messageError(String(parsed.args[0]));
    if (parsed.name === "Panic") return panicError(parsed.args[0] as bigint);
    const args = parsed.args.toObject() as Record<string, unknown>;
    const sentence = sentenceByName.get(parsed.name)?.(speakerOf(args, context));
    return sentence === undefined ? unknown(data) : { name: parsed.name, args, sentence };
  } catch {
    return unknown(data);
  }
}

/** The name of the error with a selector of four bytes; undefined for one that this version does not know. */
export function errorNameOf(selector: string): string | undefined {
  return errors.getError(selector)?.name;
}

function unknown(data: string): DecodedError {
  const shown = data.length > 74 ? `${data.slice(0, 74)}…` : data;
  return {
    name: "Unknown",
    args: {},
    sentence: `The call reverted with an error that this version does not know, ${shown}: it may come from a token or a callback.`,
  };
}

function messageError(message: string): DecodedError {
  const shown = message.length > 200 ? `${message.slice(0, 200)}…` : message;
  return {
    name: "Error",
    args: { message },
    sentence: `The call reverted with the message "${shown}", which comes from a token, a feed or a callback.`,
  };
}

function panicError(code: bigint): DecodedError {
  const meaning = PANICS.get(code) ?? "the code is not one of the compiler's";
  return {
    name: "Panic",
    args: { code },
    sentence: `The contract stopped with panic 0x${code.toString(16)}, ${meaning}: an input is out of all bounds, or the contract has a bug worth reporting.`,
  };
}

function speakerOf(args: Readonly<Record<string, unknown>>, context: ErrorContext | undefined): Speaker {
  const text = (name: string) => String(args[name]);
  const number = (name: string) => args[name] as bigint;
  const unitOf = (address: string): Unit | undefined =>
    context && [context.quote, ...context.collaterals].find((asset) => asset.address === address);
  const units = (value: bigint, unit: Unit | undefined, what: string) =>
    unit === undefined ? `${value.toString()} base units of ${what}` : formatAmount(value, unit);
  return {
    account: (name) => formatAccountId(toAccountId(text(name))),
    address: text,
    asset: (name) => unitOf(text(name))?.symbol ?? text(name),
    quote: (name) => units(number(name), context?.quote, "the quote asset"),
    amount: (name, assetName) => units(number(name), unitOf(text(assetName)), text(assetName)),
    integer: (name) => number(name).toString(),
    wad: (name) => formatWad(number(name)),
    bps: (name) => formatBps(number(name)),
    duration: (name) => formatDuration(number(name)),
    time: (name) => formatTime(number(name)),
    status: (name) => statusName(number(name)),
    refusal: (name) => refusalName(number(name)),
  };
}
