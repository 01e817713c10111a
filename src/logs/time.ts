// Points in time for `logs --since` and `--until`, in the forms that Docker takes.

import { UsageError } from "../errors.ts";

/** Seconds since 1970, and nanoseconds. */
export interface Time {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** Below 0 where a is before b, 0 where they are the same. */
export function compareTimes(a: Time, b: Time): number {
  return a.seconds - b.seconds || a.nanoseconds - b.nanoseconds;
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?)?(?:(Z)|([+-])(\d\d):?(\d\d))?$/;
const UNIX = /^(\d{1,12})(?:\.(\d{1,9}))?$/;
const DURATION = /^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/;
/** Nanoseconds. Source: Go's time.ParseDuration. */
const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/**
 * A date and time (RFC 3339; without a zone: this machine's, and parts may be missing from the right), seconds since
 * 1970, or a duration before `now` ("90s", "1h30m").
 * @param now milliseconds since 1970
 * @throws UsageError that names the option
 */
export function parseTime(option: string, text: string, now: number): Time {
  const time = parseUnix(text) ?? parseDate(text) ?? parseDuration(text, now);
  if (time !== undefined) return time;
  throw new UsageError(
    `invalid value ${JSON.stringify(text)} for --${option}: expected a date such as 2027-01-31T12:00:00Z, seconds since 1970, or a time ago such as 90s, 15m or 2h`,
    "logs",
  );
}

function parseUnix(text: string): Time | undefined {
  const [, seconds, fraction = ""] = UNIX.exec(text) ?? [];
  return seconds === undefined ? undefined : { seconds: Number(seconds), nanoseconds: nanoseconds(fraction) };
}

/** The digits after the point as nanoseconds. */
function nanoseconds(fraction: string): number {
  return Number(fraction.padEnd(9, "0"));
}

function parseDate(text: string): Time | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const number = (group: number): number => Number(match[group] ?? 0);
  const [year, month, day, hours, minutes, seconds] = [1, 2, 3, 4, 5, 6].map(number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const parts = [year, month - 1, day, hours, minutes, seconds] as const;
  const utc = Date.UTC(...parts);
  // Date takes the 31st of February for the 3rd of March.
  const same = new Date(utc);
  const exact = same.getUTCMonth() === month - 1 && same.getUTCDate() === day && same.getUTCHours() === hours;
  if (!exact || same.getUTCMinutes() !== minutes || same.getUTCSeconds() !== seconds) return undefined;
  const zone =
    match[8] === undefined && match[9] === undefined ? undefined : zoneMinutes(match[9], number(10), number(11));
  const milliseconds = zone === undefined ? new Date(...parts).getTime() : utc - zone * 60_000;
  return { seconds: Math.floor(milliseconds / 1000), nanoseconds: nanoseconds(match[7] ?? "") };
}

function zoneMinutes(sign: string | undefined, hours: number, minutes: number): number {
  return (sign === "-" ? -1 : 1) * (hours * 60 + minutes);
}

function parseDuration(text: string, now: number): Time | undefined {
  if (!DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, amount = "", unit = ""] of text.matchAll(/([\d.]+)([a-zµ]+)/g))
    total += Number(amount) * (UNITS[unit] ?? 0);
  const seconds = Math.floor(now / 1000 - total / 1e9);
  const rest = (now % 1000) * 1e6 - (total % 1e9);
  return { seconds, nanoseconds: Math.round((rest + 1e9) % 1e9) };
}
