import { expect, it } from 'vitest';
import { LogText, type LogTextLine } from './log-text.js';

const line = (
  text: string,
  partial = false,
  pod = 'web-1',
  at = '2026-01-31T12:00:00.000Z',
): LogTextLine => ({
  at,
  pod,
  container: 'web',
  text,
  partial,
});
const of = (...lines: LogTextLine[]) => ({ __typename: 'LogLines', lines }) as const;

it('gives each line its time, pod and container', () => {
  expect(new LogText().of(of(line('one'), line('two', false, 'web-2')))).toBe(
    '2026-01-31T12:00:00.000Z web-1/web one\n2026-01-31T12:00:00.000Z web-2/web two\n',
  );
});

it('joins the pieces of a long line, over events too, unless another container wrote meanwhile', () => {
  const text = new LogText();
  const whole = [
    of(line('a', true)),
    of(line('b', true), line('c')),
    of(line('d', true), line('x', false, 'web-2')),
  ];
  const lines = whole
    .map((event) => text.of(event))
    .join('')
    .split('\n');
  expect(lines.map((one) => one.split(' ').slice(1).join(' '))).toEqual([
    'web-1/web abc',
    'web-1/web d',
    'web-2/web x',
    '',
  ]);
});

it('tells of gaps in lines of their own', () => {
  const text = new LogText();
  const pieces = [
    of(line('a', true)),
    { __typename: 'LogGap', reason: 'rotated' } as const,
    { __typename: 'LogCompleted' } as const,
  ];
  expect(pieces.map((event) => text.of(event)).join('')).toBe(
    '2026-01-31T12:00:00.000Z web-1/web a\n--- rotated\n',
  );
});
