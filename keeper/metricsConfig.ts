import { z } from "zod";

/** Host and port, the host in brackets where it is an IPv6 address. */
const LISTEN = /^(?:\[(?<six>[0-9a-f:.]+)\]|(?<host>[a-z0-9.-]+)):(?<port>\d{1,5})$/i;

/** Where metrics, health and status are served. Port 0 takes a free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export const metricsSchema = z.strictObject({
  listen: z.string().transform((text, context): ListenAddress => {
    const { six, host = six, port } = LISTEN.exec(text)?.groups ?? {};
    if (host === undefined || Number(port) > 65_535) {
      context.addIssue({ code: "custom", message: 'must be a host and a port, such as "127.0.0.1:9469"' });
      return z.NEVER;
    }
    return { host, port: Number(port) };
  }),
  /** After which data are too old to be relied upon. */
  staleSeconds: z.int().min(1).max(86_400).default(120),
  /** For which endpoints may disagree. */
  unsureSeconds: z.int().min(1).max(86_400).default(60),
});

export type MetricsConfig = Readonly<z.infer<typeof metricsSchema>>;
