import { stringify } from 'yaml'

/** YAML that reads the same under 1.1, which the clients in Python keep to: there `no` is false unless quoted. */
export const writeYaml = (content: unknown): string =>
  stringify(content, { aliasDuplicateObjects: false, compat: 'yaml-1.1', lineWidth: 0 })
