import { getAddress } from "ethers";
import { z } from "zod";

/** An address, checksummed. */
export const addressSchema = z.string().transform((text, context) => {
  try {
    return getAddress(text);
  } catch {
    context.addIssue({ code: "custom", message: "is not an address" });
    return z.NEVER;
  }
});

/** Decimal strings: a JSON number would be rounded, and 0.1 is none. */
export const decimalSchema = z
  .string("must be a decimal number in quotes")
  .regex(/^\d+(\.\d+)?$/, "must be a decimal number in quotes");
