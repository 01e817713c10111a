// @bun in a root that holds nothing else: what the image brings is all that the program needs. Needs root.

import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";

import { bunCommand, hostBunImage } from "../../src/fs/builtin.ts";
import { isRoot, Scratch } from "../squashfs/tools.ts";

describe.skipIf(!isRoot || Bun.which("unshare") === null)("@bun (needs root)", () => {
  test("runs a script in an empty root, with the libraries it brings", () => {
    using scratch = new Scratch();
    const script = scratch.file("hello.ts");
    writeFileSync(script, "const greeting: string = `hello ${process.argv[2]}`;\nconsole.log(greeting);\n");
    const { binds, dirs, config } = hostBunImage();
    const { args, scripts } = bunCommand([script, "world"], (path) => path === script);
    const root = scratch.file("root");
    mkdirSync(root);
    for (const { path, mode } of dirs) {
      mkdirSync(root + path);
      chmodSync(root + path, mode);
    }
    const lines = [...binds, ...scripts].map(
      ({ source, target }) => `: > '${root}${target}'; mount --bind '${source}' '${root}${target}'`,
    );
    const env = (config.Env ?? []).map((variable) => `'${variable}'`).join(" ");
    const command = args.map((word) => `'${word}'`).join(" ");
    const proc = `mkdir '${root}/proc'; mount -t proc proc '${root}/proc'`;
    const last = `exec env -i ${env} chroot '${root}' ${command}`;
    const text = ["set -e", ...lines, proc, last].join("\n");
    const ran = Bun.spawnSync(["unshare", "--mount", "sh", "-c", text], { stderr: "pipe" });
    expect({ output: ran.stdout.toString(), errors: ran.stderr.toString(), code: ran.exitCode }).toEqual({
      output: "hello world\n",
      errors: "",
      code: 0,
    });
  });
});
