/** A stream of numbers that a seed and a name decide. */
export interface Random {
  /** From 0 to below 1. */
  readonly next: () => number;
  /** An integer from `least` to `most`. */
  readonly between: (least: number, most: number) => number;
  /** The items in another order. */
  readonly shuffled: <Item>(items: readonly Item[]) => Item[];
}

/** Streams of other names are independent: drawing more from one changes nothing in another. */
export function randomOf(seed: number, stream: string): Random {
  const next = sfc32(`${seed}/${stream}`);
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    between,
    shuffled: <Item>(items: readonly Item[]) => {
      // Sorting by drawn keys: as fair as a swap of neighbours and without an index that could be undefined.
      const keyed = items.map((item) => ({ item, key: next() }));
      return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
    },
  };
}

/** A number from a normal distribution of mean 0 and deviation 1 (Box and Muller). */
export function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  return radius * Math.cos(2 * Math.PI * random.next());
}

/** Chris Doty-Humphrey's "small fast counting" generator, 32 bits, seeded by an FNV hash of the text. */
function sfc32(text: string): () => number {
  let [a, b, c, counter] = [fnv(text, 1), fnv(text, 2), fnv(text, 3), 1];
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i += 1) next();
  return next;
}

function fnv(text: string, salt: number): number {
  let hash = 0x811c9dc5 ^ salt;
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash;
}
