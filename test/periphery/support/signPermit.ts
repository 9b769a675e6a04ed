import { Signature, type BaseContract, type TypedDataDomain } from "ethers";
import type { PermitToken } from "../../../types/index.ts";
import { MAX_UINT, type World } from "../../vault/support/world.ts";

const TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

/** A permit as the router takes it. */
export interface Permit {
  value: bigint;
  deadline: bigint;
  v: number;
  r: string;
  s: string;
}

export interface PermitPlan {
  value: bigint;
  deadline?: bigint;
  nonce?: bigint;
  /** Who signs, if not the owner. */
  by?: World["trader"];
  domain?: TypedDataDomain;
}

/** No permit at all: what a caller passes who has approved the router. */
export const NO_PERMIT: Permit = {
  value: 0n,
  deadline: 0n,
  v: 0,
  r: `0x${"00".repeat(32)}`,
  s: `0x${"00".repeat(32)}`,
};

/** The domain, types and message of an ERC-2612 permit of a `PermitToken`, for who signs them otherwise. */
export async function permitDataOf(
  token: BaseContract,
  owner: string,
  spender: string,
  plan: PermitPlan,
): Promise<[TypedDataDomain, typeof TYPES, Record<string, unknown>]> {
  const permitToken = token as PermitToken;
  const [, name, version, chainId, verifyingContract] = await permitToken.eip712Domain();
  const domain = { name, version, chainId, verifyingContract, ...plan.domain };
  const { value, deadline = MAX_UINT } = plan;
  const nonce = plan.nonce ?? (await permitToken.nonces(owner));
  return [domain, TYPES, { owner, spender, value, nonce, deadline }];
}

/** The permit of `owner` for `spender`, good for ever unless told otherwise. */
export async function signPermit(
  token: BaseContract,
  owner: World["trader"],
  spender: string,
  plan: PermitPlan,
): Promise<Permit> {
  const data = await permitDataOf(token, owner.address, spender, plan);
  const { v, r, s } = Signature.from(await (plan.by ?? owner).signTypedData(...data));
  return { value: plan.value, deadline: plan.deadline ?? MAX_UINT, v, r, s };
}
