// The browser's code is held to every rule that ESLint recommends, and to some more that find mistakes.

import js from "@eslint/js";
import globals from "globals";

const MORE = {
  "array-callback-return": "error",
  eqeqeq: "error",
  "no-constructor-return": "error",
  "no-implicit-globals": "error",
  "no-self-compare": "error",
  "no-shadow": "error",
  "no-template-curly-in-string": "error",
  "no-throw-literal": "error",
  "no-unmodified-loop-condition": "error",
  "no-unreachable-loop": "error",
  "no-unused-expressions": ["error", { allowShortCircuit: true, allowTernary: true }],
  "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
  "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-const": "error",
};

export default [
  { ignores: [".venv/", "build/", "mutants/", "node_modules/"] },
  {
    files: ["**/*.{js,mjs}"],
    languageOptions: { ecmaVersion: "latest", sourceType: "module" },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: { ...js.configs.recommended.rules, ...MORE },
  },
  { files: ["dashboard/assets/**", "docs/clients/**"], languageOptions: { globals: globals.browser } },
  { files: ["dashboard/assets/**/*.js"], languageOptions: { sourceType: "script" } },
  { files: ["tests/**", "*.mjs"], languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  // A test evaluates these files in a page: each is one function.
  { files: ["tests/browser/*.js"], languageOptions: { sourceType: "script" }, rules: { "no-unused-expressions": "off" } },
];
