import { describe, expect, it } from 'vitest';
import { mergeHistories } from './history-merge.js';
import type { PlacedLine, SourceItem } from './log-source.js';

const line = (second: number, text = String(second)): PlacedLine => {
  const time = `2026-01-31T12:00:${String(second).padStart(2, '0')}.000000000Z`;
  return { line: { at: new Date(time), time, text, partial: false }, place: { time, pieces: 1, run: 0 } };
};
const batch = (...seconds: number[]): SourceItem => ({
  kind: 'LINES',
  lines: seconds.map((second) => line(second)),
});
async function* history(...items: (SourceItem | Promise<SourceItem>)[]): AsyncGenerator<SourceItem> {
  for (const item of items) yield await item;
}

async function merged(
  histories: readonly AsyncGenerator<SourceItem>[],
  patience = 1_000,
  onItem: (told: string) => void = () => undefined,
): Promise<string[]> {
  const told: string[] = [];
  const items = mergeHistories(
    histories.map((items, owner) => ({ owner, items })),
    { patience, onHead: () => undefined },
  );
  for await (const item of items) {
    const text =
      item.kind === 'LINES'
        ? item.lines.map((placed) => `${item.owner}:${placed.line.text}`)
        : item.kind === 'MARK'
          ? [`${item.owner}:${item.mark.kind}`]
          : [];
    for (const one of text) {
      told.push(one);
      onItem(one);
    }
  }
  return told;
}

describe('histories of several containers', () => {
  it('are merged by time over their batches', async () => {
    expect(await merged([history(batch(1, 4), batch(6)), history(batch(2, 3, 5), batch(7))])).toEqual([
      '0:1',
      '1:2',
      '1:3',
      '0:4',
      '1:5',
      '0:6',
      '1:7',
    ]);
  });

  it('keep their marks between their own lines', async () => {
    const mark: SourceItem = { kind: 'ENDED', reason: 'it ended' };
    const told = await merged([history(batch(1), mark, batch(3)), history(batch(2))]);
    expect(told.filter((one) => one.startsWith('0'))).toEqual(['0:1', '0:ENDED', '0:3']);
  });

  it('do not wait for one that is silent for longer than their patience', async () => {
    let answer: (item: SourceItem) => void = () => undefined;
    const silent = new Promise<SourceItem>((resolve) => {
      answer = resolve;
    });
    const told = await merged([history(batch(2, 3), batch(4)), history(silent)], 20, (one) => {
      if (one === '0:4') answer(batch(1));
    });
    expect(told).toEqual(['0:2', '0:3', '0:4', '1:1']);
  });

  it('go on when one fails, and tell of the failure', async () => {
    async function* failing(): AsyncGenerator<SourceItem> {
      yield batch(1);
      throw new Error('broken');
    }
    const errors: unknown[] = [];
    const items = mergeHistories(
      [failing(), history(batch(2))].map((generator, owner) => ({ owner, items: generator })),
      { patience: 1_000, onHead: () => undefined },
    );
    for await (const item of items) if (item.kind === 'DONE') errors.push(item.error);
    expect(errors).toEqual([new Error('broken'), undefined]);
  });
});
