/** What is wrong with a file the user gave, in one sentence that names the file, the line and what to do. */
export class PriceInputError extends Error {
  override readonly name = "PriceInputError";
  readonly file: string;
  /** Counted from 1; absent when it is the file as a whole. */
  readonly line: number | undefined;

  constructor(file: string, line: number | undefined, what: string) {
    super(line === undefined ? `${file}: ${what}.` : `${file}, line ${line}: ${what}.`);
    this.file = file;
    this.line = line;
  }
}
