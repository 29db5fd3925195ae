import { describe, expect, test } from 'vitest';
import { protobufToJson } from './envelope.js';

/** Writes Protobuf by hand, so that the reader is not tested with its own mirror image. */
const field = (number: number, content: Buffer | string): Buffer => {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
};
const integer = (number: number, value: number): Buffer => Buffer.from([number << 3, value]);
const message = (...parts: Buffer[]): Buffer => Buffer.concat(parts);
const envelope = (apiVersion: string, kind: string, raw: Buffer): Buffer =>
  message(Buffer.from('k8s\0'), field(1, message(field(1, apiVersion), field(2, kind))), field(2, raw));
const read = (body: Buffer): any => JSON.parse(protobufToJson(body));

describe('a body in Protobuf', () => {
  test('is the object that it would be in JSON', () => {
    const meta = message(field(1, 'settings'), field(11, message(field(1, 'app'), field(2, 'shop'))));
    const config = message(field(1, meta), field(2, message(field(1, 'mode'), field(2, 'fast'))));
    expect(read(envelope('v1', 'ConfigMap', config))).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', labels: { app: 'shop' } },
      data: { mode: 'fast' },
    });
  });

  test('has bytes as base64', () => {
    const secret = field(2, message(field(1, 'password'), field(2, Buffer.from([0, 255, 16]))));
    expect(read(envelope('v1', 'Secret', secret)).data).toEqual({ password: 'AP8Q' });
  });

  test('has quantities, numbers that are ports or names, and lists', () => {
    const http = message(field(1, 'http'), integer(3, 80), field(4, message(integer(1, 1), field(3, 'web'))));
    const plain = message(integer(3, 81), field(4, message(integer(1, 0), integer(2, 8))));
    const unset = message(integer(3, 82), field(4, message(integer(1, 0), integer(2, 0))));
    const service = field(2, message(field(1, http), field(1, plain), field(1, unset)));
    expect(read(envelope('v1', 'Service', service)).spec.ports).toEqual([
      { name: 'http', port: 80, targetPort: 'web' },
      { port: 81, targetPort: 8 },
      { port: 82 },
    ]);
    const hard = field(1, message(field(1, 'pods'), field(2, field(1, '20'))));
    expect(read(envelope('v1', 'ResourceQuota', field(2, hard))).spec.hard).toEqual({ pods: '20' });
  });

  test('has what Go embeds directly in the object around it', () => {
    const volume = message(field(1, 'tmp'), field(2, field(2, field(1, 'Memory'))));
    const pod = field(2, field(1, volume));
    expect(read(envelope('v1', 'Pod', pod)).spec.volumes).toEqual([
      { name: 'tmp', emptyDir: { medium: 'Memory' } },
    ]);
  });

  test('leaves out a time that is not set', () => {
    expect(read(envelope('v1', 'ConfigMap', field(1, field(8, '')))).metadata).toEqual({});
  });

  test('without the prefix of Protobuf is refused', () => {
    expect(() => protobufToJson(Buffer.from('{}'))).toThrow(/does not appear to be a protobuf message/);
  });

  test('that ends too early is refused', () => {
    const whole = envelope('v1', 'ConfigMap', field(1, field(1, 'settings')));
    expect(() => protobufToJson(whole.subarray(0, whole.length - 3))).toThrow(/unexpected EOF/);
  });

  test('of a kind that is not served is refused', () => {
    expect(() => protobufToJson(envelope('example.com/v1', 'Thing', Buffer.alloc(0)))).toThrow(
      'no kind "Thing" is registered for version "example.com/v1"',
    );
  });
});
