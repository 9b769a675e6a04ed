import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isIP, type AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { UserError, messageOf } from "../errors.ts";
import { listenAt } from "../listenAt.ts";
import type { Log } from "../log.ts";
import type { ListenAddress } from "../metricsConfig.ts";
import type { Metrics } from "./metrics.ts";
import { statusReport } from "./statusReport.ts";
import type { VaultMonitor } from "./vaultMonitor.ts";

export interface MonitorServerOptions {
  readonly listen: ListenAddress;
  readonly monitors: readonly VaultMonitor[];
  readonly metrics: Metrics;
  readonly log: Log;
}

export interface MonitorServer {
  /** With the port that was taken. */
  readonly url: string;
  close(): Promise<void>;
}

type LoopDelay = ReturnType<typeof monitorEventLoopDelay>;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Above which the process is alive and of no use: heads, deadlines and transactions wait behind whatever holds it up. */
const HEALTHY_LOOP_MS = 1_000;
const LOOP_WINDOW_MS = 60_000;
const REQUEST_TIMEOUT_MS = 5_000;
const JSON_TYPE = "application/json; charset=utf-8";

/**
 * Serves `/metrics`, `/healthz`, `/readyz` and `/status`. It only tells, and tells nothing secret; but it asks nobody who
 * they are. Throws a `UserError` when it cannot listen.
 */
export async function openMonitorServer(options: MonitorServerOptions): Promise<MonitorServer> {
  const { listen, log } = options;
  const loop = monitorEventLoopDelay({ resolution: 10 });
  loop.enable();
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, maxHeaderSize: 8_192 },
    (request, response) => {
      void respond(request, response, options, loop);
    },
  );
  const window = setInterval(() => {
    loop.reset();
  }, LOOP_WINDOW_MS);
  // Neither keeps a process alive that has nothing else to do.
  window.unref();
  try {
    await listenAt(server, listen);
  } catch (error) {
    throw new UserError(`metrics.listen: ${listen.host}:${listen.port}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const { port } = server.address() as AddressInfo;
  const host = isIP(listen.host) === 6 ? `[${listen.host}]` : listen.host;
  const url = `http://${host}:${port}`;
  log.info("metrics.served", { url });
  return {
    url,
    close: () => {
      clearInterval(window);
      loop.disable();
      server.closeAllConnections();
      return new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}

async function respond(
  { method, url = "/" }: IncomingMessage,
  response: ServerResponse,
  options: MonitorServerOptions,
  loop: LoopDelay,
): Promise<void> {
  const isRead = method === "GET" || method === "HEAD";
  const { status, type, body } = isRead
    ? await answerTo(new URL(url, "http://keeper").pathname, options, loop)
    : { status: 405, type: "text/plain", body: "only GET\n" };
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(method === "HEAD" ? undefined : body);
}

async function answerTo(
  path: string,
  { monitors, metrics, log }: MonitorServerOptions,
  loop: LoopDelay,
): Promise<Answer> {
  try {
    switch (path) {
      case "/metrics":
        return { status: 200, type: metrics.contentType, body: await metrics.text() };
      case "/healthz":
        return healthOf(loop);
      case "/readyz":
        return readinessOf(monitors);
      case "/status":
        return json(200, monitors.map(statusReport));
      default:
        return { status: 404, type: "text/plain", body: "/metrics, /healthz, /readyz, /status\n" };
    }
  } catch (error) {
    // Whoever watches must not end what is watched.
    log.error("metrics.failed", { path, error: messageOf(error) });
    return json(500, { error: "see the log" });
  }
}

function healthOf(loop: LoopDelay): Answer {
  const loopP99Ms = Math.round(loop.percentile(99) / 1e6);
  const isHealthy = loopP99Ms <= HEALTHY_LOOP_MS;
  return json(isHealthy ? 200 : 503, { isHealthy, loopP99Ms, uptimeSeconds: Math.floor(process.uptime()) });
}

function readinessOf(monitors: readonly VaultMonitor[]): Answer {
  const vaults = monitors.map(({ config, view, notReadyFor }) => ({
    vault: config.deployment.vault,
    block: view?.head.number ?? null,
    reasons: notReadyFor,
  }));
  const isReady = vaults.every(({ reasons }) => reasons.length === 0);
  return json(isReady ? 200 : 503, { isReady, vaults });
}

function json(status: number, value: unknown): Answer {
  return { status, type: JSON_TYPE, body: `${JSON.stringify(value)}\n` };
}
