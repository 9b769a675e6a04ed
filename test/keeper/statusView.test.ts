import { expect } from "chai";
import { describe, it } from "mocha";
import type { Config } from "../../keeper/config.ts";
import { watchStatus } from "../../keeper/commands/statusWatch.ts";
import { UserError } from "../../keeper/errors.ts";
import { silentLog } from "../../keeper/log.ts";
import { Metrics } from "../../keeper/monitor/metrics.ts";
import { openMonitorServer } from "../../keeper/monitor/monitorServer.ts";
import { Display } from "../../keeper/statusView/display.ts";
import { partsOf } from "../../keeper/statusView/paint.ts";
import { renderStatus } from "../../keeper/statusView/renderStatus.ts";
import { CRASH } from "./support/crashReport.ts";
import { blockViewOf, monitorOf } from "./support/blockView.ts";
import { VAULT } from "./support/vaultLogs.ts";

const PLAIN = { columns: 130, rows: 40, isColoured: false };

describe("renderStatus", () => {
  it("shows a crash as it is", () => {
    expect(renderStatus([CRASH], PLAIN)).to.deep.equal([
      "tocsin 0x5FbDB2315678afecb367f032d93F642f64180aa3  block 21403117  2030-01-01 00:00:00 UTC  3 s ago  agreed  41 ms",
      "ready",
      "debt 48,210,334.12 USDC  WETH 1,702.11  WBTC 27,940.5 (old)",
      "purse 812,400 USDC, allowed 500,000; gas urgent 4.21, normal 1.03, housekeeping 1.03",
      "due liquidateCritical 2 (1 late), openCall 3  left alone notProfitable 11, quoteBalance 1  next moment in 5 min 12 s",
      "first in the row  brake backed  sending",
      "Insolvent 0  Critical 2  Expired 14  Lapsed 1  Callable 3  Called 96  Recovering 2  Warned 388  Healthy 11902  Forfeited 0  ",
      "",
      "open calls (113)",
      "  0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC    3  Called     H  0.9944  F  1.0836          51,000  5 min 12 s left",
      "  0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC    4  Called     H  1.0031  F  1.0931        7,700.25  2 h 38 min left",
      "",
      "nearest to their triggers",
      "  0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC    0  Critical   H  0.9032  F  0.9843      412,008.31",
      "  0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC    7  Callable   H  0.9981  F  1.0877          18,400",
      "  0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC   12  Warned     H  1.0022  F  1.0921         9,120.5",
      "",
      "last transactions",
      "   21403117  mined     openCall              41 accounts  nonce 902   0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
      "   21403116  reverted  liquidateCritical      1 accounts  nonce 188   0xb2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2",
      "   21403116  sent      openCall              41 accounts  nonce 902   0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
    ]);
  });

  it("shows why a keeper is not to be relied upon, and nothing that it does not know", () => {
    const early = {
      vault: CRASH.vault,
      quote: "USDC",
      mode: "live" as const,
      stillSeconds: 9,
      notReadyFor: ["no endpoint is in use"],
    };
    expect(renderStatus([early], PLAIN)).to.deep.equal([
      `tocsin ${CRASH.vault}`,
      "not ready: no endpoint is in use",
    ]);
  });

  it("says of a keeper without a key that nothing is sent, and shows no transactions", () => {
    const lines = renderStatus([{ ...CRASH, mode: "dry-run" }], PLAIN).map((line) => line.trimEnd());
    expect(lines).to.include("first in the row  brake backed  dry-run: nothing is sent");
    expect(lines).to.include("purse 812,400 USDC, as if it had them");
    expect(lines.some((line) => line.includes("last transactions"))).to.be.false;
  });

  it("takes a keeper that is older than its view, and says no mode, for a live one", () => {
    const { mode, ...older } = CRASH;
    expect(mode).to.equal("live");
    expect(renderStatus([older], PLAIN)).to.deep.equal(renderStatus([CRASH], PLAIN));
  });

  it("says what is unusual: a standby in charge, an engaged brake, stopped sending, a clock that stands still", () => {
    const lines = renderStatus(
      [
        {
          ...CRASH,
          standby: { rank: 1, isInCharge: true },
          brake: "engaged",
          isSendingStopped: true,
          stoppedBy: "sequencerDown",
        },
      ],
      PLAIN,
    );
    expect(lines).to.include(
      "standby 1, in charge  brake engaged  sending is stopped  the clock stands still: sequencerDown",
    );
  });

  it("fits every screen, colours it only where there are any, and loses no letter by it", () => {
    for (const [columns, rows] of [
      [60, 10],
      [80, 24],
      [200, 60],
      [10, 1],
    ] as const) {
      const plain = renderStatus([CRASH, CRASH], { columns, rows, isColoured: false });
      expect(plain.length).to.be.at.most(Math.max(1, rows - 1));
      for (const line of plain) expect(line.length).to.be.at.most(Math.max(60, columns));
      const coloured = renderStatus([CRASH, CRASH], { columns, rows, isColoured: true });
      const text = coloured.map((line) =>
        partsOf(line)
          .map(([part]) => part)
          .join(""),
      );
      expect(text).to.deep.equal([...plain]);
    }
    const [, ready] = renderStatus([CRASH], { ...PLAIN, isColoured: true });
    expect(partsOf(ready!)).to.deep.equal([["ready", "good"]]);
  });

  it("is pure", () => {
    expect(renderStatus([CRASH], PLAIN)).to.deep.equal(renderStatus([CRASH], PLAIN));
  });
});

describe("Display", () => {
  const recorder = (isTTY: boolean) => {
    const writes: string[] = [];
    return { isTTY, columns: 80, rows: 24, writes, write: (text: string) => writes.push(text) };
  };

  it("draws over what was there in one write, never clearing the screen, and gives the terminal back", () => {
    const output = recorder(true);
    const display = new Display(output);
    display.draw(["one", "two"]);
    display.draw(["one", "two"]);
    display.draw(["three"]);
    display.close();
    display.close();
    expect(output.writes).to.deep.equal([
      "\u001b[?1049h\u001b[?25l\u001b[Hone\u001b[K\r\ntwo\u001b[K\u001b[J",
      "\u001b[Hthree\u001b[K\u001b[J",
      "\u001b[?25h\u001b[?1049l",
    ]);
  });

  it("writes plain text where there is no terminal, each frame once", () => {
    const output = recorder(false);
    const display = new Display(output);
    display.draw(["one"]);
    display.draw(["one"]);
    display.draw(["two"]);
    display.close();
    expect(output.writes).to.deep.equal(["one\n\n", "two\n\n"]);
  });
});

describe("watchStatus", () => {
  const configFor = (url: string) => {
    const { hostname: host, port } = new URL(url);
    return { metrics: { listen: { host, port: Number(port) }, staleSeconds: 1, unsureSeconds: 1 } } as Config;
  };
  const collect = () => {
    const writes: string[] = [];
    return { writes, write: (text: string) => writes.push(text) };
  };

  it("asks the keeper, shows it, and says so when it is gone", async () => {
    const monitor = monitorOf();
    monitor.decided(blockViewOf([]));
    const listen = { host: "127.0.0.1", port: 0 };
    const metrics = new Metrics([monitor]);
    const server = await openMonitorServer({ listen, monitors: [monitor], metrics, log: silentLog });
    const configs = [configFor(server.url)];
    const signal = new AbortController().signal;
    const output = collect();
    await watchStatus({ configs, output, signal, once: true });
    expect(output.writes.join("")).to.contain(VAULT).and.to.contain("block 100");
    await server.close();
    const gone = collect();
    await watchStatus({ configs, output: gone, signal, once: true });
    expect(gone.writes.join("")).to.contain("no keeper answers at");
  });

  it("ends when it is told to, between two looks", async () => {
    const stop = new AbortController();
    const output = collect();
    const watching = watchStatus({
      configs: [configFor("http://127.0.0.1:1")],
      output,
      signal: stop.signal,
      everyMs: 3_600_000,
    });
    const isDrawn = setInterval(() => {
      if (output.writes.length > 0) stop.abort();
    }, 5);
    await watching;
    clearInterval(isDrawn);
    expect(output.writes).to.have.length(1);
  });

  it("C-66 says what is missing where the keeper serves nothing", async () => {
    const configs = [{ metrics: undefined } as Config];
    const error: unknown = await watchStatus({
      configs,
      output: collect(),
      signal: new AbortController().signal,
    }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(UserError);
  });
});
