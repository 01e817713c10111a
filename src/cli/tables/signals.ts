// Signals that shells suggest where an option takes one; every other name and number is accepted too.

export const SIGNALS = ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGKILL", "SIGWINCH"] as const;
