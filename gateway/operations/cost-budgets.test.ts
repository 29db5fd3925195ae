import { expect, test } from 'vitest';
import { RateLimitedError } from '../../subgraphs/shared/errors.js';
import { CostBudgets } from './cost-budgets.js';

const anonymous = (address: string) => ({ userId: null, requestId: 'r', address });
const user = (userId: string, address = '10.0.0.1') =>
  ({ userId, address, requestId: 'r', credentialId: 'c', credentialKind: 'SESSION', expiresAt: 0 }) as const;

function make(settings = { limit: 10, perMinute: 600 }) {
  const clock = { now: 0 };
  return { clock, budgets: new CostBudgets(settings, () => clock.now) };
}

test('a budget that is spent is refused with the time after which it is enough again', () => {
  const { clock, budgets } = make();
  budgets.spend(user('ada'), 600);
  const refused = expect.objectContaining({
    code: 'RATE_LIMITED',
    extensions: expect.objectContaining({ retryAfterSeconds: 3 }),
  });
  expect(() => budgets.spend(user('ada'), 25)).toThrow(refused);
  // A refusal takes nothing.
  clock.now = 2_499;
  expect(() => budgets.spend(user('ada'), 25)).toThrow(RateLimitedError);
  clock.now = 2_500;
  budgets.spend(user('ada'), 25);
  expect(budgets.of(user('ada'))).toEqual({ available: 0, capacity: 600, restoredPerSecond: 10 });
  clock.now = 10_000_000;
  expect(budgets.of(user('ada')).available).toBe(600);
});

test('what one operation may cost fits into a full budget, however small that is', () => {
  const { budgets } = make({ limit: 1_000, perMinute: 60 });
  budgets.spend(user('ada'), 1_000);
  expect(() => budgets.spend(user('ada'), 1)).toThrow(RateLimitedError);
});

test('a user has one budget wherever from, and others have their own', () => {
  const { budgets } = make();
  budgets.spend(user('ada', '10.0.0.1'), 600);
  expect(() => budgets.spend(user('ada', '10.0.0.2'), 1)).toThrow(RateLimitedError);
  budgets.spend(user('grace', '10.0.0.1'), 600);
  budgets.spend(anonymous('10.0.0.1'), 600);
});

test.each<[string, string, boolean]>([
  ['10.0.0.1', '10.0.0.2', false],
  ['::ffff:10.0.0.1', '::ffff:10.0.0.2', false],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::9', true],
  ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
  ['2001:db8::1', '2001:db8:0:0:ffff::', true],
  ['fe80::1%eth0', 'fe80::2%eth0', true],
  ['::1', '::2', true],
])('without a user %s and %s share a budget: %s', (one, other, shared) => {
  const { budgets } = make();
  budgets.spend(anonymous(one), 600);
  expect(budgets.of(anonymous(other)).available).toBe(shared ? 0 : 600);
});

test('however many callers there are, only the last are remembered', () => {
  const { budgets } = make();
  budgets.spend(user('first'), 600);
  for (let n = 0; n < 50_000; n++) budgets.spend(user(`user ${n}`), 600);
  expect(budgets.of(user('first')).available).toBe(600);
  expect(budgets.of(user('user 0')).available).toBe(0);
});
