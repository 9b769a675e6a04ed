import type { Log, LogFields } from "../../../keeper/log.ts";

/** A log that a test can read. */
export interface RecordingLog extends Log {
  readonly lines: readonly (LogFields & { readonly event: string })[];
  /** The fields of each line of an event. */
  of(event: string): readonly LogFields[];
}

export function recordingLog(): RecordingLog {
  const lines: (LogFields & { event: string })[] = [];
  const write = (event: string, fields: LogFields = {}) => {
    lines.push({ event, ...fields });
  };
  return {
    lines,
    of: (event) => lines.filter((line) => line.event === event),
    debug: write,
    info: write,
    warn: write,
    error: write,
  };
}
