import { describe, expect, test } from 'vitest';
import { difference, type FieldSet, isEqualSet, memberPaths, union } from './field-set.js';
import { loadFields, storeFields } from './stored-fields.js';

const conditions = { 'f:conditions': { '.': {}, 'k:{"type":"Ready"}': { '.': {}, 'f:status': {} } } };
const ofPod = (ip: string) => ({
  'f:status': { ...conditions, 'f:podIPs': { '.': {}, [`k:{"ip":"${ip}"}`]: { '.': {}, 'f:ip': {} } } },
});

describe('field sets in managedFields', () => {
  test('are stored as they were read', () => {
    const stored = storeFields(loadFields(ofPod('10.0.0.1')));
    expect(stored).toEqual(ofPod('10.0.0.1'));
    expect(memberPaths(loadFields(stored))).toEqual(memberPaths(loadFields(ofPod('10.0.0.1'))));
  });

  test('of two objects keep what they have in common once', () => {
    const one = storeFields(loadFields(ofPod('10.0.0.1'))) as ReturnType<typeof ofPod>;
    const two = storeFields(loadFields(ofPod('10.0.0.2'))) as ReturnType<typeof ofPod>;
    expect(two['f:status']['f:conditions']).toBe(one['f:status']['f:conditions']);
    expect(two['f:status']['f:podIPs']).not.toEqual(one['f:status']['f:podIPs']);
  });

  test('cannot be changed by who reads them', () => {
    const stored = storeFields(loadFields(ofPod('10.0.0.1'))) as any;
    expect(() => {
      stored['f:status']['f:conditions']['f:more'] = {};
    }).toThrow(TypeError);
  });
});

describe('the arithmetic of field sets', () => {
  const all = loadFields(ofPod('10.0.0.1'));
  const some = loadFields({ 'f:status': { 'f:conditions': { 'k:{"type":"Ready"}': { 'f:status': {} } } } });

  test('takes away only what is there', () => {
    const rest = difference(all, some);
    expect(memberPaths(rest)).toEqual(memberPaths(all).filter((path) => !memberPaths(some).includes(path)));
    expect(isEqualSet(union(rest, some), all)).toBe(true);
  });

  test('answers the same set where nothing changes, so that nothing has to be stored again', () => {
    const unrelated: FieldSet = loadFields({ 'f:spec': { 'f:replicas': {} } });
    expect(union(all, some)).toBe(all);
    expect(difference(all, unrelated)).toBe(all);
  });
});
