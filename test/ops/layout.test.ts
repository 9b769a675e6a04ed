import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { configTemplate } from "../../keeper/commands/configTemplate.ts";
import { readConfig, type Config } from "../../keeper/config.ts";
import { MODES, type Mode } from "../../keeper/mode.ts";
import { root } from "../../scripts/compile.ts";
import { madeUpDeployment } from "../keeper/support/madeUpDeployment.ts";

interface Service {
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly ports?: readonly string[];
  readonly expose?: readonly string[];
  readonly volumes: readonly string[];
  readonly secrets?: readonly string[];
}
interface Composed {
  readonly services: { readonly keeper: Service; readonly prometheus: Service };
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

const read = (...path: string[]) => readFileSync(join(root, "ops", ...path), "utf8");
const DOCKERFILE = read("Dockerfile");
const COMPOSE = read("compose.yaml");
const UNIT = read("systemd", "tocsin-keeper.service");
const composed = parse(COMPOSE) as Composed;
const { keeper, prometheus } = composed.services;

/** What a file's head says that the configuration has to have. */
function wanted(text: string): Readonly<Record<string, unknown>> {
  const lines = [...text.matchAll(/^#> {2}(.+)$/gm)].map(([, line]) => line);
  expect(lines).to.not.be.empty;
  return parse(lines.join("\n")) as Record<string, unknown>;
}

/** What init writes, with what a head says in place of its own, as the keeper reads it in the folder that it is seen in. */
function configIn(folder: string, mode: Mode, changes: Readonly<Record<string, unknown>>): Config {
  const key = { keystoreFile: "keystore.json", passwordFile: "../password" };
  const template = configTemplate({
    deployment: madeUpDeployment,
    deploymentFile: "deployment.json",
    storeFile: "keeper.sqlite",
    urls: ["https://node.example"],
    mode,
    key: mode === "live" ? key : undefined,
  });
  writeFileSync(join(folder, "deployment.json"), JSON.stringify(madeUpDeployment));
  const file = join(folder, "keeper.yaml");
  writeFileSync(file, JSON.stringify({ ...(parse(template) as object), ...changes }));
  return readConfig(file);
}

/** Where a service mounts what; the sources as they are named. */
function mountsOf({ volumes }: Service): ReadonlyMap<string, string> {
  return new Map(volumes.map((volume) => volume.split(":").slice(0, 2).toReversed() as [string, string]));
}

/** Of the packages those that `npm ci --omit=dev` leaves. */
function linkPackages(image: string): void {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: true; devOptional?: true; optional?: true }>;
  };
  for (const [path, { dev, devOptional, optional }] of Object.entries(lock.packages)) {
    const isLeft = dev !== true && devOptional !== true && optional !== true;
    if (!isLeft || !/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path)) continue;
    mkdirSync(dirname(join(image, path)), { recursive: true });
    symlinkSync(join(root, path), join(image, path));
  }
}

describe("where ops/ puts things", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tocsin-ops-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  describe("the compose file", () => {
    for (const mode of MODES)
      it(`has a place for all that its keeper.yaml names in mode ${mode}`, () => {
        const changes = wanted(COMPOSE);
        const config = configIn(folder, mode, changes);
        const mounts = mountsOf(keeper);
        const [, configFile = ""] = /^CMD \["run", "--config", "(.+)"\]$/m.exec(DOCKERFILE) ?? [];
        expect(configFile).to.equal("/etc/tocsin/keeper.yaml");
        expect(mounts.get("/etc/tocsin")).to.equal("./tocsin");
        // The root is read-only: what is written lies in the volume that the image gives to its user.
        for (const file of [config.storeFile, config.stopFile, config.brake.confirmFile])
          expect(file).to.match(/^\/var\/lib\/tocsin\//);
        expect(composed.volumes).to.have.property(mounts.get("/var/lib/tocsin") ?? "");
        expect(DOCKERFILE).to.match(/mkdir \/var\/lib\/tocsin && chown node:node \/var\/lib\/tocsin/);
        const { passwordFile } = config.keys?.urgent as { passwordFile: string };
        const [secret = ""] = keeper.secrets ?? [];
        expect(passwordFile).to.equal(`/run/secrets/${secret}`);
        expect(composed.secrets[secret]?.file).to.equal("./password");
      });

    it("scrapes what the keeper's container serves, and publishes nothing beyond this host", () => {
      const { listen } = configIn(folder, "observe", wanted(COMPOSE)).metrics ?? {};
      expect(listen?.host).to.equal("0.0.0.0");
      const port = String(listen?.port);
      expect(keeper.expose).to.deep.equal([port]);
      expect(keeper.ports).to.be.undefined;
      expect(DOCKERFILE).to.contain(`fetch('http://127.0.0.1:${port}/healthz')`);
      const scrape = mountsOf(prometheus).get("/etc/prometheus/prometheus.yml") ?? "";
      expect(read(scrape)).to.contain(`targets: ["keeper:${port}"]`);
      for (const published of prometheus.ports ?? []) expect(published).to.match(/^127\.0\.0\.1:/);
    });

    it("names only files that are in the tree, and of an operator's own none that git or an image would take", () => {
      for (const source of mountsOf(prometheus).values())
        if (source.startsWith("./")) expect(existsSync(join(root, "ops", source)), source).to.be.true;
      const { context = "", dockerfile = "" } = keeper.build ?? {};
      expect(existsSync(join(root, "ops", context, dockerfile))).to.be.true;
      const ignored = readFileSync(join(root, ".gitignore"), "utf8").split("\n");
      expect(ignored).to.include.members(["ops/tocsin/", "ops/password"]);
      expect(read("Dockerfile.dockerignore").split("\n")).to.include.members(["ops/tocsin", "**/password*"]);
    });

    it("the rules that both scrapes name lie beside them", () => {
      for (const scrape of ["compose.yaml", "prometheus.yaml"]) {
        const { rule_files: files } = parse(read("prometheus", scrape)) as { rule_files: string[] };
        for (const file of files) expect(existsSync(join(root, "ops", "prometheus", file)), file).to.be.true;
      }
    });
  });

  describe("the unit", () => {
    const credentials = [...UNIT.matchAll(/^LoadCredential=(\S+):(\S+)$/gm)].map(
      ([, id = "", path = ""]) => ({
        id,
        path,
      }),
    );

    for (const mode of MODES)
      it(`hands a user who is made up at each start all that keeper.yaml names in mode ${mode}`, () => {
        const config = configIn(folder, mode, wanted(UNIT));
        expect(UNIT).to.match(/^ExecStart=.* run --config %d\/keeper\.yaml$/m);
        const { keystoreFile, passwordFile } = config.keys?.urgent as Record<string, string>;
        const named = ["keeper.yaml", "deployment.json"].map((name) => join(folder, name));
        const handed = credentials.map(({ id }) => join(folder, id));
        expect(handed).to.have.members([...named, keystoreFile, passwordFile]);
        for (const { id, path } of credentials) expect(path).to.equal(`/etc/tocsin/${id}`);
        for (const file of [config.storeFile, config.stopFile, config.brake.confirmFile])
          expect(file).to.match(/^\/var\/lib\/tocsin\//);
        expect(UNIT).to.match(/^StateDirectory=tocsin$/m);
      });

    it("starts without a keystore, which only live has", () => {
      const fallbacks = [...UNIT.matchAll(/^SetCredential=(\S+):/gm)].map(([, id]) => id);
      expect(fallbacks).to.have.members(["keystore.json", "password"]);
    });

    it("systemd takes it, where there is one", function () {
      const { error, status, stderr } = spawnSync(
        "systemd-analyze",
        ["verify", join(root, "ops", "systemd", "tocsin-keeper.service")],
        { encoding: "utf8" },
      );
      if (error === undefined) {
        expect(status, stderr).to.equal(0);
        expect(stderr).to.not.contain("tocsin-keeper.service");
      } else expect((error as NodeJS.ErrnoException).code).to.equal("ENOENT");
    });
  });

  it("the image has every file that the keeper loads", function () {
    this.timeout(60_000);
    const image = join(folder, "image");
    mkdirSync(image);
    const last = DOCKERFILE.slice(DOCKERFILE.lastIndexOf("\nFROM "));
    for (const [, from, source = ""] of last.matchAll(/^COPY (--from=\S+ )?(.+) \S+$/gm))
      for (const path of source.split(" ").map((each) => each.replace("/opt/tocsin/", ""))) {
        if (path === "node_modules") linkPackages(image);
        else cpSync(join(root, path), join(image, path), { recursive: true });
        expect(from === undefined || ["types", "node_modules"].includes(path), path).to.be.true;
      }
    const [, command = ""] = /^ENTRYPOINT (\[.+\])$/m.exec(last) ?? [];
    const [, ...args] = JSON.parse(command) as string[];
    const { status, stdout, stderr } = spawnSync(process.execPath, [...args, "--help"], {
      cwd: image,
      encoding: "utf8",
    });
    expect(status, stderr).to.equal(0);
    expect(stdout).to.contain("doctor");
  });
});
