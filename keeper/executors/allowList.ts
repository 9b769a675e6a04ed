import { GiveUpError } from "../errors.ts";
import { ORACLE_ABI, TOKEN_ABI, VAULT_ABI, type ContractCall, type Targets } from "./encodeAction.ts";

/** Decides what may be signed: a wrong answer anywhere before this cannot cost more than gas. */
export interface AllowList {
  /** Throws a `GiveUpError` for a call that is not on the list: something in this process is not what it should be. */
  check(call: ContractCall): void;
}

/** The vault's and the oracle's functions that the keeper uses, and an approval of the quote token for the vault alone. */
export function allowListOf(targets: Targets): AllowList {
  const selectors = new Map<string, ReadonlySet<string>>([
    [targets.vault.toLowerCase(), selectorsOf(VAULT_ABI)],
    [targets.oracle.toLowerCase(), selectorsOf(ORACLE_ABI)],
    [targets.quote.toLowerCase(), selectorsOf(TOKEN_ABI)],
  ]);
  return {
    check({ to, data }) {
      const selector = data.slice(0, 10);
      if (selectors.get(to.toLowerCase())?.has(selector) !== true) {
        throw new GiveUpError(`refused to sign: ${selector} of ${to} is not on the allow-list`);
      }
      if (to.toLowerCase() === targets.quote.toLowerCase()) checkSpender(data, targets.vault);
    },
  };
}

function checkSpender(data: string, vault: string): void {
  const [spender] = TOKEN_ABI.decodeFunctionData("approve", data) as unknown as [string];
  if (spender.toLowerCase() !== vault.toLowerCase()) {
    throw new GiveUpError(`refused to sign: an approval for ${spender}, which is not the vault`);
  }
}

function selectorsOf(abi: typeof VAULT_ABI): ReadonlySet<string> {
  const selectors = new Set<string>();
  abi.forEachFunction(({ selector }) => selectors.add(selector));
  return selectors;
}
