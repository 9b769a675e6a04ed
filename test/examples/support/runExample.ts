import { JsonRpcProvider } from "ethers";
import { network } from "hardhat";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../../scripts/compile.ts";
import { setMarginCallScene, type Scene } from "../../../scripts/docs/marginCallScene.ts";

const DAY = new Date(Date.UTC(2030, 0, 7));

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** The scene of the margin call on a chain behind a port, with its deployment in a file. */
export interface ServedScene {
  url: string;
  file: string;
  scene: Scene;
  provider: JsonRpcProvider;
  close: () => Promise<void>;
}

/** Runs an example as its reader would. */
export function runExample(name: string, ...args: string[]): Promise<Ran> {
  const tsx = join(root, "node_modules", "tsx", "dist", "cli.mjs");
  return new Promise((resolve) => {
    execFile(process.execPath, [tsx, join(root, "examples", name), ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

export async function serveScene(): Promise<ServedScene> {
  const folder = mkdtempSync(join(tmpdir(), "tocsin-example-"));
  const file = join(folder, "deployment.json");
  const server = await network.createServer({ override: { initialDate: DAY } });
  const { address, port } = await server.listen();
  const url = `http://${address}:${port}`;
  const provider = new JsonRpcProvider(url, undefined, {
    batchMaxCount: 1,
    cacheTimeout: -1,
    staticNetwork: true,
  });
  const scene = await setMarginCallScene({
    signers: await Promise.all([0, 1, 2, 3].map((i) => provider.getSigner(i))),
    request: (method, params) => provider.send(method, params),
  });
  writeFileSync(file, JSON.stringify(scene.deployment));
  const close = async () => {
    provider.destroy();
    await server.close();
    rmSync(folder, { recursive: true });
  };
  return { url, file, scene, provider, close };
}
