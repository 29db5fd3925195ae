import { describe, expect, it } from 'vitest';
import { ManualClock } from '../controllers/manual-clock.js';
import type { LogEntry } from '../storage/runtime.js';
import { ContainerLog } from './container-log.js';
import { parseImage } from './image.js';
import { readLogSteering } from './log-steering.js';
import { programOf } from './programs/catalogue.js';

function open(image: string, annotations: Record<string, string> = {}) {
  const clock = new ManualClock();
  const reference = parseImage(image);
  const program = programOf(reference);
  const context = {
    pod: { name: 'web-1', namespace: 'demo', ip: '10.244.0.9' },
    container: 'main',
    image: reference,
    port: program.port,
    environment: {},
  };
  const log = new ContainerLog(clock, program, context, {
    seed: 7,
    pace: 1,
    steering: readLogSteering(annotations),
  });
  log.runProgram(clock.now(), program.bootMs);
  return { clock, log };
}

const texts = (entries: readonly LogEntry[]): string[] => entries.map(({ text }) => text);

describe("a container's log", () => {
  it.each([
    ['nginx:1.27', /\[notice\] 1#1: start worker processes/],
    ['redis:7', /Ready to accept connections tcp/],
    ['mysql:8.4', /ready for connections/],
    ['postgres:18', /database system is ready to accept connections/],
    ['rabbitmq:4', /Server startup complete/],
    ['registry.example/shop/orders:2.1', /"msg":"listening"/],
  ])('of %s begins with the start of the program and goes on steadily', async (image, started) => {
    const { clock, log } = open(image);
    await clock.advance(5000);
    const boot = log.history().length;
    expect(texts(log.history()).join('\n')).toMatch(started);
    await clock.advance(60_000);
    expect(log.history().length).toBeGreaterThan(boot + 3);
    const times = log.history().map(({ time }) => time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('costs no timer while nobody follows', () => {
    const { clock } = open('nginx:1.27');
    expect(clock.pending).toBe(0);
  });

  it('gives a follower each line once, from then on, and the same that history tells', async () => {
    const { clock, log } = open('nginx:1.27');
    await clock.advance(10_000);
    const before = log.history().length;
    const seen: LogEntry[] = [];
    const other: LogEntry[] = [];
    const stop = log.follow(
      (entry) => seen.push(entry),
      () => undefined,
    );
    await clock.advance(15_000);
    log.follow(
      (entry) => other.push(entry),
      () => undefined,
    );
    await clock.advance(15_000);
    expect(seen).toEqual(log.history().slice(before));
    expect(other).toEqual(seen.slice(-other.length));
    stop();
    await clock.advance(15_000);
    expect(seen.length).toBeLessThan(log.history().length - before);
  });

  it('is the same for the same seed', async () => {
    const [a, b] = [open('shop/orders:1'), open('shop/orders:1')];
    await a.clock.advance(60_000);
    await b.clock.advance(60_000);
    expect(a.log.history()).toEqual(b.log.history());
  });

  it('ends its followers with the container and then stands still', async () => {
    const { clock, log } = open('nginx:1.27');
    let ended = 0;
    log.follow(
      () => undefined,
      () => {
        ended += 1;
      },
    );
    await clock.advance(5000);
    log.end();
    log.end();
    const length = log.history().length;
    await clock.advance(60_000);
    expect(ended).toBe(1);
    expect(log.history()).toHaveLength(length);
    expect(clock.pending).toBe(0);
    log.follow(
      () => undefined,
      () => {
        ended += 1;
      },
    );
    expect(ended).toBe(2);
  });

  it('keeps the last 10 MiB, as the kubelet does', async () => {
    const { clock, log } = open('nginx:1.27', { 'sandbox.meridian.dev/log-lines-per-second': '1000' });
    await clock.advance(60_000);
    const [first] = log.history().filter(({ text }) => text.includes('GET'));
    await clock.advance(24 * 3_600_000);
    const kept = log.history();
    const bytes = kept.reduce((sum, { text }) => sum + text.length + 1, 0);
    expect(bytes).toBeLessThan(12 << 20);
    expect(bytes).toBeGreaterThan(8 << 20);
    expect(kept).not.toContainEqual(first);
  });
});
