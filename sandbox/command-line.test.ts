import { describe, expect, test } from 'vitest';
import { readCommand, UsageError } from './command-line.js';

describe('the flags of npm run sandbox', () => {
  test('have defaults that start one small cluster over TLS', () => {
    expect(readCommand([])).toEqual({
      clusters: 1,
      nodes: 3,
      pods: 50,
      broken: 0,
      port: 6443,
      seed: 1,
      pace: 1,
      http: false,
      metrics: true,
      kubeconfigFolder: '.meridian/sandbox',
    });
  });

  test('say sizes, ports, seed, pace and protocol', () => {
    const args = '--clusters 3 --nodes 5 --pods 2000 --port 7000 --seed 9 --pace 0.5 --http --no-metrics';
    expect(readCommand([...args.split(' '), '--kubeconfig-dir=/tmp/x'])).toMatchObject({
      clusters: 3,
      nodes: 5,
      pods: 2000,
      port: 7000,
      seed: 9,
      pace: 0.5,
      http: true,
      metrics: false,
      kubeconfigFolder: '/tmp/x',
    });
  });

  test('ask for help', () => {
    expect(readCommand(['--help', '--pods', '5'])).toBeUndefined();
  });

  test.each([
    [['--pods', 'many'], '--pods is "many": give it a whole number from 0 to 100000'],
    [['--clusters', '0'], '--clusters is "0": give it a whole number from 1 to 100'],
    [['--nodes', '-1'], /--nodes/],
    [['--pace', '0'], '--pace is "0": give it a number from 0.001 to 1000'],
    [
      ['--clusters', '3', '--port', '65534'],
      '--port 65534 leaves no room for 3 clusters: take one up to 65533',
    ],
    [['--podz', '3'], /--podz/],
    [['three'], /three/],
  ])('refuse %j and say why', (args, message) => {
    expect(() => readCommand(args)).toThrow(UsageError);
    expect(() => readCommand(args)).toThrow(message);
  });
});
