/** How bad a finding is; also the exit code of the worst. */
export const SEVERITIES = ["ok", "warning", "failure"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a check has found, and for anything but `ok` what to do about it. */
export interface Finding {
  readonly severity: Severity;
  /** What was looked at, a word or two. */
  readonly subject: string;
  readonly says: string;
  readonly remedy?: string;
}

export function ok(subject: string, says: string): Finding {
  return { severity: "ok", subject, says };
}

export function warning(subject: string, says: string, remedy: string): Finding {
  return { severity: "warning", subject, says, remedy };
}

export function failure(subject: string, says: string, remedy: string): Finding {
  return { severity: "failure", subject, says, remedy };
}

/** 0 when all is well, 1 with warnings, 2 with failures. */
export function exitCodeOf(findings: readonly Finding[]): number {
  return Math.max(0, ...findings.map(({ severity }) => SEVERITIES.indexOf(severity)));
}
