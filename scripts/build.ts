/* `npm run build [-- --production]`: compiles the contracts; the development profile also writes `types/`. */
import { compileOrExit } from "./compile.ts";

await compileOrExit(process.argv.includes("--production") ? "production" : "default");
