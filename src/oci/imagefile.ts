// Reads an image's configuration from JSON that somebody else wrote: every field that bunker uses is checked, so that the
// rest of the program can trust the types of image.ts.

import { UserError } from "../errors.ts";
import type { ImageConfig, ImageFile } from "./image.ts";
import { type Check, Fault, flag, integer, list, map, matching, object, oneOf, text } from "./schema.ts";

const NOTHING = object({});
/** Go's durations are signed 64-bit numbers; JSON numbers lose their last digits beyond 2^53, which no one will miss. */
const NANOSECONDS = integer(0, 2 ** 63);

const CONFIG = object({
  optional: {
    User: text,
    Env: list(text),
    Entrypoint: list(text),
    Cmd: list(text),
    WorkingDir: text,
    ExposedPorts: map(NOTHING),
    Volumes: map(NOTHING),
    Labels: map(text),
    StopSignal: text,
    StopTimeout: integer(-1, 2 ** 31 - 1),
    Healthcheck: object({
      optional: {
        Test: list(text),
        Interval: NANOSECONDS,
        Timeout: NANOSECONDS,
        StartPeriod: NANOSECONDS,
        StartInterval: NANOSECONDS,
        Retries: integer(0, 2 ** 31 - 1),
      },
    }),
    ArgsEscaped: flag,
    Shell: list(text),
    OnBuild: list(text),
  },
});

const FILE = object({
  required: {
    architecture: text,
    os: text,
    rootfs: object({
      required: {
        type: oneOf(["layers"]),
        diff_ids: list(matching(/^sha256:[0-9a-f]{64}$/, "a sha256 digest")),
      },
    }),
  },
  optional: {
    variant: text,
    created: text,
    author: text,
    config: CONFIG,
    history: list(
      object({ optional: { created: text, created_by: text, author: text, comment: text, empty_layer: flag } }),
    ),
  },
});

function read(check: Check, value: unknown, what: string): unknown {
  try {
    return check(value, "");
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new UserError(`${what}: ${error.message}`);
  }
}

/** @throws UserError naming the field that is wrong */
export function readImageConfig(value: unknown, what: string): ImageConfig {
  return read(CONFIG, value, what) as ImageConfig;
}

/** @throws UserError naming the field that is wrong */
export function readImageFile(value: unknown, what: string): ImageFile {
  return read(FILE, value, what) as ImageFile;
}
