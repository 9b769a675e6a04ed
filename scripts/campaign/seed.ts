import { hexlify, randomBytes, toBeHex } from "ethers";

/** A seed nobody has chosen: 32 bytes as the runner takes them. */
export function freshSeed(): string {
  return hexlify(randomBytes(32));
}

/** A seed from a number, decimal or `0x…`; throws when it is none. */
export function readSeed(text: string): string {
  return toBeHex(BigInt(text), 32);
}
