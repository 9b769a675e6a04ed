import { expect } from "chai";
import { describe, it } from "mocha";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "../../scripts/compile.ts";

/** The catalogue's bad inputs that a contract can be given. */
const COUNT = 63;

/** The name of every test of a file as the runner prints it: what describes it, and what it says. */
function testNames(source: string): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node, described: string): void => {
    const name = ts.isCallExpression(node) ? nameOf(node) : undefined;
    if (name?.of === "it") names.push(`${described} ${name.text}`);
    const inside = name?.of === "describe" ? `${described} ${name.text}` : described;
    ts.forEachChild(node, (child) => {
      visit(child, inside);
    });
  };
  visit(ts.createSourceFile("test.ts", source, ts.ScriptTarget.Latest), "");
  return names;
}

/** What `it` or `describe` is called with; of a template what is written out. */
function nameOf({ expression, arguments: [name] }: ts.CallExpression) {
  if (!ts.isIdentifier(expression) || name === undefined) return undefined;
  const of = expression.text;
  if (of !== "it" && of !== "describe") return undefined;
  if (ts.isStringLiteralLike(name)) return { of, text: name.text };
  if (!ts.isTemplateExpression(name)) return undefined;
  return { of, text: [name.head.text, ...name.templateSpans.map(({ literal }) => literal.text)].join(" ") };
}

function numbersIn(names: readonly string[]): Set<string> {
  return new Set(names.flatMap((name) => name.match(/\bC-\d\d\b/g) ?? []));
}

describe("the catalogue of bad inputs", () => {
  const files = globSync(join(root, "test/**/*.test.ts"));
  const named = numbersIn(files.flatMap((file) => testNames(readFileSync(file, "utf8"))));

  for (let number = 1; number <= COUNT; number++) {
    const wanted = `C-${String(number).padStart(2, "0")}`;
    it(`has a test that names number ${number}`, () => {
      expect(named.has(wanted), `a test whose name says ${wanted}`).to.equal(true);
    });
  }

  it("counts names of tests alone, not comments, strings, or descriptions of nothing", () => {
    const source = `
      // C-01
      const text = "C-02";
      describe("empty (C-03)", () => {});
      describe("full (C-04)", () => { for (const x of y) it(\`\${x} works (C-05)\`, () => { f("C-06"); }); });
      xit("C-07"); it(name("C-08"), () => {});`;
    expect([...numbersIn(testNames(source))].sort()).to.deep.equal(["C-04", "C-05"]);
  });
});
