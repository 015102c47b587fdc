import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';

/** Returns the columns of an entity for the list of a raw statement, each named after its property behind a prefix. */
export function entityColumns(
  dataSource: DataSource,
  entity: EntityTarget<ObjectLiteral>,
  alias: string,
): string {
  return dataSource
    .getMetadata(entity)
    .columns.filter(({ isSelect }) => isSelect)
    .map(({ databaseName, propertyName }) => `${alias}.${databaseName} AS "${alias}_${propertyName}"`)
    .join(', ');
}

/**
 * Makes an entity from the columns of a row that were listed by {@link entityColumns}. Values are as the driver returns
 * them: transformers of columns are not applied.
 */
export function entityFrom<T extends object>(
  row: Readonly<Record<string, unknown>>,
  entity: new () => T,
  alias: string,
): T {
  const prefix = `${alias}_`;
  const own = Object.entries(row).filter(([name]) => name.startsWith(prefix));
  return Object.assign(
    new entity(),
    Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value])),
  );
}
