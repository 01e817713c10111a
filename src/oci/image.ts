// The image configuration: what an image says about how its containers run. The shape is the OCI image-spec's config.json
// (whose field names Docker set), with Docker's additions that images in the wild carry.
//
// Source: image-spec 1.1, config.md; Docker Image Specification v1.3 (Healthcheck, OnBuild, Shell, ArgsEscaped).

/** The `config` object of an image's configuration. Every field may be missing or null in files from others. */
export interface ImageConfig {
  /** "uid[:gid]" or "name[:group]"; empty means root. */
  readonly User?: string;
  /** `NAME=value`, in order. */
  readonly Env?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly WorkingDir?: string;
  /** "80/tcp" → {} */
  readonly ExposedPorts?: Readonly<Record<string, object>> | null;
  /** Paths → {} */
  readonly Volumes?: Readonly<Record<string, object>> | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
  /** A name or a number, e.g. "SIGTERM". */
  readonly StopSignal?: string;
  /** Seconds (Docker's addition). */
  readonly StopTimeout?: number | null;
  readonly Healthcheck?: Healthcheck | null;
  /** Windows images only: Cmd and Entrypoint hold one already escaped command line. */
  readonly ArgsEscaped?: boolean;
  /** The shell of shell-form instructions; ["/bin/sh", "-c"] if absent. */
  readonly Shell?: readonly string[] | null;
  readonly OnBuild?: readonly string[] | null;
}

/** Durations are nanoseconds; 0 means the default. */
export interface Healthcheck {
  /** ["NONE"], ["CMD", ...args] or ["CMD-SHELL", command]. */
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** The whole configuration file of an image, whose sha256 is the image's id. */
export interface ImageFile {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  /** RFC 3339 with nanoseconds. */
  readonly created?: string;
  readonly author?: string;
  readonly config?: ImageConfig;
  readonly rootfs: {
    readonly type: "layers";
    readonly diff_ids: readonly string[];
  };
  readonly history?: readonly History[];
}

export interface History {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}
