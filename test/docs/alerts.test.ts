import { expect } from "chai";
import { verifyTypedData } from "ethers";
import { describe, it } from "mocha";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAlertRequest } from "../../keeper/alerts/alertRequest.ts";
import { root } from "../../scripts/compile.ts";
import { ALERT_CHANNELS, ALERT_LEVELS, secretHashOf, subscribeTypedData } from "../../sdk/alertRequest.ts";

const page = readFileSync(join(root, "docs", "alerts.md"), "utf8");

describe("docs/alerts.md", () => {
  it("shows a request that is taken as it stands, signed by its owner", () => {
    const json: unknown = JSON.parse(/```json\n(\{\s*"kind": "subscribe"[^`]*)```/.exec(page)?.[1] ?? "null");
    const parsed = parseAlertRequest(json);
    if (!("request" in parsed) || parsed.request.kind !== "subscribe")
      throw new Error(JSON.stringify(parsed));
    const { message, signature, secret } = parsed.request;
    const vault = /for vault `(0x[0-9a-f]{40})`/.exec(page)?.[1] ?? "";
    const { domain, types } = subscribeTypedData(31_337, vault, message);
    expect(verifyTypedData(domain, types, { ...message }, signature)).to.equal(message.owner);
    expect(secretHashOf(secret ?? "0x")).to.equal(message.secretHash);
  });

  it("names every channel and every level", () => {
    for (const name of [...ALERT_CHANNELS, ...ALERT_LEVELS]) expect(page).to.contain(`\`${name}\``);
  });
});
