import { expect } from "chai";
import { describe, it } from "mocha";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "../../scripts/compile.ts";

const LEVELS: readonly string[] = ["debug", "info", "warn", "error"];
const EVENT = /^[a-z][A-Za-z]*\.[a-z][A-Za-z]*$/;

/** What a file logs, as "level event". A name that is handed on to a log is looked for among all the file's names. */
function loggedIn(source: string): string[] {
  const file = ts.createSourceFile("keeper.ts", source, ts.ScriptTarget.Latest, true);
  const logged: string[] = [];
  const visit = (node: ts.Node): void => {
    const level = levelOf(node);
    if (level !== undefined && ts.isCallExpression(node)) {
      logged.push(...namesOf(node.arguments[0], file).map((name) => `${level} ${name}`));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return logged;
}

/** The level at which a call logs; undefined for one that does not. */
function levelOf(node: ts.Node): string | undefined {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const { expression: receiver, name } = node.expression;
  return /(^|[.#])log$/i.test(receiver.getText()) && LEVELS.includes(name.text) ? name.text : undefined;
}

function namesOf(name: ts.Expression | undefined, file: ts.SourceFile): string[] {
  if (name === undefined) throw new Error("a log call without a name");
  if (ts.isStringLiteral(name)) return [name.text];
  if (ts.isConditionalExpression(name)) {
    return [...namesOf(name.whenTrue, file), ...namesOf(name.whenFalse, file)];
  }
  if (ts.isIdentifier(name)) return argumentsIn(file).filter((text) => EVENT.test(text));
  throw new Error(`a log call whose name is ${name.getText()}`);
}

/** Every string that is an argument of a call that does not log. */
function argumentsIn(file: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && levelOf(node) === undefined) {
      found.push(...node.arguments.filter(ts.isStringLiteral).map(({ text }) => text));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** What the table of the chapter "Log" lists, as "level event". */
function listedIn(page: string): string[] {
  const chapter = page.split("\n## Log\n")[1]?.split("\n## ")[0] ?? "";
  return [...chapter.matchAll(/^\| `([\w.]+)` \| ([a-z, ]+) \|/gm)].flatMap(([, event, levels]) =>
    (levels ?? "").split(", ").map((level) => `${level.trim()} ${event}`),
  );
}

function keeperFiles(): string[] {
  return globSync("keeper/**/*.ts", { cwd: root });
}

describe("docs/keeper.md", () => {
  it("lists every event that the keeper logs, with its level, and no other", () => {
    const files = keeperFiles();
    expect(files.length).to.be.greaterThan(80);
    const logged = new Set(files.flatMap((file) => loggedIn(readFileSync(join(root, file), "utf8"))));
    const listed = listedIn(readFileSync(join(root, "docs", "keeper.md"), "utf8"));
    expect([...logged].filter((each) => !EVENT.test(each.split(" ")[1] ?? ""))).to.be.empty;
    expect(listed.toSorted()).to.deep.equal([...logged].sort());
  });

  it("names every key of the configuration", () => {
    const page = readFileSync(join(root, "docs", "keeper.md"), "utf8");
    const chapter = page.split("\n## Configuration\n")[1]?.split("\n## ")[0] ?? "";
    const rows = [...chapter.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell]) =>
      [...(cell ?? "").matchAll(/`(\w+)`/g)].map(([, key]) => key),
    );
    const source = readFileSync(join(root, "keeper", "config.ts"), "utf8");
    const schema = /const configSchema = z\.strictObject\(\{\n(.*?)\n\}\);/s.exec(source)?.[1] ?? "";
    const keys = [...schema.matchAll(/^ {2}(\w+):/gm)].map(([, key]) => key);
    expect(keys.length).to.be.greaterThan(30);
    expect(rows.toSorted()).to.deep.equal(keys.toSorted());
  });

  it("finds names however they reach the log", () => {
    const source = `
      class A { #log: Log; a() { this.#log.warn("a.one", {}); } }
      const { log } = options;
      log.info(isOwn ? "a.two" : "a.three");
      const say = (event: string) => log.error(event);
      say("a.four"); say("no event");
    `;
    expect(loggedIn('console.error("a.five"); other.info("a.six")')).to.be.empty;
    expect(loggedIn(source)).to.deep.equal(["warn a.one", "info a.two", "info a.three", "error a.four"]);
    expect(() => loggedIn("log.info(`a.${x}`)")).to.throw("whose name is");
  });
});
