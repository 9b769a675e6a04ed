import { z } from "zod";
import { ALERT_CHANNELS, ALERT_LEVELS } from "../../sdk/alertRequest.ts";
import { addressSchema } from "../configTerms.ts";

const seconds = z
  .int()
  .min(0)
  .max(2 ** 40);
const signature = z.string().regex(/^0x([0-9a-fA-F]{2}){1,4096}$/, "must be 0x and hex digits");
const word = z.string().regex(/^0x[0-9a-fA-F]{64}$/, "must be 0x and 64 hex digits");
const id = z.string().regex(/^[0-9a-f]{32}$/, "must be 32 hex digits");
const code = z.string().regex(/^[A-Z2-7]{26}$/, "must be 26 letters and digits");

const byOwner = {
  owner: addressSchema,
  channel: z.enum(ALERT_CHANNELS),
  target: z.string().min(1).max(500),
  issuedAt: seconds,
  validUntil: seconds,
};

/** What may be handed in, by whichever way. */
export const alertRequestSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("subscribe"),
    message: z.strictObject({
      ...byOwner,
      levels: z
        .array(z.enum(ALERT_LEVELS))
        .min(1)
        .max(ALERT_LEVELS.length)
        .refine((levels) => new Set(levels).size === levels.length, "names a level twice"),
      quietHours: z.string().max(64),
      secretHash: word,
    }),
    signature,
    secret: z
      .string()
      .regex(/^0x([0-9a-fA-F]{2}){32,64}$/, "must be 32 to 64 bytes in hex")
      .optional(),
  }),
  z.strictObject({ kind: z.literal("unsubscribe"), message: z.strictObject(byOwner), signature }),
  z.strictObject({ kind: z.literal("confirm"), id, code }),
  z.strictObject({ kind: z.literal("stop"), id, code }),
]);

export type AlertRequest = z.infer<typeof alertRequestSchema>;
export type SubscribeRequest = Extract<AlertRequest, { kind: "subscribe" }>;
export type UnsubscribeRequest = Extract<AlertRequest, { kind: "unsubscribe" }>;
export type CodeRequest = Extract<AlertRequest, { kind: "confirm" | "stop" }>;

/** A request, or the first thing that is wrong with it; values are left out. */
export function parseAlertRequest(
  json: unknown,
): { readonly request: AlertRequest } | { readonly fault: string } {
  const parsed = alertRequestSchema.safeParse(json, { reportInput: false });
  if (parsed.success) return { request: parsed.data };
  const issue = parsed.error.issues[0];
  const name = issue?.path.map(String).join(".") ?? "";
  return { fault: `${name === "" ? "the request" : name}: ${issue?.message ?? "is not valid"}` };
}
