import { expect } from "chai";
import {
  accountIdOf,
  formatAccountId,
  InputError,
  ownerOf,
  parseAccountId,
  subAccountOf,
  toAccountId,
} from "../../sdk/index.ts";

const OWNER = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";
const OTHER_CASE = OWNER.toLowerCase();

describe("accountId", () => {
  it("puts the owner in the high 160 bits and the sub-account in the low 96", () => {
    const account = accountIdOf(OWNER, 5n);
    expect(account).to.equal(`${OTHER_CASE}${"0".repeat(23)}5`);
    expect(ownerOf(account)).to.equal(OWNER);
    expect(subAccountOf(account)).to.equal(5n);
  });

  it("takes every sub-account up to 2^96 - 1 and no other", () => {
    const last = 2n ** 96n - 1n;
    expect(subAccountOf(accountIdOf(OWNER, last))).to.equal(last);
    expect(() => accountIdOf(OWNER, last + 1n)).to.throw(InputError, "2^96 - 1");
    expect(() => accountIdOf(OWNER, -1n)).to.throw(InputError);
  });

  for (const [text, subAccount] of [
    [OWNER, 0n],
    [OTHER_CASE, 0n],
    [`${OWNER}/7`, 7n],
    [` ${OWNER}/79228162514264337593543950335 `, 2n ** 96n - 1n],
    [accountIdOf(OWNER, 7n), 7n],
    [accountIdOf(OWNER, 7n).toUpperCase().replace("0X", "0x"), 7n],
  ] as const) {
    it(`reads ${text.trim()}`, () => {
      expect(parseAccountId(text)).to.equal(accountIdOf(OWNER, subAccount));
    });
  }

  for (const text of [
    "",
    "0x",
    "alice",
    `${OWNER}/`,
    `${OWNER}/-1`,
    `${OWNER}/1/2`,
    `${OWNER}00`,
    `${OWNER}/0x1`,
  ]) {
    it(`refuses "${text}" in a sentence`, () => {
      expect(() => parseAccountId(text)).to.throw(InputError, /^[A-Z"].*\.$/);
    });
  }

  it("refuses a mistyped checksum", () => {
    expect(() => parseAccountId(OWNER.replace("d8dA", "d8DA"))).to.throw(InputError, "checksum");
  });

  it("writes what it reads, and leaves out sub-account 0", () => {
    expect(formatAccountId(accountIdOf(OWNER))).to.equal(OWNER);
    expect(formatAccountId(accountIdOf(OWNER, 12n))).to.equal(`${OWNER}/12`);
    expect(parseAccountId(formatAccountId(accountIdOf(OWNER, 12n)))).to.equal(accountIdOf(OWNER, 12n));
  });

  it("takes a word of 32 bytes from the chain and nothing shorter", () => {
    expect(toAccountId(`0x${"AB".repeat(32)}`)).to.equal(`0x${"ab".repeat(32)}`);
    expect(() => toAccountId(OWNER)).to.throw(InputError);
  });
});
