import { optionsOf } from "./verb-options.ts";
import type { Verb } from "./verb.ts";

export const shells = ["bash", "zsh", "fish"] as const;

/** The words that can follow: by what stands before them, the program's name left out. */
function wordsByPath(verbs: readonly Verb[]): ReadonlyMap<string, readonly string[]> {
  const words = new Map<string, string[]>([["", []]]);
  const add = (path: string, word: string): void => {
    const list = words.get(path) ?? [];
    if (!list.includes(word)) list.push(word);
    words.set(path, list);
  };
  for (const verb of verbs) {
    for (const [index, word] of verb.path.entries()) add(verb.path.slice(0, index).join(" "), word);
    for (const { flags } of optionsOf(verb)) add(verb.path.join(" "), flags.split(" ")[0] ?? "");
    add(verb.path.join(" "), "--help");
  }
  return words;
}

/** What a shell reads to complete the program's words. Files are completed where no word begins like it. */
export function completionScript(shell: (typeof shells)[number], verbs: readonly Verb[]): string {
  if (shell === "fish") return fishScript(verbs);
  const cases = [...wordsByPath(verbs)].map(
    ([path, words]) => `    ${JSON.stringify(path)}) words="${words.join(" ")}" ;;`,
  );
  const lookUp = [
    '  local place="" word words=""',
    '  for word in "${before[@]}"; do',
    '    case "$word" in -*) break ;; esac',
    '    case "$place" in *" "*" "*) break ;; esac',
    '    place="${place:+$place }$word"',
    "  done",
    "  while :; do",
    '  case "$place" in',
    ...cases,
    "  esac",
    '  [ -n "$words" ] || [ "$place" = "${place% *}" ] && break',
    '  place="${place% *}"',
    "  done",
  ];
  return shell === "bash"
    ? [
        "# bash completion for wattproof",
        "_wattproof() {",
        '  local current="${COMP_WORDS[COMP_CWORD]}"',
        '  local before=("${COMP_WORDS[@]:1:COMP_CWORD-1}")',
        ...lookUp,
        '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
        "}",
        "complete -o default -F _wattproof wattproof",
      ].join("\n")
    : [
        "#compdef wattproof",
        "_wattproof() {",
        '  local -a before=("${(@)words[2,CURRENT-1]}")',
        "  () {",
        ...lookUp,
        "  compadd -- ${=words} || _files",
        "  }",
        "}",
        "compdef _wattproof wattproof",
      ].join("\n");
}

function fishScript(verbs: readonly Verb[]): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
  const lines = ["# fish completion for wattproof"];
  const seen = new Set<string>();
  for (const verb of verbs) {
    const [first, second] = verb.path;
    if (!seen.has(first)) {
      seen.add(first);
      const summary = second === undefined ? ` -d ${quoted(verb.summary)}` : "";
      lines.push(`complete -c wattproof -n __fish_use_subcommand -a ${first}${summary}`);
    }
    const rest = verb.path.slice(1);
    for (const [index, word] of rest.entries()) {
      const place = verb.path.slice(0, index + 1).map((before) => `__fish_seen_subcommand_from ${before}`);
      const words = index === rest.length - 1 ? ` -d ${quoted(verb.summary)}` : "";
      lines.push(`complete -c wattproof -n '${place.join("; and ")}' -a ${word}${words}`);
    }
    const condition = verb.path.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
    for (const { flags, description } of optionsOf(verb)) {
      const name = (flags.split(" ")[0] ?? "").slice(2);
      lines.push(`complete -c wattproof -n '${condition}' -l ${name} -d ${quoted(description)}`);
    }
  }
  return lines.join("\n");
}
