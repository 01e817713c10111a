// What this executable is: the compiler puts version and commit in; run from source it is a "dev" build.

declare const BUNKER_VERSION: string;
declare const BUNKER_COMMIT: string;

// `typeof` is the one question that an undeclared name may be asked.
export const VERSION: string = typeof BUNKER_VERSION === "string" ? BUNKER_VERSION : "dev";
/** The commit it was made from; "unknown" where nobody said. */
export const COMMIT: string = typeof BUNKER_COMMIT === "string" ? BUNKER_COMMIT : "unknown";

/** What `bunker --version` prints. */
export const VERSION_LINE = `bunker version ${VERSION}, commit ${COMMIT}\n`;

/** The architecture as images and Docker name it. */
export const ARCHITECTURE = process.arch === "arm64" ? "arm64" : "amd64";
