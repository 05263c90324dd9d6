import type { Check } from './check.ts'
import { reportAlikeNames } from './report-alike-names.ts'
import { reportBadChoices } from './report-bad-choices.ts'
import { reportBadDefaults } from './report-bad-defaults.ts'
import { reportBounds } from './report-bounds.ts'
import { reportContradictingModifiers } from './report-contradicting-modifiers.ts'
import { reportDependencyCycles } from './report-dependency-cycles.ts'
import { reportDuplicateDefinitions } from './report-duplicate-definitions.ts'
import { reportDuplicateNames } from './report-duplicate-names.ts'
import { reportDuplicateNumbers } from './report-duplicate-numbers.ts'
import { reportDuplicateOptions } from './report-duplicate-options.ts'
import { reportDuplicatePlurals } from './report-duplicate-plurals.ts'
import { reportFalseFlags } from './report-false-flags.ts'
import { reportFieldOptions } from './report-field-options.ts'
import { reportInheritanceCycles } from './report-inheritance-cycles.ts'
import { reportMissingApp } from './report-missing-app.ts'
import { reportMissingDefaults } from './report-missing-defaults.ts'
import { reportMissingPeers } from './report-missing-peers.ts'
import { reportModelOptions } from './report-model-options.ts'
import { reportNumberRanges } from './report-number-ranges.ts'
import { reportPoliciesCalls } from './report-policies-calls.ts'
import { reportPoliciesMessages } from './report-policies-messages.ts'
import { reportPoliciesPaths } from './report-policies-paths.ts'
import { reportPoliciesSyntax } from './report-policies-syntax.ts'
import { reportPoliciesTrivial } from './report-policies-trivial.ts'
import { reportReservedModels } from './report-reserved-models.ts'
import { reportToscaKeys } from './report-tosca-keys.ts'
import { reportUnboundedStrings } from './report-unbounded-strings.ts'
import { reportUnclearInheritance } from './report-unclear-inheritance.ts'
import { reportUnknownBases } from './report-unknown-bases.ts'
import { reportUnknownFields } from './report-unknown-fields.ts'
import { reportUnknownOwners } from './report-unknown-owners.ts'
import { reportUnknownPolicies } from './report-unknown-policies.ts'
import { reportUnknownTargets } from './report-unknown-targets.ts'
import { reportUnknownTypes } from './report-unknown-types.ts'
import { reportUnsupported } from './report-unsupported.ts'
import { reportWireNames } from './report-wire-names.ts'

/** All of them run on every program, also on one with syntax mistakes: one run finds everything. */
export const checks: readonly Check[] = [
  reportUnsupported,
  reportDuplicateDefinitions,
  reportDuplicateOptions,
  reportModelOptions,
  reportMissingApp,
  reportUnknownBases,
  reportInheritanceCycles,
  reportUnclearInheritance,
  reportUnknownTargets,
  reportMissingPeers,
  reportDependencyCycles,
  reportUnknownPolicies,
  reportPoliciesSyntax,
  reportPoliciesCalls,
  reportPoliciesPaths,
  reportPoliciesTrivial,
  reportPoliciesMessages,
  reportUnknownOwners,
  reportUnknownTypes,
  reportFieldOptions,
  reportFalseFlags,
  reportContradictingModifiers,
  reportUnboundedStrings,
  reportBadChoices,
  reportBadDefaults,
  reportMissingDefaults,
  reportBounds,
  reportUnknownFields,
  reportToscaKeys,
  reportNumberRanges,
  reportDuplicateNames,
  reportDuplicateNumbers,
  reportDuplicatePlurals,
  reportReservedModels,
  reportWireNames,
  reportAlikeNames,
]
