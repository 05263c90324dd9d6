import { expect, test } from 'vitest'
import { readRecipe } from '../../../core/tosca/recipe.ts'
import { schemaWith } from '../schema.ts'

const schema = schemaWith(`
option name = "painting";
option app_label = "painting";
message Color (XOSBase) {
    required string name = 1 [max_length = 20];
    optional int32 depth = 2;
}
message Brush (XOSBase) {
    required string name = 1 [max_length = 20];
    required manytoone color->Color:brushes = 2:1001;
    required manytoone spare->Color:spare_brushes = 3:1002;
    optional manytomany mixes->Color:mixed_by = 4:1003;
}
message Stroke (XOSBase) {
    required manytoone brush->Brush:strokes = 1:1001 [tosca_key = True];
    optional string left = 2 [tosca_key_one_of = right, max_length = 9];
    optional string right = 3 [max_length = 9];
}
message Drip (XOSBase) {
    optional int32 size = 1;
}
`)

const nodes = (templates: string): string => `tosca_definitions_version: tosca_simple_yaml_1_0
topology_template:
  node_templates:
${templates}`

const red = '    red: { type: tosca.nodes.Color, properties: { name: red } }\n'

const mistakesOf = (text: string): string => {
  try {
    readRecipe(text, schema)
  } catch (thrown) {
    return (thrown as Error).message
  }
  return 'no mistake'
}

test('a recipe becomes nodes with their model, values and links', () => {
  const recipe = readRecipe(
    nodes(`
    brush:
      type: tosca.nodes.Brush
      properties: { name: fine, must-exist: false }
      requirements:
        - color: { node: red, relationship: tosca.relationships.BelongsToOne }
${red}`),
    schema,
  )

  expect(recipe.map(({ model, ...node }) => ({ ...node, model: model.name }))).toEqual([
    {
      name: 'red',
      model: 'Color',
      properties: { name: 'red' },
      requirements: new Map(),
      mustExist: false,
      protected: false,
    },
    {
      name: 'brush',
      model: 'Brush',
      properties: { name: 'fine' },
      requirements: new Map([['color_id', 'red']]),
      mustExist: false,
      protected: true,
    },
  ])
})

const brush = (body: string): string =>
  nodes(`${red}    brush:\n      type: tosca.nodes.Brush\n      properties: { name: b }\n${body}`)

test.each([
  [
    'no version',
    'topology_template: {}',
    '\tMissingRequiredFieldError: Template is missing required field "tosca_definitions_version". (line 1, column 1)\n',
  ],
  [
    'an unknown version',
    'tosca_definitions_version: 7\ntopology_template: {}',
    '\tInvalidTemplateVersion: The template version 7 is invalid. Valid versions are tosca_simple_yaml_1_0, tosca_simple_yaml_1_1, tosca_simple_yaml_1_2, tosca_simple_yaml_1_3. (line 1, column 28)\n',
  ],
  [
    'no topology',
    'tosca_definitions_version: tosca_simple_yaml_1_0',
    '\tMissingRequiredFieldError: Template is missing required field "topology_template". (line 1, column 1)\n',
  ],
  ['a list', '- 1', '\tTypeMismatchError: The recipe must be of type "map".\n'],
  [
    'an unknown section',
    `topologie: 1\n${nodes(red)}`,
    '\tUnknownFieldError: Template contains unknown field "topologie". (line 1, column 12)\n',
  ],
  [
    'an unknown import',
    `imports: [custom_types/colour.yaml]\n${nodes(red)}`,
    '\tImportError: Import "custom_types/colour.yaml" is not valid; did you mean custom_types/color.yaml? (line 1, column 11)\n',
  ],
  [
    'imports that are no list',
    `imports: custom_types/color.yaml\n${nodes(red)}`,
    '\tTypeMismatchError: "imports" must be of type "list". (line 1, column 10)\n',
  ],
  [
    'an unknown type',
    nodes('    red: { type: tosca.nodes.Colour }\n'),
    '\tInvalidTypeError: Type "tosca.nodes.Colour" is not a valid type; did you mean tosca.nodes.Color? (line 4, column 18)\n',
  ],
  [
    'a type without records',
    nodes('    base: { type: tosca.nodes.XOSBase }\n'),
    '\tInvalidTypeError: Type "tosca.nodes.XOSBase" is not a valid type; did you mean tosca.nodes.XOSCore? (line 4, column 19)\n',
  ],
  [
    'no type',
    nodes('    red: { properties: { name: red } }\n'),
    '\tMissingRequiredFieldError: Template "red" is missing required field "type". (line 4, column 10)\n',
  ],
  [
    'an unknown property',
    nodes('    red: { type: tosca.nodes.Color, properties: { name: red, dept: 1 } }\n'),
    '\tUnknownFieldError: "properties" of template "red" contains unknown field "dept"; did you mean depth? (line 4, column 68)\n',
  ],
  [
    'a value of the wrong type',
    nodes('    red: { type: tosca.nodes.Color, properties: { name: red, depth: "1" } }\n'),
    '\tFailed to set 1 on field depth for class Color, Exception was: "expected a whole number from -2147483648 to 2147483647, got "1"" (line 4, column 69)\n',
  ],
  [
    'must-exist that is no boolean',
    nodes('    red: { type: tosca.nodes.Color, properties: { name: red, must-exist: yes } }\n'),
    '\tTypeMismatchError: "must-exist" of template "red" must be of type "boolean". (line 4, column 74)\n',
  ],
  [
    'a link as a property',
    brush('').replace('{ name: b }', '{ name: b, color_id: 1 }'),
    '\tUnknownFieldError: "properties" of template "brush" contains unknown field "color_id". (line 7, column 40)\n',
  ],
  [
    'an unknown requirement',
    brush('      requirements: [ { colour: { node: red } } ]\n'),
    '\tUnknownFieldError: "requirements" of template "brush" contains unknown field "colour"; did you mean color? (line 8, column 33)\n',
  ],
  [
    'a requirement of a node that is not there',
    brush('      requirements: [ { color: { node: rad } } ]\n'),
    '\tUnknownFieldError: Requirement "color" of template "brush" names node "rad", which is not a node of this recipe; did you mean red? (line 8, column 32)\n',
  ],
  [
    'a requirement of a node of the wrong type',
    brush('      requirements: [ { color: { node: brush } } ]\n'),
    '\tTypeMismatchError: Requirement "color" of template "brush" names node "brush", which must be of type "tosca.nodes.Color". (line 8, column 32)\n',
  ],
  [
    'a requirement without a node',
    brush('      requirements: [ { color: {} } ]\n'),
    '\tMissingRequiredFieldError: Requirement "color" of template "brush" is missing required field "node". (line 8, column 32)\n',
  ],
  [
    'the short form of a requirement',
    brush('      requirements: [ color: red ]\n'),
    '\tTypeMismatchError: Each of "requirements" of template "brush" must be of type "map", such as "- owner: { node: service }". (line 8, column 23)\n',
  ],
  [
    'a requirement given twice',
    brush('      requirements: [ { color: { node: red } }, { color: { node: red } } ]\n'),
    '\tTypeMismatchError: "requirements" of template "brush" name "color" twice. (line 8, column 58)\n',
  ],
  [
    'a link to many',
    brush('      requirements: [ { mixes: { node: red } } ]\n'),
    '\tTypeMismatchError: Requirement "mixes" of template "brush" is a link to many, which a recipe cannot set. (line 8, column 32)\n',
  ],
  [
    'a node without its key',
    nodes('    red: { type: tosca.nodes.Color }\n'),
    "\t[XOS-TOSCA] Failed to save or delete model Color [red]: [XOS-TOSCA] Model Color doesn't have a property for the specified tosca_key ('name') (line 4, column 10)\n",
  ],
  [
    'a node without any member of its group of keys',
    brush(
      '    stroke: { type: tosca.nodes.Stroke, requirements: [ { brush: { node: brush } } ] }\n',
    ),
    "\t[XOS-TOSCA] Failed to save or delete model Stroke [stroke]: [XOS-TOSCA] Model Stroke doesn't have a property for the specified tosca_key_one_of (['left', 'right']) (line 8, column 13)\n",
  ],
  [
    'a model without keys',
    nodes('    drip: { type: tosca.nodes.Drip }\n'),
    "\t[XOS-TOSCA] Failed to save or delete model Drip [drip]: [XOS-TOSCA] Model Drip doesn't have a tosca_key specified (line 4, column 11)\n",
  ],
  [
    'a key given twice',
    nodes(red + red),
    '[XOS-TOSCA] The recipe is not valid YAML: key "red" is given twice (line 5, column 5)',
  ],
  [
    'an unknown tag',
    nodes('    red: !!python/object {}\n'),
    '[XOS-TOSCA] The recipe is not valid YAML: Unresolved tag: tag:yaml.org,2002:python/object (line 4, column 10)',
  ],
])('%s is told with its place', (_what, text, mistake) => {
  expect(mistakesOf(text)).toBe(mistake)
})

test('all mistakes are told at once', () => {
  const text = nodes(
    '    red: { type: tosca.nodes.Color, properties: { nam: red, depth: x }, hue: 1 }\n',
  )

  expect(mistakesOf(text).match(/^\t/gm)).toHaveLength(4)
})

test('a circle of requirements is named', () => {
  const cyclic = schemaWith(`
option name = "loops";
option app_label = "loops";
message Ring (XOSBase) {
    required string name = 1 [max_length = 20];
    optional manytoone next->Ring:previous = 2:1001;
}
`)
  const ring = (name: string, next: string): string =>
    `    ${name}: { type: tosca.nodes.Ring, properties: { name: ${name} }, requirements: [ { next: { node: ${next} } } ] }\n`

  expect(() => readRecipe(nodes(ring('a', 'b') + ring('b', 'c') + ring('c', 'b')), cyclic)).toThrow(
    '[XOS-TOSCA] The requirements go round in a circle: b -> c -> b',
  )
})

test('nodes named like members of every object are nodes', () => {
  const names = ['__proto__', 'constructor', 'toString']
  const templates = names.map((name) => red.replace('red:', `${name}:`)).join('')

  expect(readRecipe(nodes(templates), schema).map(({ name }) => name)).toEqual(names)
})
