import { expect } from "chai";
import {
  getAddress,
  hexlify,
  Interface,
  randomBytes,
  Result,
  type EventFragment,
  type ParamType,
} from "ethers";
import { decodeVaultEvent, MalformedLogError, VAULT_EVENT_TOPICS } from "../../sdk/index.ts";
import { MarginVault__factory } from "../../types/factories/MarginVault__factory.ts";

const abi = new Interface(MarginVault__factory.abi);
const events: EventFragment[] = [];
abi.forEachEvent((event) => events.push(event));

function randomValue(type: ParamType): unknown {
  if (type.isArray()) return Array.from({ length: 3 }, () => randomValue(type.arrayChildren));
  if (type.isTuple()) return type.components.map((component) => randomValue(component));
  if (type.type === "address") return getAddress(hexlify(randomBytes(20)));
  if (type.type === "bytes32") return hexlify(randomBytes(32));
  if (type.type === "bool") return randomBytes(1)[0]! % 2 === 1;
  // Enums, counters and bitmaps are uint256 in the interface and small in fact.
  if (type.type === "uint8" || ["nonce", "collateralSet", "index"].includes(type.name)) {
    return BigInt(randomBytes(1)[0]! % 6);
  }
  return BigInt(hexlify(randomBytes(Number(type.type.slice("uint".length)) / 8)));
}

/** What ethers decodes, with the words of the sdk: sets, counters and enums as numbers. */
function plain(types: readonly ParamType[], values: Result): Record<string, unknown> {
  const entries = types.map((type, i): [string, unknown] => {
    const value: unknown = values[i];
    if (type.isTuple()) return [type.name, plain(type.components, value as Result)];
    if (value instanceof Result) return [type.name, value.toArray() as unknown[]];
    const isSmall = type.type === "uint8" || ["nonce", "collateralSet", "index"].includes(type.name);
    return [type.name, isSmall ? Number(value) : value];
  });
  return Object.fromEntries(entries);
}

describe("vaultEvents", () => {
  it("knows every event of the vault and no other", () => {
    const compiled = Object.fromEntries(events.map((event) => [event.name, event.topicHash]));
    expect(VAULT_EVENT_TOPICS).to.deep.equal(compiled);
  });

  for (const event of events) {
    it(`reads ${event.name} as a general decoder does`, () => {
      for (let i = 0; i < 50; ++i) {
        const values = event.inputs.map((input) => randomValue(input));
        const log = abi.encodeEventLog(event, values);
        const expected = plain(event.inputs, abi.decodeEventLog(event, log.data, log.topics));
        expect(decodeVaultEvent(log)).to.deep.equal({ name: event.name, ...expected });
      }
    });
  }

  it("C-65 passes over an event it does not know", () => {
    expect(decodeVaultEvent({ topics: [hexlify(randomBytes(32))], data: "0x" })).to.equal(undefined);
    expect(decodeVaultEvent({ topics: [], data: "0x" })).to.equal(undefined);
  });

  it("C-65 says so when a known event cannot be read", () => {
    const topics = [VAULT_EVENT_TOPICS.InterestAccrued];
    expect(() => decodeVaultEvent({ topics, data: `0x${"0".repeat(64)}` })).to.throw(
      MalformedLogError,
      "InterestAccrued",
    );
    expect(() => decodeVaultEvent({ topics: [VAULT_EVENT_TOPICS.Transfer], data: "0x" })).to.throw(
      MalformedLogError,
    );
    expect(() => decodeVaultEvent({ topics, data: `0x${"z".repeat(192)}` })).to.throw(MalformedLogError);
  });
});
