import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../config.ts";
import { UserError, messageOf } from "../errors.ts";
import type { StatusReport } from "../monitor/statusReport.ts";
import { Display, type Output } from "../statusView/display.ts";
import { renderStatus } from "../statusView/renderStatus.ts";

export interface StatusWatchOptions {
  readonly configs: readonly Config[];
  readonly output: Output;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks. */
  readonly everyMs?: number;
  /** Ends after the first frame, for whoever wants a look and no watch. */
  readonly once?: boolean;
}

const EVERY_MS = 1_000;
const TIMEOUT_MS = 5_000;

/**
 * Shows a running keeper's book in a terminal until the signal aborts. It asks the keeper itself, at `metrics.listen`;
 * one that gives no answer is waited for. Throws a `UserError` when the configuration has no such address.
 */
export async function watchStatus({
  configs,
  output,
  signal,
  everyMs,
  once = false,
}: StatusWatchOptions): Promise<void> {
  const url = statusUrl(configs);
  const display = new Display(output);
  try {
    while (!signal.aborted) {
      display.draw(await frame(url, display, signal));
      if (once) return;
      await sleep(everyMs ?? EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    display.close();
  }
}

async function frame(
  url: string,
  { columns, rows, isTerminal }: Display,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const until = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const response = await fetch(url, { signal: until });
    if (!response.ok) return [`the keeper at ${url} answers with ${response.status}`];
    // Our own process, by our own configuration: it is taken at its word.
    const reports = (await response.json()) as readonly StatusReport[];
    return renderStatus(reports, { columns, rows, isColoured: isTerminal });
  } catch (error) {
    return [`no keeper answers at ${url}: ${messageOf(error)}`];
  }
}

function statusUrl(configs: readonly Config[]): string {
  const listen = configs.find(({ metrics }) => metrics !== undefined)?.metrics?.listen;
  if (listen === undefined) {
    throw new UserError(
      'status --watch asks the keeper itself, which needs "metrics": { "listen": "127.0.0.1:9469" }',
    );
  }
  const { host, port } = listen;
  // One that listens everywhere is asked at home.
  const own = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${own.includes(":") ? `[${own}]` : own}:${port}/status`;
}
