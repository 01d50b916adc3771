/** One event of a stream of server-sent events. */
export interface StreamEvent {
  readonly id: string | null;
  readonly data: string;
}

/** Far more than a session's events have; a stream without an end of an event is none of ours. */
const longestEventCharacters = 4_194_304;

/** Takes a stream apart as it comes: hand it the next piece of text, and it hands back the events that are whole. */
export function createEventReader(): (text: string) => readonly StreamEvent[] {
  let rest = "";
  return (text) => {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop() ?? "";
    if (rest.length > longestEventCharacters) throw new RangeError("The event does not end.");
    return blocks.flatMap((block) => {
      const fields = block.split("\n").map((line): readonly [string, string] => {
        const colon = line.indexOf(":");
        return colon === -1 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /u, "")];
      });
      const data = fields.filter(([name]) => name === "data").map(([, value]) => value);
      const id = fields.findLast(([name]) => name === "id")?.[1] ?? null;
      return data.length === 0 ? [] : [{ id, data: data.join("\n") }];
    });
  };
}
