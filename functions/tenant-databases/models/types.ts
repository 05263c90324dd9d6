/* eslint-disable */
// Types of the models, written by "syncstep generate types". What is changed here is lost the next time.

import {
  typedSteps,
  type CoreClient,
  type ExpandedRecordOf,
  type Many,
  type ModelBlank,
  type One,
  type PathOf,
  type TypedSteps,
} from 'syncstep/functions'

/** The names of the models that have records. */
export type ModelName = keyof Models

/** What a step that observes the model can include: `'owner'`, `'owner.site'`; at most three links, one of them to a set. */
export type Include<Name extends ModelName> = PathOf<Models, Name>

/** A record as a step sees it, with the related records on the given include paths. */
export type Expanded<Name extends ModelName, Path extends Include<Name> = never> = ExpandedRecordOf<
  Models,
  Name,
  Path
>

const steps = typedSteps<Models>()

/** A step as an object: `o` is what `observes` and `include` say, and only feedback fields can be returned. */
export const defineStep: TypedSteps<Models>['defineStep'] = steps.defineStep

/** The same as the base of a class. */
export const stepClass: TypedSteps<Models>['stepClass'] = steps.stepClass

/** A policy as an object, with at least one of its methods. */
export const definePolicy: TypedSteps<Models>['definePolicy'] = steps.definePolicy

/** The same as the base of a class. */
export const policyClass: TypedSteps<Models>['policyClass'] = steps.policyClass

/** An event step as an object. */
export const defineEventStep: TypedSteps<Models>['defineEventStep'] = steps.defineEventStep

/** A pull step as an object. */
export const definePullStep: TypedSteps<Models>['definePullStep'] = steps.definePullStep

/** What reads and writes records in all of them: `StepContext<Client>`, `EventContext<Client>`. */
export type Client = CoreClient<Models>

/** What there is to know about each model. */
export interface Models {
  readonly DatabaseServer: {
    readonly fields: DatabaseServerFields & { readonly leaf_model_name: 'DatabaseServer' }
    readonly links: DatabaseServerLinks
    readonly feedback: DatabaseServerFeedback
    readonly leaves: 'DatabaseServer'
  }
  readonly DatabaseUser: {
    readonly fields: DatabaseUserFields & { readonly leaf_model_name: 'DatabaseUser' }
    readonly links: DatabaseUserLinks
    readonly feedback: DatabaseUserFeedback
    readonly leaves: 'DatabaseUser'
  }
  readonly TenantDatabase: {
    readonly fields: TenantDatabaseFields & { readonly leaf_model_name: 'TenantDatabase' }
    readonly links: TenantDatabaseLinks
    readonly feedback: TenantDatabaseFeedback
    readonly leaves: 'TenantDatabase'
  }
}

/** A PostgreSQL server that databases of tenants are made on */
export interface DatabaseServerFields extends XOSBaseFields {
  /** What it is called: small letters, digits, - and _ */
  readonly name: string
  /** The name or address of its machine. */
  readonly host: string
  readonly port: number
  /** Which folder of TENANT_DATABASES_CREDENTIALS has its administrator's name and password. */
  readonly credentials: string
  /** The version of PostgreSQL that answers there. */
  readonly version?: string
}

export interface DatabaseServerLinks extends XOSBaseLinks {
  /** All TenantDatabase whose `server` leads here. */
  readonly databases: Many<'TenantDatabase'>
}

/** What a step of DatabaseServer may write back; null clears a field. */
export type DatabaseServerFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
  /** The version of PostgreSQL that answers there. */
  readonly version?: string | null
}

/** A record of DatabaseServer as its step sees it, with what the given paths include. */
export type DatabaseServer<Path extends Include<'DatabaseServer'> = never> = Expanded<'DatabaseServer', Path>

/** For tests: `record(DatabaseServer, { ... })` of `syncstep/testing`. */
export const DatabaseServer: ModelBlank<Models['DatabaseServer']['fields']> = {
  model: 'DatabaseServer',
  blank: { id: 1, class_names: 'DatabaseServer,XOSBase', self_content_type_id: 'tenant-databases.databaseserver', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'DatabaseServer', backend_need_delete_policy: false, xos_managed: true, name: '', host: '', port: 5432, credentials: '' },
}

/** Who may log in to a database of a tenant */
export interface DatabaseUserFields extends XOSBaseFields {
  /** The name to log in with; no two on one server have the same. */
  readonly name: string
  /** Id of TenantDatabase. */
  readonly database_id: number
  /** Whether the user may change what is in the database, or only read it. */
  readonly can_write: boolean
  /** Where to log in, without the password. */
  readonly connection_url?: string
  /** Which file of TENANT_DATABASES_PASSWORDS has the password. */
  readonly password_file?: string
}

export interface DatabaseUserLinks extends XOSBaseLinks {
  readonly database: One<'TenantDatabase'>
}

/** What a step of DatabaseUser may write back; null clears a field. */
export type DatabaseUserFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
  /** Where to log in, without the password. */
  readonly connection_url?: string | null
  /** Which file of TENANT_DATABASES_PASSWORDS has the password. */
  readonly password_file?: string | null
}

/** A record of DatabaseUser as its step sees it, with what the given paths include. */
export type DatabaseUser<Path extends Include<'DatabaseUser'> = never> = Expanded<'DatabaseUser', Path>

/** For tests: `record(DatabaseUser, { ... })` of `syncstep/testing`. */
export const DatabaseUser: ModelBlank<Models['DatabaseUser']['fields']> = {
  model: 'DatabaseUser',
  blank: { id: 1, class_names: 'DatabaseUser,XOSBase', self_content_type_id: 'tenant-databases.databaseuser', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'DatabaseUser', backend_need_delete_policy: false, xos_managed: true, name: '', database_id: 1, can_write: true },
}

/** A database of a tenant of its own */
export interface TenantDatabaseFields extends XOSBaseFields {
  /** What it is called: small letters, digits, - and _ */
  readonly name: string
  /** Id of DatabaseServer. */
  readonly server_id: number
  /** How many connections it has at most; -1 for any number. */
  readonly connection_limit: number
  /** Where it is. */
  readonly connection_url?: string
  /** How large it was when somebody last looked. */
  readonly size_bytes?: number
}

export interface TenantDatabaseLinks extends XOSBaseLinks {
  readonly server: One<'DatabaseServer'>
  /** All DatabaseUser whose `database` leads here. */
  readonly users: Many<'DatabaseUser'>
}

/** What a step of TenantDatabase may write back; null clears a field. */
export type TenantDatabaseFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
  /** Where it is. */
  readonly connection_url?: string | null
  /** How large it was when somebody last looked. */
  readonly size_bytes?: number | null
}

/** A record of TenantDatabase as its step sees it, with what the given paths include. */
export type TenantDatabase<Path extends Include<'TenantDatabase'> = never> = Expanded<'TenantDatabase', Path>

/** For tests: `record(TenantDatabase, { ... })` of `syncstep/testing`. */
export const TenantDatabase: ModelBlank<Models['TenantDatabase']['fields']> = {
  model: 'TenantDatabase',
  blank: { id: 1, class_names: 'TenantDatabase,XOSBase', self_content_type_id: 'tenant-databases.tenantdatabase', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'TenantDatabase', backend_need_delete_policy: false, xos_managed: true, name: '', server_id: 1, connection_limit: -1 },
}

export interface XOSBaseFields {
  readonly id: number
  /** The model and its ancestors, joined by commas. */
  readonly class_names: string
  /** App and model in lower case, joined by a dot. */
  readonly self_content_type_id: string
  /**
   * When the record was made.
   * Seconds since 1970.
   */
  readonly created: number
  /**
   * When a user last wrote the record.
   * Seconds since 1970.
   */
  readonly updated: number
  /**
   * The state of the record that its synchronizer has brought into being.
   * Seconds since 1970.
   */
  readonly enacted?: number
  /**
   * The state of the record that its policies have seen.
   * Seconds since 1970.
   */
  readonly policed?: number
  /** What the synchronizer remembers about its attempts, as JSON. */
  readonly backend_register?: string
  /** A sync was attempted, so the delete step must run before the record goes. */
  readonly backend_need_delete: boolean
  /** The delete step is done and the record may go. */
  readonly backend_need_reap: boolean
  /** How the last attempt to sync ended, in words. */
  readonly backend_status: string
  /** 0 in progress, 1 in sync, 2 in error. */
  readonly backend_code: number
  /** Somebody deleted the record; it stays until it is cleaned up. */
  readonly deleted: boolean
  /** Deleting the record has no effect. */
  readonly write_protect: boolean
  /** Hides the record from its synchronizer for the time being. */
  readonly lazy_blocked: boolean
  /** Keeps the synchronizer away from the record. */
  readonly no_sync: boolean
  /** Keeps the model policies away from the record. */
  readonly no_policy: boolean
  /** How the last model policy ended, in words. */
  readonly policy_status?: string
  /** 0 in progress, 1 done, 2 in error. */
  readonly policy_code?: number
  /** A model policy must run before the record goes. */
  readonly backend_need_delete_policy: boolean
  /** The thing is created and destroyed here, not found. */
  readonly xos_managed: boolean
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string
  /**
   * When a sync step last changed the record.
   * Seconds since 1970.
   */
  readonly changed_by_step?: number
  /**
   * When a model policy last changed the record.
   * Seconds since 1970.
   */
  readonly changed_by_policy?: number
}

export interface XOSBaseLinks {}
