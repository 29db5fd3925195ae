import { describe, expect, it } from 'vitest';
import { isAllowedCommand } from './exec-commands.js';

const allowed = ['df -h', 'ls *', 'redis-cli'];

describe('a command without the right to run any', () => {
  it.each([
    ['the best shell', null],
    ['a shell', ['sh']],
    ['a shell by its path', ['/bin/bash']],
    ['exactly what is listed', ['df', '-h']],
    ['a listed program with any arguments', ['ls', '-l', '/tmp']],
    ['a listed program without arguments', ['ls']],
  ])('may be %s', (_, command) => {
    expect(isAllowedCommand(command, allowed)).toBe(true);
  });

  it.each([
    ['a command line handed to a shell', ['sh', '-c', 'env']],
    ['a shell from elsewhere', ['/tmp/sh']],
    ['a listed program with other arguments', ['df', '-i']],
    ['a listed program with more arguments', ['redis-cli', 'FLUSHALL']],
    ['the words of an entry in one argument', ['df -h']],
    ['the star of an entry', ['*']],
    ['something that begins like an entry', ['lsof']],
    ['nothing', []],
    ['something else', ['env']],
  ])('may not be %s', (_, command) => {
    expect(isAllowedCommand(command, allowed)).toBe(false);
  });

  it('may only be a shell when nothing is listed', () => {
    expect(isAllowedCommand(['ls'], [])).toBe(false);
    expect(isAllowedCommand(['ls'], ['*'])).toBe(false);
    expect(isAllowedCommand(['sh'], [])).toBe(true);
  });
});
