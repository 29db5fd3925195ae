import { err, out, type Program } from './program.js';

const bare = (name: string, images: RegExp, system: Program['system'], shell: string): Program => ({
  name,
  images,
  port: 0,
  bootMs: 0,
  stopMs: 50,
  linePeriodMs: 0,
  system,
  executables: [],
  exitsWith: 0,
  startLines: () => [],
  line: () => out(''),
  stopLines: () => [],
  crashLines: () => [err(`${shell}: can't open 'run.sh': No such file or directory`)],
  processes: () => [{ pid: 1, user: 'root', command: shell }],
  files: () => ({}),
});

/** Images with a shell and nothing else: they end at once unless they are given a command. */
export const operatingSystems: readonly Program[] = [
  bare('busybox', /^busybox$/, 'busybox', 'sh'),
  bare('alpine', /^alpine$/, 'alpine', '/bin/sh'),
  bare('debian', /^(debian|ubuntu|bash)$/, 'debian', 'bash'),
];

/** A static binary in an image without a shell. */
export const isShellless = /distroless|scratch|static/;
