import { keccak256, TypedDataEncoder, type TypedDataDomain, type TypedDataField } from "ethers";

/** Ways in which a trader can be told. */
export const ALERT_CHANNELS = ["webhook", "telegram", "discord", "slack", "email"] as const;
export type AlertChannel = (typeof ALERT_CHANNELS)[number];

/** What a trader can be told of. */
export const ALERT_LEVELS = ["approaching", "forecast", "called", "reminder", "cured", "liquidated"] as const;
export type AlertLevel = (typeof ALERT_LEVELS)[number];

/** What is common to all that an owner signs about alerts. Times are seconds since 1970. */
interface SignedByOwner {
  readonly owner: string;
  readonly channel: AlertChannel;
  /** A URL, a chat, or an address, by the channel. */
  readonly target: string;
  /** What an owner signs later about the same channel and target replaces this. */
  readonly issuedAt: number;
  /** Until when it may be handed in; it does not end the subscription. */
  readonly validUntil: number;
}

/** "Tell me about my accounts." */
export interface Subscribe extends SignedByOwner {
  readonly levels: readonly AlertLevel[];
  /** Such as `22:00-07:00 Europe/Berlin`, in which warnings wait; empty for none. */
  readonly quietHours: string;
  /** Of the secret by which a webhook knows its messages, see `secretHashOf`; zero for other channels. */
  readonly secretHash: string;
}

/** "Tell me no more." */
export type Unsubscribe = SignedByOwner;

/** Something to sign, as wallets and ethers' `signTypedData` take it. */
export interface AlertTypedData {
  readonly domain: TypedDataDomain;
  readonly types: Record<string, TypedDataField[]>;
  readonly message: Readonly<Record<string, unknown>>;
}

/** The hash of no secret. */
export const NO_SECRET_HASH = `0x${"0".repeat(64)}`;

const SIGNED_BY_OWNER: readonly TypedDataField[] = [
  { name: "owner", type: "address" },
  { name: "channel", type: "string" },
  { name: "target", type: "string" },
];
const TIMES: readonly TypedDataField[] = [
  { name: "issuedAt", type: "uint64" },
  { name: "validUntil", type: "uint64" },
];

/** What an owner signs to subscribe (EIP-712), for one vault on one chain. */
export function subscribeTypedData(chainId: number, vault: string, message: Subscribe): AlertTypedData {
  const Subscribe = [
    ...SIGNED_BY_OWNER,
    { name: "levels", type: "string[]" },
    { name: "quietHours", type: "string" },
    { name: "secretHash", type: "bytes32" },
    ...TIMES,
  ];
  return { domain: domainOf(chainId, vault), types: { Subscribe }, message: { ...message } };
}

/** What an owner signs to end a subscription. */
export function unsubscribeTypedData(chainId: number, vault: string, message: Unsubscribe): AlertTypedData {
  const types = { Unsubscribe: [...SIGNED_BY_OWNER, ...TIMES] };
  return { domain: domainOf(chainId, vault), types, message: { ...message } };
}

/** What a contract that owns an account is asked about (ERC-1271). */
export function alertDigest({ domain, types, message }: AlertTypedData): string {
  return TypedDataEncoder.hash(domain, types, message);
}

/** @param secret 0x and hex digits. */
export function secretHashOf(secret: string): string {
  return keccak256(secret);
}

function domainOf(chainId: number, vault: string): TypedDataDomain {
  return { name: "Tocsin Alerts", version: "1", chainId, verifyingContract: vault };
}
