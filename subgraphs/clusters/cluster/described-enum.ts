/** GraphQL enums of objects that hold a description for each value. */
export const namesOf = <T extends object>(values: T): { [K in keyof T]: K } =>
  Object.fromEntries(Object.keys(values).map((name) => [name, name])) as { [K in keyof T]: K };

/** The `valuesConfig` of type-graphql. */
export const described = (values: Readonly<Record<string, string>>): never =>
  Object.fromEntries(Object.entries(values).map(([name, description]) => [name, { description }])) as never;
