import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Deployment } from "../../../sdk/deployment.ts";

/** Writes a deployment as `npm run deploy` would, into `folder`; returns the file. */
export function writeDeployment(folder: string, deployment: Deployment): string {
  const file = join(folder, `${deployment.chainId}.json`);
  writeFileSync(file, `${JSON.stringify(deployment, undefined, 2)}\n`);
  return file;
}
