import type { HardhatPlugin } from "hardhat/types/plugins";
import type { CompilerOutputError } from "hardhat/types/solidity";

/** solc names the place; Hardhat's type leaves it out. */
type PlacedError = CompilerOutputError & { sourceLocation?: { file: string } };

/**
 * Said without a line of ours being wrong: contract and init code size, which `npm run size` judges on the profile
 * that is deployed; and that transient storage outlives a call, said wherever it is used, even for a lock.
 */
const NOT_A_FINDING = new Set(["5574", "3860", "2394"]);

/**
 * Makes a compiler warning in our own sources fail the build.
 *
 * Inside Hardhat's compilation rather than on its printed text, because a build with warnings is cached and the
 * next one would be silent. The hook is marked as deprecated; its successor cannot change a job's outcome.
 */
export const warningsAsErrors: HardhatPlugin = {
  id: "tocsin-warnings-as-errors",
  hookHandlers: {
    solidity: () =>
      Promise.resolve({
        default: () =>
          Promise.resolve({
            async invokeSolc(context, compiler, input, config, next) {
              const output = await next(context, compiler, input, config);
              const all = (output.errors ?? []) as PlacedError[];
              const errors = all.filter(({ errorCode = "" }) => !NOT_A_FINDING.has(errorCode));
              for (const error of errors) {
                const isOurs = error.sourceLocation?.file.startsWith("project/") === true;
                if (error.severity === "warning" && isOurs) {
                  error.severity = "error";
                  error.type = "CompilerError"; // Hardhat passes what is typed as a warning, whatever its severity
                }
              }
              return { ...output, errors };
            },
          }),
      }),
  },
};
