import { expect, test } from "bun:test";

import { UsageError } from "../errors.ts";
import { compareTimes, parseTime } from "./time.ts";

const NOW = Date.UTC(2027, 0, 31, 12, 0, 0, 250);
const SECONDS = Date.UTC(2027, 0, 31, 12) / 1000;
const time = (text: string) => parseTime("since", text, NOW);

test("dates with a zone", () => {
  const table: [text: string, seconds: number, nanoseconds: number][] = [
    ["2027-01-31T12:00:00Z", SECONDS, 0],
    ["2027-01-31T12:00:00.5Z", SECONDS, 500_000_000],
    ["2027-01-31T12:00:00.123456789Z", SECONDS, 123_456_789],
    ["2027-01-31T14:00:00+02:00", SECONDS, 0],
    ["2027-01-31T06:30:00-05:30", SECONDS, 0],
    ["2027-01-31T12:00Z", SECONDS, 0],
    ["2027-01-31T12Z", SECONDS, 0],
    ["2027-01-31Z", SECONDS - 12 * 3600, 0],
    ["2028-02-29T00:00:00Z", Date.UTC(2028, 1, 29) / 1000, 0],
  ];
  for (const [text, seconds, nanoseconds] of table)
    expect([text, time(text)]).toEqual([text, { seconds, nanoseconds }]);
});

test("dates without a zone are this machine's", () => {
  expect(time("2027-07-31T12:00:00").seconds).toBe(new Date(2027, 6, 31, 12).getTime() / 1000);
  expect(time("2027-07-31").seconds).toBe(new Date(2027, 6, 31).getTime() / 1000);
});

test("seconds since 1970", () => {
  expect(time("0")).toEqual({ seconds: 0, nanoseconds: 0 });
  expect(time("1136073600.000000001")).toEqual({ seconds: 1_136_073_600, nanoseconds: 1 });
});

test("times ago", () => {
  expect(time("90s")).toEqual({ seconds: SECONDS - 90, nanoseconds: 250_000_000 });
  expect(time("1h30m")).toEqual({ seconds: SECONDS - 5400, nanoseconds: 250_000_000 });
  expect(time("1.5h")).toEqual({ seconds: SECONDS - 5400, nanoseconds: 250_000_000 });
  expect(time("500ms")).toEqual({ seconds: SECONDS - 1, nanoseconds: 750_000_000 });
  expect(time("250ms")).toEqual({ seconds: SECONDS, nanoseconds: 0 });
  expect(time("1us")).toEqual({ seconds: SECONDS, nanoseconds: 249_999_000 });
});

test("anything else is refused, with the option", () => {
  const durations = ["10x", "-10m", "m", "1h-5m", "1 h", "1h\n", "1e9", ".s"];
  const dates = ["2027-02-30T00:00:00Z", "2027-13-01", "2027-01-31T25:00:00Z", "2027-01-31 12:00:00", "27-01-31"];
  const fractions = ["2027-01-31T12:00:00.1234567890Z", "1.", ".", "99999999999999999999"];
  for (const text of ["", "x", ...durations, ...dates, ...fractions]) {
    expect(() => time(text)).toThrow(UsageError);
    expect(() => time(text)).toThrow(`invalid value ${JSON.stringify(text)} for --since: expected a date such as`);
  }
});

test("order", () => {
  const [a, b, c] = [time("5.1"), time("5.2"), time("6")];
  expect([compareTimes(a, b), compareTimes(c, b), compareTimes(b, b)].map(Math.sign)).toEqual([-1, 1, 0]);
});
