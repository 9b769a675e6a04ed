/*
 * `npm run build [-- --production]`: compiles the contracts; the development profile also writes `types/`.
 * With `--if-missing` it does so only where `types/` is not there yet, for scripts that need nothing else of it.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { compileOrExit, root } from "./compile.ts";

const isWanted = !process.argv.includes("--if-missing") || !existsSync(join(root, "types", "index.ts"));
if (isWanted) await compileOrExit(process.argv.includes("--production") ? "production" : "default");
