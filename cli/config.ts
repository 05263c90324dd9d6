import { ajv, checkedYaml } from './checked-yaml.ts'
import { configSchema, type ConfigFile } from './config.schema.ts'

/**
 * Reads the text of a config.yaml.
 *
 * @throws Failure with every mistake, one a line, as `file:line:column: what is wrong`.
 */
export const parseConfig = checkedYaml(ajv.compile<ConfigFile>(configSchema))
