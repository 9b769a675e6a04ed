import type { Provider } from "ethers";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDeployment, type Deployment } from "../sdk/deployment.ts";
import { InputError } from "../sdk/inputError.ts";
import { root } from "./compile.ts";

export interface DeploymentOptions {
  rpc: string;
  deployment?: string;
}

/**
 * The deployment of the file that the user names, else the repository's own of the provider's chain. Throws an
 * `InputError` when the file cannot be read, is no deployment, or is of another chain.
 */
export async function readDeployment(
  provider: Provider,
  { rpc, deployment: named }: DeploymentOptions,
): Promise<Deployment> {
  const { chainId } = await provider.getNetwork();
  const file = named ?? join(root, "deployments", `${chainId}.json`);
  const deployment = parseDeployment(readJson(file));
  if (BigInt(deployment.chainId) !== chainId)
    throw new InputError(`${file} is of chain ${deployment.chainId}; ${rpc} is chain ${chainId}.`);
  return deployment;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new InputError(`The deployment ${file} cannot be read: ${(error as Error).message}`);
  }
}
