import {COMMANDS, type Command, FLAGS, type Flag, flagIn} from '../flags.ts';
import {argumentOf, NAMED, spellings, type Value, valueAfter} from './table.ts';

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

function action(value: Value): string {
  switch (value.kind) {
    case 'none':
      return ' -f';
    case 'file':
      return ' -r -F';
    case 'folder':
      return " -x -a '(__fish_complete_directories)'";
    case 'one':
      return ` -x -a ${quoted(value.words.join(' '))}`;
    case 'list':
      return ` -x -a ${quoted(`(__kstop_list ${value.words.join(' ')})`)}`;
    case 'free':
      return ' -x';
  }
}

function line(flag: Flag, commands: readonly Command[]): string {
  const {name, short, help} = flag;
  const where = commands.join(' ');
  return `complete -c kstop -n '__kstop_is ${where}' -l ${name}${short ? ` -s ${short}` : ''}${action(valueAfter(flag))} -d ${quoted(help)}`;
}

/** One line for the commands in which the flag is the same, one for each in which it differs. */
function lines(flag: Flag): string[] {
  const own = flag.commands.filter((command) => flag.within?.[command]);
  const others = flag.commands.filter((command) => !own.includes(command));
  return [
    ...(others.length > 0 ? [line(flag, others)] : []),
    ...own.map((command) => line(flagIn(flag, command), [command])),
  ];
}

/** The script for fish 3 or newer. */
export function fish(): string {
  const valued = FLAGS.filter(({value}) => value).flatMap(spellings);
  const commands = NAMED.map(
    (name) =>
      `complete -c kstop -n '__kstop_is live; and not __kstop_has_argument' -f -a ${name} -d ${quoted(COMMANDS[name].help)}`,
  );
  const args = NAMED.flatMap((name) => {
    const value = argumentOf(name);
    const where = `complete -c kstop -n '__kstop_is ${name}; and not __kstop_has_argument'`;
    return value.kind === 'none'
      ? []
      : [
          value.kind === 'file'
            ? `${where} -F`
            : `${where} -f -a ${quoted(value.kind === 'one' ? value.words.join(' ') : '')}`,
        ];
  });
  return `# kstop: tab completion for fish. Keep it: kstop completions fish >~/.config/fish/completions/kstop.fish
# The words that are no flags and no flags' values: the command, its argument.
function __kstop_words
	set -l skip
	for word in (commandline -opc)[2..]
		if set -q skip[1]
			set -e skip
		else if contains -- $word ${valued.join(' ')}
			set skip yes
		else if not string match -q -- '-*' $word
			echo $word
		end
	end
end
function __kstop_is
	set -l words (__kstop_words)
	set -l command live
	if set -q words[1]; and contains -- $words[1] ${NAMED.join(' ')}
		set command $words[1]
	end
	contains -- $command $argv
end
function __kstop_has_argument
	set -l words (__kstop_words)
	if set -q words[1]; and contains -- $words[1] ${NAMED.join(' ')}
		set -e words[1]
	end
	set -q words[1]
end
function __kstop_list
	set -l token (commandline -ct | string replace -r '^--[^=]*=' '')
	set -l head (string match -r '.*,' -- $token)
	printf '%s\\n' "$head"$argv
end
complete -c kstop -f
${[...commands, ...args, ...FLAGS.flatMap(lines)].join('\n')}
`;
}
