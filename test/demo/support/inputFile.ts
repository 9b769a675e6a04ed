import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of its own for the files of one describe block. */
export class InputFolder {
  readonly path = mkdtempSync(join(tmpdir(), "tocsin-prices-"));

  write(content: string | Uint8Array, name = "prices.csv"): string {
    const file = join(this.path, name);
    writeFileSync(file, content);
    return file;
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
