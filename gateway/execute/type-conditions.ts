import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from 'graphql';

/** Whether `... on T` holds for an object that says it is of some type: an object type, or an interface object's. */
export class TypeConditions {
  readonly #known = new Map<string, Map<string, boolean>>();

  constructor(private readonly schema: GraphQLSchema) {}

  applies(condition: string, typeName: string): boolean {
    if (condition === typeName) return true;
    let byType = this.#known.get(condition);
    if (!byType) {
      byType = new Map();
      this.#known.set(condition, byType);
    }
    let applies = byType.get(typeName);
    if (applies === undefined) {
      applies = this.#check(condition, typeName);
      // Only names of the schema are kept: a subgraph may answer any.
      if (this.schema.getType(typeName)) byType.set(typeName, applies);
    }
    return applies;
  }

  isObjectType(name: string): boolean {
    return isObjectType(this.schema.getType(name));
  }

  #check(condition: string, typeName: string): boolean {
    const abstract = this.schema.getType(condition);
    const type = this.schema.getType(typeName);
    return (
      isAbstractType(abstract) &&
      (isObjectType(type) || isInterfaceType(type)) &&
      this.schema.isSubType(abstract, type)
    );
  }
}
