import { once } from "node:events";
import type { Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { ListenAddress } from "./metricsConfig.ts";
import { PATIENCE_MS } from "./store/storeLock.ts";

const TRY_AGAIN_MS = 100;

/** Begins to listen; where the address is taken, it is tried for two seconds. Throws what the system says. */
export async function listenAt(server: Server, { host, port }: ListenAddress): Promise<void> {
  for (const until = performance.now() + PATIENCE_MS; ;) {
    server.listen({ host, port });
    try {
      await once(server, "listening");
      return;
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
      if (!isTaken || performance.now() >= until) throw error;
    }
    await sleep(TRY_AGAIN_MS);
  }
}
