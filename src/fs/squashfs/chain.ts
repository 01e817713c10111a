// Sorting a chain of siblings in place: a natural merge sort on the links themselves, which needs no memory however many
// siblings there are, and only one pass where they were added in order.

import type { Names } from "./names.ts";

/** Sorts the chain that begins at `first` by name; returns the new first node. Nodes without an inode are dropped. */
export function sortChain(names: Names, first: number): number {
  // Slot i holds a sorted chain merged from 2^i runs, or 0.
  const slots: number[] = [];
  for (let rest = reversed(names, first); rest !== 0;) {
    let run = rest;
    rest = cutRun(names, run);
    let slot = 0;
    for (let other = slots[slot] ?? 0; other !== 0; other = slots[++slot] ?? 0) {
      run = merge(names, other, run);
      slots[slot] = 0;
    }
    slots[slot] = run;
  }
  return slots.reduce((sorted, chain) => merge(names, chain, sorted), 0);
}

/** The living nodes in the opposite order: new nodes go to a chain's front, so this is the order of adding. */
function reversed(names: Names, first: number): number {
  let result = 0;
  for (let node = first; node !== 0;) {
    const next = names.next.get(node);
    if (names.inode.get(node) !== 0) {
      names.next.set(node, result);
      result = node;
    }
    node = next;
  }
  return result;
}

/** Ends the chain behind its longest rising beginning; returns what followed. */
function cutRun(names: Names, first: number): number {
  let last = first;
  let next = names.next.get(last);
  while (next !== 0 && names.compare(last, next) < 0) {
    last = next;
    next = names.next.get(last);
  }
  names.next.set(last, 0);
  return next;
}

function merge(names: Names, a: number, b: number): number {
  let [left, right, first, last] = [a, b, 0, 0];
  while (left !== 0 && right !== 0) {
    const takeLeft = names.compare(left, right) <= 0;
    const node = takeLeft ? left : right;
    if (takeLeft) left = names.next.get(left);
    else right = names.next.get(right);
    if (last === 0) first = node;
    else names.next.set(last, node);
    last = node;
  }
  const rest = left === 0 ? right : left;
  if (last === 0) return rest;
  names.next.set(last, rest);
  return first;
}
