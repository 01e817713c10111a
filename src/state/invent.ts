// Names for containers that were not given one: two words, easy to say over a phone to somebody in front of the board.

import { randomNumber } from "../sys/random.ts";

const QUALITIES =
  "able amber brave brisk calm clear cosmic crisp deep eager early fair fast fine fond gentle glad grand happy hardy keen kind late light lively lucid mellow mild modest neat noble patient plain polite proud quick quiet rapid ready sharp silent simple smart solid steady still strong sturdy sunny swift tidy tiny true vivid warm wise witty young zesty";
const THINGS =
  "anchor anvil arbor atlas aurora badger barn beacon birch bolt brook buoy canyon cedar cliff comet coral crane delta dune ember falcon fern fjord flint forge gale garnet geyser glade granite harbor hawk heron island jetty kestrel lagoon lantern larch magnet maple meadow mesa meteor nebula oak orbit osprey otter pebble pier pine planet plover prairie quartz raven reef ridge river rook saddle sensor shore slate sparrow spruce summit tern thicket tide timber tundra valley walrus willow wren";

/** A name such as "calm_kestrel"; from the second attempt on with a number. */
export function inventName(attempt: number): string {
  const name = `${pick(QUALITIES)}_${pick(THINGS)}`;
  return attempt === 0 ? name : `${name}${randomNumber() % 1000}`;
}

function pick(words: string): string {
  const list = words.split(" ");
  return list[randomNumber() % list.length] ?? "";
}
