import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const noOnlyOrSkip = ["describe", "context", "it"].flatMap((object) =>
  ["only", "skip"].map((property) => ({ object, property, message: "Every test runs, every time." })),
);

export default defineConfig(
  globalIgnores(["artifacts*/", "cache*/", "coverage/", "out/", "types/"]),
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      "max-lines": ["error", { max: 350 }],
    },
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      // With the default, every `${blockNumber}` needs a String() around it.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "max-lines": ["error", { max: 900 }],
      "no-restricted-properties": ["error", ...noOnlyOrSkip],
      // An undefined value fails the test that trips over it, which is what a test is for.
      "@typescript-eslint/no-non-null-assertion": "off",
      // Chai's assertions are properties: expect(x).to.be.true.
      "@typescript-eslint/no-unused-expressions": "off",
    },
  },
  {
    files: ["**/*.{js,mjs}"],
    languageOptions: { globals: { console: "readonly", process: "readonly", setTimeout: "readonly" } },
  },
);
