import { Contract, id, type ContractRunner } from "ethers";
import { ROLE } from "../../sdk/governance.ts";

const GOVERNANCE_ABI = [
  "function canCall(address caller, address target, bytes4 selector) view returns (bool immediate, uint32 delay)",
  "function getTargetFunctionRole(address target, bytes4 selector) view returns (uint64)",
  "function hashOperation(address caller, address target, bytes data) view returns (bytes32)",
  "function getSchedule(bytes32 operation) view returns (uint48)",
  "function hasRole(uint64 role, address account) view returns (bool isMember, uint32 delay)",
  "function isSealed() view returns (bool)",
  "function schedule(address target, bytes data, uint48 when) returns (bytes32, uint32)",
  "function execute(address target, bytes data) payable returns (uint32)",
];

/** A call of a governed contract. */
export interface GovernedCall {
  readonly target: string;
  readonly signature: string;
  readonly data: string;
}

/** Who may make a call and when. */
export interface Permission {
  /** The role's name, or its number where it has none. */
  readonly role: string;
  /** Whether `caller` may do it at all, and after which delay; undefined when nobody is given. */
  readonly caller?: { readonly may: boolean; readonly delaySeconds: bigint };
  /** When what `caller` has scheduled can be executed, unix seconds; zero when nothing is. */
  readonly readyAt: bigint;
}

/** The governance contract, for `runner`. */
export function governanceAt(address: string, runner: ContractRunner): Contract {
  return new Contract(address, GOVERNANCE_ABI, runner);
}

/** What the governance says of a call. Rejects with the provider's error. */
export async function permissionFor(
  governance: Contract,
  { target, signature, data }: GovernedCall,
  caller: string | undefined,
): Promise<Permission> {
  const selector = id(signature).slice(0, 10);
  const ask = (name: string, ...args: unknown[]): Promise<unknown> =>
    governance.getFunction(name).staticCall(...args) as Promise<unknown>;
  const number = (await ask("getTargetFunctionRole", target, selector)) as bigint;
  const name = Object.entries(ROLE).find(([, each]) => each === number)?.[0];
  const role = name ?? String(number);
  if (caller === undefined) return { role, readyAt: 0n };
  const [immediate, delay] = (await ask("canCall", caller, target, selector)) as [boolean, bigint];
  const operation = await ask("hashOperation", caller, target, data);
  const readyAt = (await ask("getSchedule", operation)) as bigint;
  return { role, caller: { may: immediate || delay > 0n, delaySeconds: delay }, readyAt };
}
