import { expect } from "chai";
import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";

/** An import, with a semicolon at its end, of a path in quotes: with names, as a namespace, or bare. */
const IMPORT = /^import\s[^;"]*"([^"]+)"\s*;/gm;
const ANY_IMPORT = /^\s*import\b/gm;

const INTERFACES = "contracts/interfaces/";
const LIBRARIES = "contracts/libraries/";
const OPENZEPPELIN = "@openzeppelin/contracts/";
const CHAINLINK = "@chainlink/contracts/";

interface Room {
  /** A folder, or the folder's own files when `isFlat`, or one file. */
  readonly place: string;
  readonly isFlat?: boolean;
  readonly mayImport: readonly string[];
}

/** Section 4 of the design, most special first: a file belongs to the first room that it is in. */
const ROOMS: readonly Room[] = [
  { place: INTERFACES, mayImport: [INTERFACES] },
  { place: LIBRARIES, mayImport: [INTERFACES, LIBRARIES, `${OPENZEPPELIN}utils/math/`] },
  { place: "contracts/oracles/", mayImport: ["contracts/oracles/", INTERFACES, CHAINLINK] },
  { place: "contracts/periphery/", mayImport: [INTERFACES, LIBRARIES, OPENZEPPELIN] },
  {
    place: "contracts/mocks/",
    mayImport: ["contracts/", "examples/", OPENZEPPELIN, CHAINLINK, "@uniswap/"],
  },
  { place: "contracts/MarginVault.sol", mayImport: [INTERFACES, LIBRARIES, OPENZEPPELIN] },
  { place: "contracts/KinkedRateModel.sol", mayImport: [INTERFACES, LIBRARIES] },
  { place: "contracts/", isFlat: true, mayImport: [INTERFACES, OPENZEPPELIN] },
  { place: "examples/", mayImport: [INTERFACES, OPENZEPPELIN] },
];

/** What goes further than the design says, and why; one that is no longer needed has to go. */
const EXCEPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "contracts/RiskConfigurator.sol": {
    "contracts/ListingChecks.sol": "the checks, apart from what is checked for",
    "contracts/libraries/VolatilityMath.sol": "what volatility does to weights, said once",
  },
  "contracts/UptimeClock.sol": {
    "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol":
      "the sequencer's uptime is a Chainlink feed",
  },
  "contracts/libraries/Deferral.sol": {
    "@openzeppelin/contracts/utils/SlotDerivation.sol": "transient lists without assembly of our own",
    "@openzeppelin/contracts/utils/TransientSlot.sol": "transient lists without assembly of our own",
  },
  "contracts/oracles/ChainlinkOracle.sol": {
    "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol": "a price needs the token's decimals",
    "@openzeppelin/contracts/utils/math/Math.sol": "512-bit arithmetic",
    "contracts/libraries/HealthMath.sol": "the greatest price that counts, said once",
  },
  "contracts/oracles/ShareFeed.sol": {
    "@openzeppelin/contracts/interfaces/IERC4626.sol": "what it gives the price of",
    "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol": "a price needs the token's decimals",
    "@openzeppelin/contracts/utils/math/Math.sol": "the lesser of two",
  },
  "contracts/oracles/SourceGuard.sol": {
    "@openzeppelin/contracts/utils/math/Math.sol": "512-bit arithmetic",
  },
  "contracts/oracles/VolatilityGauge.sol": {
    "contracts/libraries/VolatilityMath.sol": "the estimate's formulas, said once",
  },
  "contracts/periphery/KeeperLens.sol": {
    "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol":
      "it shows keepers what the feeds themselves say",
  },
  "contracts/periphery/VaultLens.sol": {
    "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol":
      "it shows pages what the feeds themselves say",
  },
};

/** What each of our Solidity files imports, as paths from the root of the repository or of a package. */
const importsOf = new Map(
  globSync(["contracts/**/*.sol", "examples/**/*.sol"]).map((path) => {
    const file = path.replaceAll("\\", "/");
    const source = readFileSync(file, "utf8");
    const found = [...source.matchAll(IMPORT)].map(([, target = ""]) =>
      target.startsWith(".") ? posix.join(posix.dirname(file), target) : target,
    );
    const isComplete = found.length === [...source.matchAll(ANY_IMPORT)].length;
    return [file, isComplete ? found : ["an import that this test cannot read"]];
  }),
);

function roomOf(file: string): Room | undefined {
  return ROOMS.find(({ place, isFlat }) =>
    isFlat === true
      ? posix.dirname(file) === posix.normalize(place).replace(/\/$/, "")
      : file.startsWith(place),
  );
}

describe("the rooms of the contracts (design, section 4)", () => {
  it("are where every Solidity file is", () => {
    const homeless = [...importsOf.keys()].filter((file) => roomOf(file) === undefined);
    expect(homeless).to.deep.equal([]);
  });

  for (const room of ROOMS) {
    const files = [...importsOf.keys()].filter((file) => roomOf(file) === room);

    it(`${room.place} imports only ${room.mayImport.join(", ")}`, () => {
      expect(files, "a room without files").to.not.be.empty;
      const strays = files.flatMap((file) =>
        (importsOf.get(file) ?? [])
          .filter((target) => !room.mayImport.some((allowed) => target.startsWith(allowed)))
          .filter((target) => EXCEPTIONS[file]?.[target] === undefined)
          .map((target) => `${file} imports ${target}`),
      );
      expect(strays).to.deep.equal([]);
    });
  }

  it("have no exception that nothing needs", () => {
    for (const [file, targets] of Object.entries(EXCEPTIONS)) {
      expect(importsOf.get(file), file).to.include.members(Object.keys(targets));
    }
  });
});

describe("contracts/interfaces/ for integrators", () => {
  it("imports neither OpenZeppelin nor Chainlink, nor anything else from outside itself", () => {
    const files = [...importsOf.keys()].filter((file) => file.startsWith(INTERFACES));
    expect(files.length).to.be.above(10);
    const outside = files.flatMap((file) =>
      (importsOf.get(file) ?? []).filter((target) => !target.startsWith(INTERFACES)),
    );
    expect(outside).to.deep.equal([]);
  });
});
