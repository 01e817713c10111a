// The probe of the clock: boards without a battery start in 1970, and certificates and log times are wrong until the
// network has told them the time.

import { exists } from "../sys/file.ts";
import { ok, type Outcome, type Probe, warn } from "./types.ts";

/** No machine with this program can live before it was written (milliseconds of Unix time). */
const EARLIEST = Date.UTC(2024, 0, 1);
/** Certificates end long before. */
const LATEST = Date.UTC(2100, 0, 1);

export function judgeClock(now: number, hasRtc: boolean): Outcome {
  const rtc = hasRtc ? "with a real-time clock" : "no real-time clock: wrong after a reboot until the network tells it";
  if (!Number.isFinite(now)) return warn("it says nothing", "set it: date -s 'YYYY-MM-DD hh:mm:ss'");
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  if (now >= EARLIEST && now < LATEST) return ok(`${time}, ${rtc}`);
  const how = hasRtc ? "hwclock --hctosys, or an NTP client" : "an NTP client at boot";
  return warn(`${time} cannot be right; registries' certificates are refused`, `set the clock: ${how}`);
}

export function clockProbes(): Probe[] {
  return [{ name: "clock", run: () => judgeClock(Date.now(), exists("/dev/rtc0") || exists("/dev/rtc")) }];
}
