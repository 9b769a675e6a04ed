import { getBytes, keccak256 } from "ethers";

/** The three bits that an address or a topic sets among a bloom's 2048, as byte and mask; see the Yellow Paper, 4.3.1. */
function bitsOf(item: string): readonly (readonly [byte: number, mask: number])[] {
  const hash = getBytes(keccak256(item));
  return [0, 2, 4].map((at) => {
    const bit = (((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0)) & 2047;
    return [255 - (bit >> 3), 1 << (bit & 7)];
  });
}

/** Whether a block may hold logs of an address, by the bloom in its header: never wrongly no, now and then wrongly yes. */
export class LogsBloom {
  readonly #address: ReturnType<typeof bitsOf>;
  readonly #topics: readonly ReturnType<typeof bitsOf>[];

  /** @param topics The first topics, one of which each of the logs has. */
  constructor(address: string, topics: readonly string[]) {
    this.#address = bitsOf(address);
    this.#topics = topics.map(bitsOf);
  }

  mayHold(logsBloom: string): boolean {
    const bytes = getBytes(logsBloom);
    const holds = (bits: ReturnType<typeof bitsOf>) =>
      bits.every(([byte, mask]) => ((bytes[byte] ?? 0) & mask) !== 0);
    return holds(this.#address) && this.#topics.some(holds);
  }
}
