/* `npm run docs:margin-call`: writes docs/margin-call.md from a scene played on a chain. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileOrExit, root } from "../compile.ts";
import { writeMarginCallPage } from "./marginCallPage.ts";

await compileOrExit("default");
const file = join(root, "docs", "margin-call.md");
writeFileSync(file, await writeMarginCallPage());
console.log(`wrote ${file}`);
