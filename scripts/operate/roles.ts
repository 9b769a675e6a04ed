import { InputError } from "../../sdk/inputError.ts";
import { ROLE, type RoleName } from "../../sdk/governance.ts";
import type { ActContext } from "./act.ts";
import { governanceAt } from "./permission.ts";

/** A role by its name. */
export function roleIn(text: string | undefined): RoleName {
  const names = Object.keys(ROLE) as RoleName[];
  const found = names.find((name) => name === text);
  if (found === undefined) throw new InputError(`"${text ?? ""}" is no role: there are ${names.join(", ")}`);
  return found;
}

/** Whether an account has a role now, and what it then waits. Rejects with the provider's error. */
export async function membershipOf(
  role: RoleName,
  account: string,
  { deployment, runner }: ActContext,
): Promise<{ isMember: boolean; delaySeconds: bigint }> {
  if (deployment.governance === undefined) throw new InputError("the deployment names no governance");
  const governance = governanceAt(deployment.governance, runner);
  const answer: unknown = await governance.getFunction("hasRole").staticCall(ROLE[role], account);
  const [isMember, delaySeconds] = answer as [boolean, bigint];
  return { isMember, delaySeconds };
}
