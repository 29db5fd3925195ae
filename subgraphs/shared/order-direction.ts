import { registerEnumType } from 'type-graphql';

export type OrderDirection = 'ASC' | 'DESC';
export const OrderDirectionEnum = { ASC: 'ASC', DESC: 'DESC' } as const;

registerEnumType(OrderDirectionEnum, {
  name: 'OrderDirection',
  description: 'Which end of a list comes first.',
  valuesConfig: {
    ASC: { description: 'Smallest, first in the alphabet or oldest first.' },
    DESC: { description: 'Largest, last in the alphabet or newest first.' },
  },
});
