import { expect } from "chai";
import { describe, it } from "mocha";
import { ProgressLine } from "../../../keeper/commands/progressLine.ts";

describe("a line of progress", () => {
  const lineTo = (isTTY: boolean) => {
    let written = "";
    let nowMs = 0;
    const output = { isTTY, columns: 30, write: (text: string) => (written += text) };
    const line = new ProgressLine(output, () => nowMs);
    const sayAt = (atMs: number, text: string) => {
      nowMs = atMs;
      line.say(() => text);
    };
    return { line, sayAt, written: () => written };
  };

  it("is written over in a terminal, cut to its width, and taken away at the end", () => {
    const { line, sayAt, written } = lineTo(true);
    sayAt(50, "too soon");
    sayAt(100, "first");
    sayAt(150, "too soon");
    sayAt(200, "x".repeat(40));
    line.clear();
    line.clear();
    expect(written()).to.equal(`\r\u001b[Kfirst\r\u001b[K${"x".repeat(29)}\r\u001b[K`);
  });

  it("is a line every few seconds in a pipe, and nothing for what is over at once", () => {
    const { line, sayAt, written } = lineTo(false);
    sayAt(4_999, "too soon");
    sayAt(5_000, "first");
    sayAt(9_000, "too soon");
    sayAt(10_000, "second");
    line.clear();
    expect(written()).to.equal("first\nsecond\n");
  });
});
