import { expect, test } from "bun:test";

import { UserError } from "../errors.ts";
import { bunCommand, bunImage, hostBunImage, mappedFiles, type ReadNeeds } from "./builtin.ts";

const EXE = "/usr/bin/bunker";
const LOADER = "/lib64/ld-linux-x86-64.so.2";
const line = (path: string, perms = "r-xp", inode = 316526) =>
  `7fcff7e3b000-7fcff7e92000 ${perms} 00001000 fe:00 ${inode}                     ${path}`;

/** A host: what each file needs and is called. */
function host(files: Record<string, { needed?: string[]; soname?: string; interpreter?: string }>): ReadNeeds {
  return (path) => {
    const file = files[path];
    if (file === undefined) throw new UserError(`cannot read ${path}`);
    return { needed: [], ...file };
  };
}

test("brings the executable, its loader and its libraries, by the names that are asked for", () => {
  const read = host({
    [EXE]: { interpreter: LOADER, needed: ["libc.so.6", "libstdc++.so.6"] },
    "/usr/lib/libc-2.31.so": { soname: "libc.so.6", needed: ["ld-linux-x86-64.so.2"] },
    "/usr/lib/ld-2.31.so": { soname: "ld-linux-x86-64.so.2" },
    "/opt/lib/libstdc++.so.6.0.30": { soname: "libstdc++.so.6", needed: ["libc.so.6", "libgcc_s.so.1"] },
    "/usr/lib/libgcc_s.so.1": {},
    "/usr/lib/libpreload.so": { soname: "libpreload.so" },
  });
  const mapped = ["/usr/lib/libc-2.31.so", "/usr/lib/ld-2.31.so", "/opt/lib/libstdc++.so.6.0.30"];
  const maps = [EXE, ...mapped, "/usr/lib/libgcc_s.so.1", "/usr/lib/libpreload.so"]
    .map((path) => line(path))
    .join("\n");
  const image = bunImage(EXE, () => maps, read);
  expect(image.binds).toEqual([
    { source: EXE, target: "/usr/local/bin/bun" },
    { source: LOADER, target: LOADER },
    { source: "/usr/lib/libc-2.31.so", target: "/usr/lib/libc-2.31.so" },
    { source: "/usr/lib/libc-2.31.so", target: "/usr/lib/libc.so.6" },
    { source: "/opt/lib/libstdc++.so.6.0.30", target: "/opt/lib/libstdc++.so.6.0.30" },
    { source: "/opt/lib/libstdc++.so.6.0.30", target: "/opt/lib/libstdc++.so.6" },
    { source: "/usr/lib/ld-2.31.so", target: "/usr/lib/ld-2.31.so" },
    { source: "/usr/lib/ld-2.31.so", target: "/usr/lib/ld-linux-x86-64.so.2" },
    { source: "/usr/lib/libgcc_s.so.1", target: "/usr/lib/libgcc_s.so.1" },
  ]);
});

test("has directories for all that, each after its parent, and a place for temporary files", () => {
  const { dirs } = bunImage(EXE, () => "", host({ [EXE]: { interpreter: LOADER } }));
  expect(dirs).toContainEqual({ path: "/tmp", mode: 0o1777 });
  expect(dirs).toContainEqual({ path: "/usr/local/bin", mode: 0o755 });
  expect(dirs).toContainEqual({ path: "/lib64", mode: 0o755 });
  const paths = dirs.map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
  for (const path of paths) {
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (parent !== "") expect(paths.indexOf(parent)).toBeLessThan(paths.indexOf(path));
    if (parent !== "") expect(paths).toContain(parent);
  }
});

test("a self-contained executable is all there is, and nobody looks for more", () => {
  const read = host({ [EXE]: { needed: ["/proc/self/fd/1000", "/proc/self/fd/1001"] } });
  const never = () => {
    throw new Error("read the maps");
  };
  expect(bunImage(EXE, never, read).binds).toEqual([{ source: EXE, target: "/usr/local/bin/bun" }]);
});

test("a library that is needed and not there is an error that names it", () => {
  const read = host({ [EXE]: { needed: ["libc.so.6"] }, "/usr/lib/libother.so": { soname: "libother.so" } });
  const maps = line("/usr/lib/libother.so");
  expect(() => bunImage(EXE, () => maps, read)).toThrow(`the library libc.so.6, which ${EXE} needs, is not loaded`);
});

test("libraries that need each other end", () => {
  const read = host({
    [EXE]: { needed: ["liba.so"] },
    "/l/liba.so": { needed: ["libb.so"] },
    "/l/libb.so": { needed: ["liba.so", "libb.so"] },
  });
  const maps = `${line("/l/liba.so")}\n${line("/l/libb.so")}\n`;
  expect(bunImage(EXE, () => maps, read).binds.map(({ target }) => target)).toEqual([
    "/usr/local/bin/bun",
    "/l/liba.so",
    "/l/libb.so",
  ]);
});

test("mapped files are those with code in them, each once", () => {
  const maps = [
    line("/usr/lib/libc.so.6"),
    line("/usr/lib/libc.so.6", "r--p"),
    line("/usr/lib/libc.so.6"),
    line("/usr/lib/locale.mo", "r--p"),
    line("/usr/lib/old.so (deleted)"),
    line("/a b/c\\012d.so"),
    line("/memfd:bunker-gate (deleted)"),
    line("[vdso]", "r-xp", 0),
    line("/dev/zero (deleted)", "r-xp", 0),
    line("relative/path"),
    "",
    "garbage",
    `${line("")} `,
  ].join("\n");
  expect(mappedFiles(maps)).toEqual(["/usr/lib/libc.so.6", "/usr/lib/old.so", "/a b/c\nd.so"]);
  expect(mappedFiles("")).toEqual([]);
});

test("works with the program that runs this, and its environment makes it be Bun", () => {
  const { binds, config, passwd } = hostBunImage();
  expect(binds[0]).toEqual({ source: process.execPath, target: "/usr/local/bin/bun" });
  expect(config.Env).toContain("BUN_BE_BUN=1");
  expect(passwd).toMatch(/^root:x:0:0:/);
});

const isScript = (path: string) => ["app.ts", "./b.mjs", "/srv/c.tsx", "../d.cjs", "dir.ts/", "-e.js"].includes(path);

test.each<[string[], string[], string[]]>([
  [
    ["app.ts", "--flag", "x"],
    ["bun", "/app/app.ts", "--flag", "x"],
    ["/home/me/app.ts", "/app/app.ts"],
  ],
  [["./b.mjs"], ["bun", "/app/b.mjs"], ["/home/me/./b.mjs", "/app/b.mjs"]],
  [["/srv/c.tsx"], ["bun", "/app/c.tsx"], ["/srv/c.tsx", "/app/c.tsx"]],
  [["../d.cjs"], ["bun", "/app/d.cjs"], ["/home/me/../d.cjs", "/app/d.cjs"]],
  [["-e.js"], ["bun", "/app/-e.js"], ["/home/me/-e.js", "/app/-e.js"]],
  [["missing.ts"], ["missing.ts"], []],
  [["bun", "app.ts"], ["bun", "app.ts"], []],
  [["bun", "-e", "1"], ["bun", "-e", "1"], []],
  [["sh"], ["sh"], []],
  [["dir.ts/"], ["dir.ts/"], []],
  [[""], [""], []],
])("runs %j", (words, args, [source, target]) => {
  const scripts = source === undefined || target === undefined ? [] : [{ source, target }];
  expect(bunCommand(words, isScript, "/home/me")).toEqual({ args, scripts, lasting: words[0] !== "missing.ts" });
});

test("only the endings of JavaScript and TypeScript make a script", () => {
  const endings = (suffixes: string) =>
    suffixes.split(" ").map((suffix) => bunCommand([`x.${suffix}`], () => true).args);
  for (const args of endings("ts tsx js jsx mjs cjs mts cts")) expect(args[0]).toBe("bun");
  for (const args of endings("json mtsx cjsx ts.txt tss sh TS")) expect(args[0]).not.toBe("bun");
});

test("without words, Bun says its version and what could be done", () => {
  const { args } = bunCommand([], () => false);
  const ran = Bun.spawnSync([process.execPath, ...args.slice(1)], { env: { ...process.env, BUN_BE_BUN: "1" } });
  expect(ran.stdout.toString()).toStartWith(`Bun ${Bun.version}\n`);
  expect(ran.stdout.toString()).toContain("bunker run @bun");
});
