// Runs GNU objdump over generated code and follows its listing symbolically, so that any encoding of the same thing gives
// the same lines (see meaning.ts).

import { hex, memory, store, sum } from "./meaning.ts";
import { type Arch, withFile } from "./programs.ts";

export interface Line {
  readonly at: number;
  readonly mnemonic: string;
  readonly operands: readonly string[];
}

/** The objdump of an architecture, if it is installed. */
export function objdump(arch: Arch): string | undefined {
  const prefix = arch === "x64" ? "x86_64" : "aarch64";
  const own = process.arch === arch ? Bun.which("objdump") : null;
  return own ?? Bun.which(`${prefix}-linux-gnu-objdump`) ?? undefined;
}

/** Disassembles the addresses from `start` to below `stop`; byte 0 of `file` has address `origin`. */
export function disassemble(file: Uint8Array, arch: Arch, origin: number, start: number, stop: number): Line[] {
  const tool = objdump(arch);
  if (tool === undefined) throw new Error(`there is no objdump for ${arch}`);
  const machine = arch === "x64" ? ["-m", "i386:x86-64", "-M", "intel"] : ["-m", "aarch64"];
  const range = [`--adjust-vma=${origin}`, `--start-address=${start}`, `--stop-address=${stop}`];
  return withFile(file, (path) => {
    const child = Bun.spawnSync([tool, "-D", "-b", "binary", "--no-show-raw-insn", ...machine, ...range, path]);
    if (child.exitCode !== 0) throw new Error(child.stderr.toString());
    return child.stdout.toString().split("\n").flatMap(parse);
  });
}

function parse(text: string): Line[] {
  const match = /^\s*([0-9a-f]+):\t(\S+)\s*(.*?)\s*(?:\/\/.*)?$/.exec(text);
  if (match === null) return [];
  const [, at = "", mnemonic = "", rest = ""] = match;
  // Commas inside of brackets belong to an operand.
  const operands = rest.match(/(?:\[[^\]]*\]|[^,])+/g) ?? [];
  return [{ at: Number.parseInt(at, 16), mnemonic, operands: operands.map((operand) => operand.trim()) }];
}

/** Follows instructions and gathers their meaning. */
export abstract class Follower {
  readonly lines: string[] = [];
  readonly registers = new Map<string, string>();
  protected args: string[] = [];
  protected compared: readonly [string, string] = ["", ""];

  /** What the code has to do with `line`. `next` is the line after it; returns how many lines were taken. */
  abstract step(line: Line, next: Line | undefined): number;

  follow(lines: readonly Line[]): void {
    for (let index = 0; index < lines.length;) {
      const line = lines[index];
      if (line === undefined) break;
      index += this.step(line, lines[index + 1]);
    }
  }

  protected read(register: string): string {
    const value = this.registers.get(register);
    if (value === undefined) throw new Error(`${register} is read before it is set`);
    return value;
  }

  protected constant(register: string): bigint {
    return BigInt(this.read(register));
  }

  protected call(number: string, names: readonly string[]): void {
    // Every argument is loaded anew for every call: what is not in the map, or is an earlier call's result, is none.
    const args = names.flatMap((name) => this.registers.get(name) ?? []).filter((value) => value !== "result");
    this.lines.push(`call ${Number(number)}(${args.join(", ")})`);
    for (const name of names) this.registers.delete(name);
  }
}

const X64_ARGUMENTS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"];
const X64_RELATIONS: Readonly<Record<string, string>> = { je: "==", jne: "!=", jl: "<", jg: ">", jle: "<=", jge: ">=" };
const WIDTH: Readonly<Record<string, number>> = { BYTE: 1, WORD: 2, DWORD: 4, QWORD: 8 };

export class X64Follower extends Follower {
  step({ mnemonic, operands }: Line): number {
    const [to = "", from = ""] = operands;
    const cell = this.#memory(to);
    const condition = X64_RELATIONS[mnemonic];
    if (condition !== undefined) {
      this.lines.push(`if ${this.compared[0]} ${condition} ${this.compared[1]} goto ${to}`);
      return 1;
    }
    switch (mnemonic) {
      case "mov":
      case "movabs":
        if (cell === undefined) this.#set(to, this.#value(from));
        else this.lines.push(store(cell.width, cell.address, this.#value(from)));
        break;
      case "movzx":
      case "movsx":
      case "movsxd":
        this.#set(to, this.#value(from, mnemonic !== "movzx"));
        break;
      case "lea":
        this.#set(to, hex(this.#address(from)));
        break;
      case "xor":
        if (to !== from) throw new Error(`xor ${to},${from} is not expected`);
        this.#set(to, "0x0");
        break;
      case "inc":
      case "add":
      case "sub":
        this.#add(to, mnemonic === "sub" ? "-" : "+", mnemonic === "inc" ? "0x1" : this.#value(from));
        break;
      case "cmp":
      case "test":
        this.compared = [this.#value(to), mnemonic === "test" ? "0x0" : this.#value(from)];
        break;
      case "js":
        this.lines.push(`if ${this.compared[0]} < ${this.compared[1]} goto ${to}`);
        break;
      case "jmp":
        this.lines.push(`goto ${to}`);
        break;
      case "neg":
        this.#set(to, `-${this.#value(to)}`);
        break;
      case "syscall":
        this.call(this.read("rax"), X64_ARGUMENTS);
        this.registers.set("rax", "result");
        break;
      default:
        throw new Error(`${mnemonic} is not expected`);
    }
    return 1;
  }

  #add(to: string, sign: "+" | "-", value: string): void {
    const cell = this.#memory(to);
    if (cell === undefined) this.#set(to, hex(this.constant(wide(to)) + BigInt(value)));
    else this.lines.push(store(8, cell.address, sum(memory(8, cell.address), sign, value)));
  }

  #set(register: string, value: string): void {
    // Writing a 32-bit register clears the upper half.
    const narrow = register !== wide(register) && value.startsWith("0x");
    this.registers.set(wide(register), narrow ? hex(BigInt.asUintN(32, BigInt(value))) : value);
  }

  #memory(operand: string): { width: number; address: bigint } | undefined {
    const match = /^(\w+) PTR (\[.*\])$/.exec(operand);
    return match === null ? undefined : { width: WIDTH[match[1] ?? ""] ?? 0, address: this.#address(match[2] ?? "") };
  }

  #address(operand: string): bigint {
    const match = /^\[(\w+)(?:([+-])(0x[0-9a-f]+))?\]$/.exec(operand);
    if (match === null) throw new Error(`${operand} is not expected`);
    const [, base = "", sign, offset = "0"] = match;
    return this.constant(base) + (sign === "-" ? -BigInt(offset) : BigInt(offset));
  }

  #value(operand: string, signed = false): string {
    const cell = this.#memory(operand);
    if (cell !== undefined) return memory(cell.width, cell.address, signed);
    return operand.startsWith("0x") ? hex(BigInt(operand)) : this.read(wide(operand));
  }
}

/** The 64-bit register that a register's name is a part of. */
function wide(register: string): string {
  if (/^r\d+d?$/.test(register)) return register.replace("d", "");
  if (register === "bpl") return "rbp";
  if (register === "al") return "rax";
  return register.length === 2 ? `r${register}` : register.replace(/^e/, "r");
}

const ARM64_ARGUMENTS = ["x0", "x1", "x2", "x3", "x4", "x5"];
const ARM64_RELATIONS: Readonly<Record<string, string>> = {
  "b.eq": "==",
  "b.ne": "!=",
  "b.lt": "<",
  "b.gt": ">",
  "b.le": "<=",
  "b.ge": ">=",
};

export class Arm64Follower extends Follower {
  step({ at, mnemonic, operands }: Line, next: Line | undefined): number {
    const [to = "", from = "", third = ""] = operands;
    const condition = ARM64_RELATIONS[mnemonic];
    const access = /^(ld|st)u?r(s?)([bhw]?)$/.exec(mnemonic);
    if (condition !== undefined) this.lines.push(`if ${this.compared[0]} ${condition} ${this.compared[1]} goto ${to}`);
    else if (access !== null) this.#access(access, to, operands.slice(1).join(","));
    else if (mnemonic === "tbz") {
      // The long form of tbnz: a jump over a jump.
      if (Number(from) !== at + 8 && Number(third) !== at + 8) throw new Error("tbz is not expected");
      this.lines.push(`if ${this.read(to)} < 0x0 goto ${next?.operands[0]}`);
      return 2;
    } else this.#other(mnemonic, operands);
    return 1;
  }

  #other(mnemonic: string, operands: readonly string[]): void {
    const [to = "", from = "", third = "", shift = ""] = operands;
    const immediate = (text: string, by: string): bigint => number(text) << BigInt(by.replace("lsl #", "") || "0");
    switch (mnemonic) {
      case "mov":
        this.#set(to, from.startsWith("#") ? hex(number(from)) : this.#read(from));
        break;
      case "movk": {
        const by = BigInt(third.replace("lsl #", "") || "0");
        const old = this.constant(x(to)) & ~(0xffffn << by);
        this.#set(to, hex(old | (number(from) << by)));
        break;
      }
      case "adr":
        this.#set(to, hex(BigInt(from)));
        break;
      case "add":
      case "sub": {
        const right = third.startsWith("#") ? hex(immediate(third, shift)) : this.#read(third);
        this.#set(to, this.#sum(this.#read(from), mnemonic === "add" ? "+" : "-", right, third.startsWith("#")));
        break;
      }
      case "neg":
        this.#set(to, `-${this.#read(from)}`);
        break;
      case "cmp":
      case "cmn": {
        const right = from.startsWith("#") ? immediate(from, third) : this.constant(x(from));
        this.compared = [this.#read(to), hex(mnemonic === "cmn" ? -right : right)];
        break;
      }
      case "tbnz":
        this.lines.push(`if ${this.#read(to)} < 0x0 goto ${third}`);
        break;
      case "b":
        this.lines.push(`goto ${to}`);
        break;
      case "svc":
        this.call(this.read("x8"), ARM64_ARGUMENTS);
        this.registers.set("x0", "result");
        break;
      default:
        throw new Error(`${mnemonic} is not expected`);
    }
  }

  #sum(left: string, sign: "+" | "-", right: string, immediate: boolean): string {
    if (left.startsWith("0x")) return hex(BigInt(left) + (sign === "-" ? -BigInt(right) : BigInt(right)));
    // x64 adds negative constants where arm64 subtracts positive ones.
    return immediate && sign === "-" ? sum(left, "+", hex(-BigInt(right))) : sum(left, sign, right);
  }

  #access(match: RegExpExecArray, register: string, operand: string): void {
    const [, direction, signed, suffix = ""] = match;
    const width = { b: 1, h: 2, w: 4 }[suffix] ?? (register.startsWith("w") ? 4 : 8);
    const [base = "", offset = "#0"] = operand.replace(/[[\]]/g, "").split(/,\s*/);
    const address = this.constant(base) + number(offset);
    if (direction === "st") this.lines.push(store(width, address, this.#read(register)));
    else this.#set(register, memory(width, address, signed === "s"));
  }

  #read(register: string): string {
    return register === "xzr" || register === "wzr" ? "0x0" : this.read(x(register));
  }

  #set(register: string, value: string): void {
    const narrow = register.startsWith("w") && value.startsWith("0x");
    this.registers.set(x(register), narrow ? hex(BigInt.asUintN(32, BigInt(value))) : value);
  }
}

const x = (register: string): string => register.replace(/^w(\d)/, "x$1");
/** An immediate: "#0x10" or "#-3". */
function number(text: string): bigint {
  const digits = text.replace("#", "");
  return digits.startsWith("-") ? -BigInt(digits.slice(1)) : BigInt(digits);
}
