/** Hours of the day in which warnings wait, in minutes since midnight at a place. */
export interface QuietHours {
  readonly fromMinute: number;
  readonly untilMinute: number;
  readonly timeZone: string;
}

const DAY_MINUTES = 1_440;
const FORM = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d) ([A-Za-z][A-Za-z0-9_+\-/]{0,49})$/;

/** Reads `22:00-07:00 Europe/Berlin`; undefined for anything else, also for a place that nobody knows. */
export function parseQuietHours(text: string): QuietHours | undefined {
  const [, fromHour, fromMinutes, untilHour, untilMinutes, timeZone] = FORM.exec(text) ?? [];
  if (timeZone === undefined || !isTimeZone(timeZone)) return undefined;
  const fromMinute = Number(fromHour) * 60 + Number(fromMinutes);
  const untilMinute = Number(untilHour) * 60 + Number(untilMinutes);
  return fromMinute === untilMinute ? undefined : { fromMinute, untilMinute, timeZone };
}

/** Seconds from `timestamp` (seconds since 1970) to the end of the quiet hours; zero when it is not in them. */
export function quietSecondsLeft(
  { fromMinute, untilMinute, timeZone }: QuietHours,
  timestamp: bigint,
): number {
  const minute = minuteAt(timestamp, timeZone);
  const length = (untilMinute - fromMinute + DAY_MINUTES) % DAY_MINUTES;
  const since = (minute - fromMinute + DAY_MINUTES) % DAY_MINUTES;
  return since < length ? (length - since) * 60 - Number(timestamp % 60n) : 0;
}

function minuteAt(timestamp: bigint, timeZone: string): number {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const [hour, minute] = format.format(new Date(Number(timestamp) * 1_000)).split(":");
  return Number(hour) * 60 + Number(minute);
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
