import { getAddress } from "ethers";
import { z } from "zod";

/** An address in a configuration, with its checksum when it has been read. */
export const addressSchema = z.string().transform((text, context) => {
  try {
    return getAddress(text);
  } catch {
    context.addIssue({ code: "custom", message: `"${text}" is not an address` });
    return z.NEVER;
  }
});
