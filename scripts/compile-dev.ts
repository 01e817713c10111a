// Temporary alias.
import "./compile.ts";
