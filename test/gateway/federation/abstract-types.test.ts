import { conforms } from './federation.js';

const media = [
  { __typename: 'Film', id: 'f1', title: 'Alien', minutes: 117, rating: 9, tags: ['a', 'b'] },
  { __typename: 'Song', id: 's1', title: 'Creep', artist: { name: 'Radiohead' }, rating: null, tags: [] },
  { __typename: 'Film', id: 'f2', title: null, minutes: null, rating: 3, tags: null },
];

conforms(
  'an interface with a key, and an interface object that adds fields to it',
  {
    api: `
      type Query { media: [Media!]! one: Media rated: [Media] }
      interface Media { id: ID! title: String rating: Int tags: [String!] }
      type Film implements Media { id: ID! title: String minutes: Int rating: Int tags: [String!] }
      type Song implements Media { id: ID! title: String artist: Artist rating: Int tags: [String!] }
      type Artist { name: String }
    `,
    roots: { media: () => media, one: () => media[1], rated: () => [media[2], null, media[0]] },
    entities: media,
    subgraphs: {
      library: `
        type Query { media: [Media!]! one: Media }
        interface Media @key(fields: "id") { id: ID! title: String }
        type Film implements Media @key(fields: "id") { id: ID! title: String minutes: Int }
        type Song implements Media @key(fields: "id") { id: ID! title: String artist: Artist }
        type Artist { name: String }
      `,
      ratings: `
        type Query { rated: [Media] }
        type Media @key(fields: "id") @interfaceObject { id: ID! rating: Int }
      `,
      tags: `type Media @key(fields: "id") @interfaceObject { id: ID! tags: [String!] }`,
    },
  },
  {
    'fields of the object on the interface': '{ media { title rating } }',
    'fields of two objects': '{ media { tags rating } }',
    'fields of the object on one type': '{ media { ... on Film { title rating } } }',
    'from the object to what is real': '{ rated { title } }',
    'the real type, from the object': '{ rated { __typename } }',
    'the real type by an alias, and fields of types':
      '{ rated { type: __typename ... on Film { minutes } ... on Song { artist { name } } } }',
    'the object alone': '{ rated { id rating } }',
    'from one object to another': '{ rated { tags } }',
    'through everything':
      '{ one { __typename id title rating tags ... on Song { artist { name } rating } } }',
  },
);

const owners = [
  { __typename: 'Person', id: 'p1', name: 'Ada', age: 36 },
  { __typename: 'Company', id: 'c1', name: 'ACME', size: 5, founder: () => owners[0] },
  { __typename: 'Robot', serial: 7, name: 'R7' },
];
const houses = [0, 1, 2].map((index) => ({
  __typename: 'House',
  id: String(index),
  owner: () => owners[index],
  rooms: [
    [{ __typename: 'Kitchen', size: 10, stoves: index }],
    [{ __typename: 'Bath', size: 4, tub: index === 1 }, null],
  ],
}));

conforms(
  'unions, plain interfaces and lists in lists',
  {
    api: `
      type Query { houses: [House!]! anyone: [Owner] }
      type House { id: ID! owner: Owner rooms: [[Room]!] }
      union Owner = Person | Company | Robot
      type Person implements Named { id: ID! name: String age: Int }
      type Company implements Named { id: ID! name: String size: Int founder: Person }
      type Robot implements Named { serial: Int name: String }
      interface Named { name: String }
      interface Room { size: Int }
      type Kitchen implements Room { size: Int stoves: Int }
      type Bath implements Room { size: Int tub: Boolean }
    `,
    roots: { houses: () => houses, anyone: () => [...owners, null] },
    get entities() {
      return [...houses, ...owners.slice(0, 2)];
    },
    subgraphs: {
      houses: `
        type Query { houses: [House!]! }
        type House @key(fields: "id") { id: ID! owner: Owner }
        union Owner = Person | Company | Robot
        type Person @key(fields: "id") { id: ID! }
        type Company @key(fields: "id") { id: ID! }
        type Robot implements Named { serial: Int @shareable name: String @shareable }
        interface Named { name: String }
      `,
      people: `
        type Query { anyone: [Owner] }
        union Owner = Person | Company | Robot
        interface Named { name: String }
        type Person implements Named @key(fields: "id") { id: ID! name: String age: Int }
        type Company implements Named @key(fields: "id") { id: ID! name: String size: Int founder: Person }
        type Robot implements Named { serial: Int @shareable name: String @shareable }
      `,
      rooms: `
        type House @key(fields: "id") { id: ID! rooms: [[Room]!] }
        interface Room { size: Int }
        type Kitchen implements Room { size: Int stoves: Int }
        type Bath implements Room { size: Int tub: Boolean }
      `,
    },
  },
  {
    'members that are entities': '{ houses { owner { ... on Person { name } ... on Company { size } } } }',
    'a fragment on an interface within a union': '{ houses { owner { ... on Named { name } } } }',
    'only the type': '{ houses { owner { __typename } } }',
    'the type under another name': '{ anyone { kind: __typename ... on Robot { serial kind: __typename } } }',
    'a member within a member': '{ anyone { ... on Company { founder { age name } } } }',
    'lists in lists of an interface':
      '{ houses { rooms { size ... on Kitchen { stoves } ... on Bath { tub __typename } } } }',
    'the same response name for fields of two types': `{
      houses { owner { ... on Person { value: age } ... on Company { value: size } ... on Robot { value: serial } } }
    }`,
    'fragments in fragments': `
      { houses { ...house } }
      fragment house on House { owner { ...named ... on Company { founder { ...named } } } id }
      fragment named on Named { name __typename }
    `,
  },
);
