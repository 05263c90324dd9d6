/* eslint-disable */
// Types of the models, written by "syncstep generate types". What is changed here is lost the next time.

import {
  typedSteps,
  type CoreClient,
  type ExpandedRecordOf,
  type Many,
  type ModelBlank,
  type One,
  type OneOrNone,
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
  readonly AddressPool: {
    readonly fields: AddressPoolFields & { readonly leaf_model_name: 'AddressPool' }
    readonly links: AddressPoolLinks
    readonly feedback: AddressPoolFeedback
    readonly leaves: 'AddressPool'
  }
  readonly ComputeServiceInstance: {
    readonly fields: ComputeServiceInstanceFields & { readonly leaf_model_name: 'ComputeServiceInstance' }
    readonly links: ComputeServiceInstanceLinks
    readonly feedback: ComputeServiceInstanceFeedback
    readonly leaves: 'ComputeServiceInstance'
  }
  readonly Flavor: {
    readonly fields: FlavorFields & { readonly leaf_model_name: 'Flavor' }
    readonly links: FlavorLinks
    readonly feedback: FlavorFeedback
    readonly leaves: 'Flavor'
  }
  readonly HelloWorldService: {
    readonly fields: HelloWorldServiceFields & { readonly leaf_model_name: 'HelloWorldService' }
    readonly links: HelloWorldServiceLinks
    readonly feedback: HelloWorldServiceFeedback
    readonly leaves: 'HelloWorldService'
  }
  readonly HelloWorldServiceInstance: {
    readonly fields: HelloWorldServiceInstanceFields & { readonly leaf_model_name: 'HelloWorldServiceInstance' }
    readonly links: HelloWorldServiceInstanceLinks
    readonly feedback: HelloWorldServiceInstanceFeedback
    readonly leaves: 'HelloWorldServiceInstance'
  }
  readonly Image: {
    readonly fields: ImageFields & { readonly leaf_model_name: 'Image' }
    readonly links: ImageLinks
    readonly feedback: ImageFeedback
    readonly leaves: 'Image'
  }
  readonly InterfaceType: {
    readonly fields: InterfaceTypeFields & { readonly leaf_model_name: 'InterfaceType' }
    readonly links: InterfaceTypeLinks
    readonly feedback: InterfaceTypeFeedback
    readonly leaves: 'InterfaceType'
  }
  readonly Network: {
    readonly fields: NetworkFields & { readonly leaf_model_name: 'Network' }
    readonly links: NetworkLinks
    readonly feedback: NetworkFeedback
    readonly leaves: 'Network'
  }
  readonly NetworkSlice: {
    readonly fields: NetworkSliceFields & { readonly leaf_model_name: 'NetworkSlice' }
    readonly links: NetworkSliceLinks
    readonly feedback: NetworkSliceFeedback
    readonly leaves: 'NetworkSlice'
  }
  readonly NetworkTemplate: {
    readonly fields: NetworkTemplateFields & { readonly leaf_model_name: 'NetworkTemplate' }
    readonly links: NetworkTemplateLinks
    readonly feedback: NetworkTemplateFeedback
    readonly leaves: 'NetworkTemplate'
  }
  readonly Node: {
    readonly fields: NodeFields & { readonly leaf_model_name: 'Node' }
    readonly links: NodeLinks
    readonly feedback: NodeFeedback
    readonly leaves: 'Node'
  }
  readonly NodeLabel: {
    readonly fields: NodeLabelFields & { readonly leaf_model_name: 'NodeLabel' }
    readonly links: NodeLabelLinks
    readonly feedback: NodeLabelFeedback
    readonly leaves: 'NodeLabel'
  }
  readonly Port: {
    readonly fields: PortFields & { readonly leaf_model_name: 'Port' }
    readonly links: PortLinks
    readonly feedback: PortFeedback
    readonly leaves: 'Port'
  }
  readonly Principal: {
    readonly fields: PrincipalFields & { readonly leaf_model_name: 'Principal' }
    readonly links: PrincipalLinks
    readonly feedback: PrincipalFeedback
    readonly leaves: 'Principal'
  }
  readonly Service: {
    readonly fields: ServiceFields & { readonly leaf_model_name: 'Service' }
    readonly links: ServiceLinks
    readonly feedback: ServiceFeedback
    readonly leaves: 'HelloWorldService' | 'Service'
  }
  readonly ServiceAttribute: {
    readonly fields: ServiceAttributeFields & { readonly leaf_model_name: 'ServiceAttribute' }
    readonly links: ServiceAttributeLinks
    readonly feedback: ServiceAttributeFeedback
    readonly leaves: 'ServiceAttribute'
  }
  readonly ServiceDependency: {
    readonly fields: ServiceDependencyFields & { readonly leaf_model_name: 'ServiceDependency' }
    readonly links: ServiceDependencyLinks
    readonly feedback: ServiceDependencyFeedback
    readonly leaves: 'ServiceDependency'
  }
  readonly ServiceInstance: {
    readonly fields: ServiceInstanceFields & { readonly leaf_model_name: 'ServiceInstance' }
    readonly links: ServiceInstanceLinks
    readonly feedback: ServiceInstanceFeedback
    readonly leaves: 'ComputeServiceInstance' | 'HelloWorldServiceInstance' | 'ServiceInstance'
  }
  readonly ServiceInstanceAttribute: {
    readonly fields: ServiceInstanceAttributeFields & { readonly leaf_model_name: 'ServiceInstanceAttribute' }
    readonly links: ServiceInstanceAttributeLinks
    readonly feedback: ServiceInstanceAttributeFeedback
    readonly leaves: 'ServiceInstanceAttribute'
  }
  readonly ServiceInstanceLink: {
    readonly fields: ServiceInstanceLinkFields & { readonly leaf_model_name: 'ServiceInstanceLink' }
    readonly links: ServiceInstanceLinkLinks
    readonly feedback: ServiceInstanceLinkFeedback
    readonly leaves: 'ServiceInstanceLink'
  }
  readonly ServiceInterface: {
    readonly fields: ServiceInterfaceFields & { readonly leaf_model_name: 'ServiceInterface' }
    readonly links: ServiceInterfaceLinks
    readonly feedback: ServiceInterfaceFeedback
    readonly leaves: 'ServiceInterface'
  }
  readonly ServicePort: {
    readonly fields: ServicePortFields & { readonly leaf_model_name: 'ServicePort' }
    readonly links: ServicePortLinks
    readonly feedback: ServicePortFeedback
    readonly leaves: 'ServicePort'
  }
  readonly Site: {
    readonly fields: SiteFields & { readonly leaf_model_name: 'Site' }
    readonly links: SiteLinks
    readonly feedback: SiteFeedback
    readonly leaves: 'Site'
  }
  readonly Slice: {
    readonly fields: SliceFields & { readonly leaf_model_name: 'Slice' }
    readonly links: SliceLinks
    readonly feedback: SliceFeedback
    readonly leaves: 'Slice'
  }
  readonly Tag: {
    readonly fields: TagFields & { readonly leaf_model_name: 'Tag' }
    readonly links: TagLinks
    readonly feedback: TagFeedback
    readonly leaves: 'Tag'
  }
  readonly TrustDomain: {
    readonly fields: TrustDomainFields & { readonly leaf_model_name: 'TrustDomain' }
    readonly links: TrustDomainLinks
    readonly feedback: TrustDomainFeedback
    readonly leaves: 'TrustDomain'
  }
  readonly User: {
    readonly fields: UserFields & { readonly leaf_model_name: 'User' }
    readonly links: UserLinks
    readonly feedback: UserFeedback
    readonly leaves: 'User'
  }
}

export interface AddressPoolFields extends XOSBaseFields {
  /** Name of the pool. */
  readonly name: string
  /** Free addresses, separated by blanks. */
  readonly addresses?: string
  /** Address of the gateway. */
  readonly gateway_ip: string
  /** Hardware address of the gateway. */
  readonly gateway_mac: string
  /** The subnet the addresses are from. */
  readonly cidr: string
  /** Addresses that have been handed out. */
  readonly inuse?: string
  /**
   * The service that hands them out.
   * Id of Service.
   */
  readonly service_id?: number
}

export interface AddressPoolLinks extends XOSBaseLinks {
  /** The service that hands them out. */
  readonly service: OneOrNone<'Service'>
}

/** What a step of AddressPool may write back; null clears a field. */
export type AddressPoolFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of AddressPool as its step sees it, with what the given paths include. */
export type AddressPool<Path extends Include<'AddressPool'> = never> = Expanded<'AddressPool', Path>

/** For tests: `record(AddressPool, { ... })` of `syncstep/testing`. */
export const AddressPool: ModelBlank<Models['AddressPool']['fields']> = {
  model: 'AddressPool',
  blank: { id: 1, class_names: 'AddressPool,XOSBase', self_content_type_id: 'core.addresspool', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'AddressPool', backend_need_delete_policy: false, xos_managed: true, name: '', gateway_ip: '', gateway_mac: '', cidr: '' },
}

export interface ComputeServiceInstanceFields extends ServiceInstanceFields {
  /**
   * Slice the machine belongs to.
   * Id of Slice.
   */
  readonly slice_id: number
  /**
   * Image the machine starts from.
   * Id of Image.
   */
  readonly image_id: number
}

export interface ComputeServiceInstanceLinks extends ServiceInstanceLinks {
  /** Slice the machine belongs to. */
  readonly slice: One<'Slice'>
  /** Image the machine starts from. */
  readonly image: One<'Image'>
}

/** What a step of ComputeServiceInstance may write back; null clears a field. */
export type ComputeServiceInstanceFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of ComputeServiceInstance as its step sees it, with what the given paths include. */
export type ComputeServiceInstance<Path extends Include<'ComputeServiceInstance'> = never> = Expanded<'ComputeServiceInstance', Path>

/** For tests: `record(ComputeServiceInstance, { ... })` of `syncstep/testing`. */
export const ComputeServiceInstance: ModelBlank<Models['ComputeServiceInstance']['fields']> = {
  model: 'ComputeServiceInstance',
  blank: { id: 1, class_names: 'ComputeServiceInstance,ServiceInstance,XOSBase', self_content_type_id: 'core.computeserviceinstance', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'ComputeServiceInstance', backend_need_delete_policy: false, xos_managed: true, owner_id: 1, link_deleted_count: 0, slice_id: 1, image_id: 1 },
}

export interface FlavorFields extends XOSBaseFields {
  /** Name of the flavor. */
  readonly name: string
  /** What it is meant for. */
  readonly description?: string
  /** Name the compute platform knows it by. */
  readonly flavor: string
}

export interface FlavorLinks extends XOSBaseLinks {
  /** All Slice whose `default_flavor` leads here. */
  readonly slices: Many<'Slice'>
}

/** What a step of Flavor may write back; null clears a field. */
export type FlavorFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of Flavor as its step sees it, with what the given paths include. */
export type Flavor<Path extends Include<'Flavor'> = never> = Expanded<'Flavor', Path>

/** For tests: `record(Flavor, { ... })` of `syncstep/testing`. */
export const Flavor: ModelBlank<Models['Flavor']['fields']> = {
  model: 'Flavor',
  blank: { id: 1, class_names: 'Flavor,XOSBase', self_content_type_id: 'core.flavor', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'Flavor', backend_need_delete_policy: false, xos_managed: true, name: '', flavor: '' },
}

export interface HelloWorldServiceFields extends ServiceFields {
  /** The name of who is saying hello. */
  readonly hello_from: string
}

export interface HelloWorldServiceLinks extends ServiceLinks {}

/** What a step of HelloWorldService may write back; null clears a field. */
export type HelloWorldServiceFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of HelloWorldService as its step sees it, with what the given paths include. */
export type HelloWorldService<Path extends Include<'HelloWorldService'> = never> = Expanded<'HelloWorldService', Path>

/** For tests: `record(HelloWorldService, { ... })` of `syncstep/testing`. */
export const HelloWorldService: ModelBlank<Models['HelloWorldService']['fields']> = {
  model: 'HelloWorldService',
  blank: { id: 1, class_names: 'HelloWorldService,Service,XOSBase', self_content_type_id: 'hello-world.helloworldservice', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'HelloWorldService', backend_need_delete_policy: false, xos_managed: true, enabled: true, kind: 'generic', name: '', published: true, hello_from: '' },
}

export interface HelloWorldServiceInstanceFields extends ServiceInstanceFields {
  /** The name of who is being greeted. */
  readonly hello_to: string
}

export interface HelloWorldServiceInstanceLinks extends Omit<ServiceInstanceLinks, 'owner'> {
  /** Service it is an instance of. */
  readonly owner: One<'HelloWorldService'>
}

/** What a step of HelloWorldServiceInstance may write back; null clears a field. */
export type HelloWorldServiceInstanceFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of HelloWorldServiceInstance as its step sees it, with what the given paths include. */
export type HelloWorldServiceInstance<Path extends Include<'HelloWorldServiceInstance'> = never> = Expanded<'HelloWorldServiceInstance', Path>

/** For tests: `record(HelloWorldServiceInstance, { ... })` of `syncstep/testing`. */
export const HelloWorldServiceInstance: ModelBlank<Models['HelloWorldServiceInstance']['fields']> = {
  model: 'HelloWorldServiceInstance',
  blank: { id: 1, class_names: 'HelloWorldServiceInstance,ServiceInstance,XOSBase', self_content_type_id: 'hello-world.helloworldserviceinstance', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'HelloWorldServiceInstance', backend_need_delete_policy: false, xos_managed: true, owner_id: 1, link_deleted_count: 0, hello_to: '' },
}

export interface ImageFields extends XOSBaseFields {
  /** Name of the image. */
  readonly name: string
  /** What is started from it. */
  readonly kind: 'vm' | 'container'
  /** Format of the disk. */
  readonly disk_format?: string
  /** Format of the container around the disk. */
  readonly container_format?: string
  /** Where the file is found. */
  readonly path?: string
  /** Which version of a container image. */
  readonly tag?: string
}

export interface ImageLinks extends XOSBaseLinks {
  /** All ComputeServiceInstance whose `image` leads here. */
  readonly computeserviceinstances: Many<'ComputeServiceInstance'>
  /** All Slice whose `default_image` leads here. */
  readonly slices: Many<'Slice'>
}

/** What a step of Image may write back; null clears a field. */
export type ImageFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of Image as its step sees it, with what the given paths include. */
export type Image<Path extends Include<'Image'> = never> = Expanded<'Image', Path>

/** For tests: `record(Image, { ... })` of `syncstep/testing`. */
export const Image: ModelBlank<Models['Image']['fields']> = {
  model: 'Image',
  blank: { id: 1, class_names: 'Image,XOSBase', self_content_type_id: 'core.image', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'Image', backend_need_delete_policy: false, xos_managed: true, name: '', kind: 'vm' },
}

export interface InterfaceTypeFields extends XOSBaseFields {
  /** Name of the interface type. */
  readonly name: string
  /** Whether it offers or asks. */
  readonly direction: 'in' | 'out'
}

export interface InterfaceTypeLinks extends XOSBaseLinks {
  /** All ServiceInterface whose `interface_type` leads here. */
  readonly service_interfaces: Many<'ServiceInterface'>
}

/** What a step of InterfaceType may write back; null clears a field. */
export type InterfaceTypeFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of InterfaceType as its step sees it, with what the given paths include. */
export type InterfaceType<Path extends Include<'InterfaceType'> = never> = Expanded<'InterfaceType', Path>

/** For tests: `record(InterfaceType, { ... })` of `syncstep/testing`. */
export const InterfaceType: ModelBlank<Models['InterfaceType']['fields']> = {
  model: 'InterfaceType',
  blank: { id: 1, class_names: 'InterfaceType,XOSBase', self_content_type_id: 'core.interfacetype', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'InterfaceType', backend_need_delete_policy: false, xos_managed: true, name: '', direction: 'in' },
}

export interface NetworkFields extends XOSBaseFields {
  /** Name of the network. */
  readonly name: string
  /**
   * What kind of network it is.
   * Id of NetworkTemplate.
   */
  readonly template_id: number
  /** Its addresses in CIDR notation. */
  readonly subnet?: string
  /** First address to hand out. */
  readonly start_ip?: string
  /** Last address to hand out. */
  readonly end_ip?: string
  /** Ports that are open. */
  readonly ports?: string
  /** Words to find it by. */
  readonly labels?: string
  /**
   * Slice that pays for it.
   * Id of Slice.
   */
  readonly owner_id: number
  /** Any slice may join. */
  readonly permit_all_slices: boolean
  /** Machines of the owner join by themselves. */
  readonly autoconnect: boolean
  /**
   * Slices that may join.
   * Ids of Slice.
   */
  readonly permitted_slices_ids: readonly number[]
}

export interface NetworkLinks extends XOSBaseLinks {
  /** What kind of network it is. */
  readonly template: One<'NetworkTemplate'>
  /** Slice that pays for it. */
  readonly owner: One<'Slice'>
  /** Slices that may join. */
  readonly permitted_slices: Many<'Slice'>
  /** All NetworkSlice whose `network` leads here. */
  readonly networkslices: Many<'NetworkSlice'>
  /** All Port whose `network` leads here. */
  readonly links: Many<'Port'>
  /** All ServiceInstanceLink whose `subscriber_network` leads here. */
  readonly subscribed_links: Many<'ServiceInstanceLink'>
}

/** What a step of Network may write back; null clears a field. */
export type NetworkFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of Network as its step sees it, with what the given paths include. */
export type Network<Path extends Include<'Network'> = never> = Expanded<'Network', Path>

/** For tests: `record(Network, { ... })` of `syncstep/testing`. */
export const Network: ModelBlank<Models['Network']['fields']> = {
  model: 'Network',
  blank: { id: 1, class_names: 'Network,XOSBase', self_content_type_id: 'core.network', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'Network', backend_need_delete_policy: false, xos_managed: true, name: '', template_id: 1, owner_id: 1, permit_all_slices: false, autoconnect: true, permitted_slices_ids: [] },
}

export interface NetworkSliceFields extends XOSBaseFields {
  /**
   * Network that is joined.
   * Id of Network.
   */
  readonly network_id: number
  /**
   * Slice that joins.
   * Id of Slice.
   */
  readonly slice_id: number
}

export interface NetworkSliceLinks extends XOSBaseLinks {
  /** Network that is joined. */
  readonly network: One<'Network'>
  /** Slice that joins. */
  readonly slice: One<'Slice'>
}

/** What a step of NetworkSlice may write back; null clears a field. */
export type NetworkSliceFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of NetworkSlice as its step sees it, with what the given paths include. */
export type NetworkSlice<Path extends Include<'NetworkSlice'> = never> = Expanded<'NetworkSlice', Path>

/** For tests: `record(NetworkSlice, { ... })` of `syncstep/testing`. */
export const NetworkSlice: ModelBlank<Models['NetworkSlice']['fields']> = {
  model: 'NetworkSlice',
  blank: { id: 1, class_names: 'NetworkSlice,XOSBase', self_content_type_id: 'core.networkslice', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'NetworkSlice', backend_need_delete_policy: false, xos_managed: true, network_id: 1, slice_id: 1 },
}

export interface NetworkTemplateFields extends XOSBaseFields {
  /** Name of the template. */
  readonly name: string
  /** What it is meant for. */
  readonly description?: string
  /** Whether the network can be reached from outside. */
  readonly visibility: 'public' | 'private'
  /** How addresses are translated. */
  readonly translation: 'none' | 'NAT'
  /** How machines are reached. */
  readonly access?: 'indirect' | 'direct' | ''
  /** Name of the one network that all share. */
  readonly shared_network_name?: string
  /** Id of the one network that all share. */
  readonly shared_network_id?: string
  /** Shape of the network. */
  readonly topology_kind: 'bigswitch' | 'physical' | 'custom'
  /** What controls it. */
  readonly controller_kind?: 'onos' | 'custom' | ''
  /** Kind of the virtual tenant network. */
  readonly vtn_kind?: 'PRIVATE' | 'PUBLIC' | 'MANAGEMENT_LOCAL' | 'MANAGEMENT_HOST' | 'VSG' | 'ACCESS_AGENT' | 'FLAT' | ''
}

export interface NetworkTemplateLinks extends XOSBaseLinks {
  /** All Network whose `template` leads here. */
  readonly network: Many<'Network'>
}

/** What a step of NetworkTemplate may write back; null clears a field. */
export type NetworkTemplateFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of NetworkTemplate as its step sees it, with what the given paths include. */
export type NetworkTemplate<Path extends Include<'NetworkTemplate'> = never> = Expanded<'NetworkTemplate', Path>

/** For tests: `record(NetworkTemplate, { ... })` of `syncstep/testing`. */
export const NetworkTemplate: ModelBlank<Models['NetworkTemplate']['fields']> = {
  model: 'NetworkTemplate',
  blank: { id: 1, class_names: 'NetworkTemplate,XOSBase', self_content_type_id: 'core.networktemplate', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'NetworkTemplate', backend_need_delete_policy: false, xos_managed: true, name: '', visibility: 'private', translation: 'none', topology_kind: 'bigswitch', vtn_kind: 'PRIVATE' },
}

export interface NodeFields extends XOSBaseFields {
  /** Name of the machine. */
  readonly name: string
  /** Id of its bridge. */
  readonly bridgeId?: string
  /** Interface of its data plane. */
  readonly dataPlaneIntf?: string
  /** Address of its data plane. */
  readonly dataPlaneIp?: string
  /** Interface it is managed by. */
  readonly hostManagementIface?: string
  /**
   * Where it stands.
   * Id of Site.
   */
  readonly site_id: number
}

export interface NodeLinks extends XOSBaseLinks {
  /** Where it stands. */
  readonly site: One<'Site'>
  /** All NodeLabel whose `node` leads here. */
  readonly nodelabels: Many<'NodeLabel'>
  /** All Slice whose `default_node` leads here. */
  readonly slices: Many<'Slice'>
}

/** What a step of Node may write back; null clears a field. */
export type NodeFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of Node as its step sees it, with what the given paths include. */
export type Node<Path extends Include<'Node'> = never> = Expanded<'Node', Path>

/** For tests: `record(Node, { ... })` of `syncstep/testing`. */
export const Node: ModelBlank<Models['Node']['fields']> = {
  model: 'Node',
  blank: { id: 1, class_names: 'Node,XOSBase', self_content_type_id: 'core.node', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'Node', backend_need_delete_policy: false, xos_managed: true, name: '', site_id: 1 },
}

export interface NodeLabelFields extends XOSBaseFields {
  /** The label. */
  readonly name: string
  /**
   * Nodes that carry it.
   * Ids of Node.
   */
  readonly node_ids: readonly number[]
}

export interface NodeLabelLinks extends XOSBaseLinks {
  /** Nodes that carry it. */
  readonly node: Many<'Node'>
}

/** What a step of NodeLabel may write back; null clears a field. */
export type NodeLabelFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of NodeLabel as its step sees it, with what the given paths include. */
export type NodeLabel<Path extends Include<'NodeLabel'> = never> = Expanded<'NodeLabel', Path>

/** For tests: `record(NodeLabel, { ... })` of `syncstep/testing`. */
export const NodeLabel: ModelBlank<Models['NodeLabel']['fields']> = {
  model: 'NodeLabel',
  blank: { id: 1, class_names: 'NodeLabel,XOSBase', self_content_type_id: 'core.nodelabel', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'NodeLabel', backend_need_delete_policy: false, xos_managed: true, name: '', node_ids: [] },
}

export interface PortFields extends XOSBaseFields {
  /**
   * Network the port is on.
   * Id of Network.
   */
  readonly network_id: number
  /** Address of the port. */
  readonly ip?: string
  /** Id the network platform gave it. */
  readonly port_id?: string
  /** Hardware address. */
  readonly mac?: string
  /** The port was created here, not found. */
  readonly xos_created: boolean
  /**
   * What is plugged in.
   * Id of ServiceInstance.
   */
  readonly service_instance_id?: number
}

export interface PortLinks extends XOSBaseLinks {
  /** Network the port is on. */
  readonly network: One<'Network'>
  /** What is plugged in. */
  readonly service_instance: OneOrNone<'ServiceInstance'>
}

/** What a step of Port may write back; null clears a field. */
export type PortFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of Port as its step sees it, with what the given paths include. */
export type Port<Path extends Include<'Port'> = never> = Expanded<'Port', Path>

/** For tests: `record(Port, { ... })` of `syncstep/testing`. */
export const Port: ModelBlank<Models['Port']['fields']> = {
  model: 'Port',
  blank: { id: 1, class_names: 'Port,XOSBase', self_content_type_id: 'core.port', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'Port', backend_need_delete_policy: false, xos_managed: true, network_id: 1, xos_created: false },
}

export interface PrincipalFields extends XOSBaseFields {
  /** Name of the principal. */
  readonly name: string
  /**
   * Where the principal is known.
   * Id of TrustDomain.
   */
  readonly trust_domain_id: number
}

export interface PrincipalLinks extends XOSBaseLinks {
  /** Where the principal is known. */
  readonly trust_domain: One<'TrustDomain'>
  /** All Slice whose `principal` leads here. */
  readonly slices: Many<'Slice'>
}

/** What a step of Principal may write back; null clears a field. */
export type PrincipalFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of Principal as its step sees it, with what the given paths include. */
export type Principal<Path extends Include<'Principal'> = never> = Expanded<'Principal', Path>

/** For tests: `record(Principal, { ... })` of `syncstep/testing`. */
export const Principal: ModelBlank<Models['Principal']['fields']> = {
  model: 'Principal',
  blank: { id: 1, class_names: 'Principal,XOSBase', self_content_type_id: 'core.principal', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'Principal', backend_need_delete_policy: false, xos_managed: true, name: '', trust_domain_id: 1 },
}

export interface ServiceFields extends XOSBaseFields {
  /** What the service does. */
  readonly description?: string
  /** The service is in use. */
  readonly enabled: boolean
  /** The plane the service works on. */
  readonly kind: 'generic' | 'data' | 'control' | 'oss'
  /** Name of the service. */
  readonly name: string
  /** Version of the service. */
  readonly versionNumber?: string
  /** People may see the service. */
  readonly published: boolean
  /** Picture of the service. */
  readonly icon_url?: string
  /** Public key of the service. */
  readonly public_key?: string
  /** File that holds the private key. */
  readonly private_key_fn?: string
  /** For the service itself to use. */
  readonly service_specific_id?: string
  /** For the service itself to use. */
  readonly service_specific_attribute?: string
  /**
   * Where the service runs.
   * Id of Site.
   */
  readonly site_id?: number
}

export interface ServiceLinks extends XOSBaseLinks {
  /** Where the service runs. */
  readonly site: OneOrNone<'Site'>
  /** All AddressPool whose `service` leads here. */
  readonly addresspools: Many<'AddressPool'>
  /** All ServicePort whose `service` leads here. */
  readonly serviceports: Many<'ServicePort'>
  /** All ServiceAttribute whose `service` leads here. */
  readonly serviceattributes: Many<'ServiceAttribute'>
  /** All ServiceDependency whose `provider_service` leads here. */
  readonly provided_dependencies: Many<'ServiceDependency'>
  /** All ServiceDependency whose `subscriber_service` leads here. */
  readonly subscribed_dependencies: Many<'ServiceDependency'>
  /** All Slice whose `service` leads here. */
  readonly slices: Many<'Slice'>
  /** All Tag whose `service` leads here. */
  readonly tags: Many<'Tag'>
  /** All ServiceInterface whose `service` leads here. */
  readonly service_interfaces: Many<'ServiceInterface'>
  /** All ServiceInstance whose `owner` leads here. */
  readonly service_instances: Many<'ServiceInstance'>
  /** All ServiceInstanceLink whose `subscriber_service` leads here. */
  readonly subscribed_links: Many<'ServiceInstanceLink'>
  /** All TrustDomain whose `owner` leads here. */
  readonly owned_trust_domains: Many<'TrustDomain'>
}

/** What a step of Service may write back; null clears a field. */
export type ServiceFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of Service as its step sees it, with what the given paths include. */
export type Service<Path extends Include<'Service'> = never> = Expanded<'Service', Path>

/** For tests: `record(Service, { ... })` of `syncstep/testing`. */
export const Service: ModelBlank<Models['Service']['fields']> = {
  model: 'Service',
  blank: { id: 1, class_names: 'Service,XOSBase', self_content_type_id: 'core.service', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'Service', backend_need_delete_policy: false, xos_managed: true, enabled: true, kind: 'generic', name: '', published: true },
}

export interface ServiceAttributeFields extends XOSBaseFields {
  /** Name of the attribute. */
  readonly name: string
  /** Its value. */
  readonly value: string
  /**
   * Service it says something about.
   * Id of Service.
   */
  readonly service_id: number
}

export interface ServiceAttributeLinks extends XOSBaseLinks {
  /** Service it says something about. */
  readonly service: One<'Service'>
}

/** What a step of ServiceAttribute may write back; null clears a field. */
export type ServiceAttributeFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of ServiceAttribute as its step sees it, with what the given paths include. */
export type ServiceAttribute<Path extends Include<'ServiceAttribute'> = never> = Expanded<'ServiceAttribute', Path>

/** For tests: `record(ServiceAttribute, { ... })` of `syncstep/testing`. */
export const ServiceAttribute: ModelBlank<Models['ServiceAttribute']['fields']> = {
  model: 'ServiceAttribute',
  blank: { id: 1, class_names: 'ServiceAttribute,XOSBase', self_content_type_id: 'core.serviceattribute', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'ServiceAttribute', backend_need_delete_policy: false, xos_managed: true, name: '', value: '', service_id: 1 },
}

export interface ServiceDependencyFields extends XOSBaseFields {
  /**
   * Service that is needed.
   * Id of Service.
   */
  readonly provider_service_id: number
  /**
   * Service that needs it.
   * Id of Service.
   */
  readonly subscriber_service_id: number
  /** How the two are connected. */
  readonly connect_method: 'none' | 'private' | 'public'
}

export interface ServiceDependencyLinks extends XOSBaseLinks {
  /** Service that is needed. */
  readonly provider_service: One<'Service'>
  /** Service that needs it. */
  readonly subscriber_service: One<'Service'>
}

/** What a step of ServiceDependency may write back; null clears a field. */
export type ServiceDependencyFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of ServiceDependency as its step sees it, with what the given paths include. */
export type ServiceDependency<Path extends Include<'ServiceDependency'> = never> = Expanded<'ServiceDependency', Path>

/** For tests: `record(ServiceDependency, { ... })` of `syncstep/testing`. */
export const ServiceDependency: ModelBlank<Models['ServiceDependency']['fields']> = {
  model: 'ServiceDependency',
  blank: { id: 1, class_names: 'ServiceDependency,XOSBase', self_content_type_id: 'core.servicedependency', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'ServiceDependency', backend_need_delete_policy: false, xos_managed: true, provider_service_id: 1, subscriber_service_id: 1, connect_method: 'none' },
}

export interface ServiceInstanceFields extends XOSBaseFields {
  /** Name of the instance. */
  readonly name?: string
  /**
   * Service it is an instance of.
   * Id of Service.
   */
  readonly owner_id: number
  /** For the service itself to use. */
  readonly service_specific_id?: string
  /** For the service itself to use. */
  readonly service_specific_attribute?: string
  /** How many links to it have been deleted. */
  readonly link_deleted_count?: number
  /**
   * Instance it is a part of.
   * Id of ServiceInstance.
   */
  readonly master_serviceinstance_id?: number
}

export interface ServiceInstanceLinks extends XOSBaseLinks {
  /** Service it is an instance of. */
  readonly owner: One<'Service'>
  /** Instance it is a part of. */
  readonly master_serviceinstance: OneOrNone<'ServiceInstance'>
  /** All Port whose `service_instance` leads here. */
  readonly ports: Many<'Port'>
  /** All ServiceInstance whose `master_serviceinstance` leads here. */
  readonly child_serviceinstances: Many<'ServiceInstance'>
  /** All ServiceInstanceLink whose `provider_service_instance` leads here. */
  readonly provided_links: Many<'ServiceInstanceLink'>
  /** All ServiceInstanceLink whose `subscriber_service_instance` leads here. */
  readonly subscribed_links: Many<'ServiceInstanceLink'>
  /** All ServiceInstanceAttribute whose `service_instance` leads here. */
  readonly service_instance_attributes: Many<'ServiceInstanceAttribute'>
}

/** What a step of ServiceInstance may write back; null clears a field. */
export type ServiceInstanceFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of ServiceInstance as its step sees it, with what the given paths include. */
export type ServiceInstance<Path extends Include<'ServiceInstance'> = never> = Expanded<'ServiceInstance', Path>

/** For tests: `record(ServiceInstance, { ... })` of `syncstep/testing`. */
export const ServiceInstance: ModelBlank<Models['ServiceInstance']['fields']> = {
  model: 'ServiceInstance',
  blank: { id: 1, class_names: 'ServiceInstance,XOSBase', self_content_type_id: 'core.serviceinstance', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'ServiceInstance', backend_need_delete_policy: false, xos_managed: true, owner_id: 1, link_deleted_count: 0 },
}

export interface ServiceInstanceAttributeFields extends XOSBaseFields {
  /** Name of the attribute. */
  readonly name: string
  /** Its value. */
  readonly value: string
  /**
   * Instance it says something about.
   * Id of ServiceInstance.
   */
  readonly service_instance_id: number
}

export interface ServiceInstanceAttributeLinks extends XOSBaseLinks {
  /** Instance it says something about. */
  readonly service_instance: One<'ServiceInstance'>
}

/** What a step of ServiceInstanceAttribute may write back; null clears a field. */
export type ServiceInstanceAttributeFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of ServiceInstanceAttribute as its step sees it, with what the given paths include. */
export type ServiceInstanceAttribute<Path extends Include<'ServiceInstanceAttribute'> = never> = Expanded<'ServiceInstanceAttribute', Path>

/** For tests: `record(ServiceInstanceAttribute, { ... })` of `syncstep/testing`. */
export const ServiceInstanceAttribute: ModelBlank<Models['ServiceInstanceAttribute']['fields']> = {
  model: 'ServiceInstanceAttribute',
  blank: { id: 1, class_names: 'ServiceInstanceAttribute,XOSBase', self_content_type_id: 'core.serviceinstanceattribute', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'ServiceInstanceAttribute', backend_need_delete_policy: false, xos_managed: true, name: '', value: '', service_instance_id: 1 },
}

export interface ServiceInstanceLinkFields extends XOSBaseFields {
  /**
   * Instance that is needed.
   * Id of ServiceInstance.
   */
  readonly provider_service_instance_id: number
  /**
   * Interface it is reached by.
   * Id of ServiceInterface.
   */
  readonly provider_service_interface_id?: number
  /**
   * Instance that needs it.
   * Id of ServiceInstance.
   */
  readonly subscriber_service_instance_id?: number
  /**
   * Service that needs it.
   * Id of Service.
   */
  readonly subscriber_service_id?: number
  /**
   * Network that needs it.
   * Id of Network.
   */
  readonly subscriber_network_id?: number
}

export interface ServiceInstanceLinkLinks extends XOSBaseLinks {
  /** Instance that is needed. */
  readonly provider_service_instance: One<'ServiceInstance'>
  /** Interface it is reached by. */
  readonly provider_service_interface: OneOrNone<'ServiceInterface'>
  /** Instance that needs it. */
  readonly subscriber_service_instance: OneOrNone<'ServiceInstance'>
  /** Service that needs it. */
  readonly subscriber_service: OneOrNone<'Service'>
  /** Network that needs it. */
  readonly subscriber_network: OneOrNone<'Network'>
}

/** What a step of ServiceInstanceLink may write back; null clears a field. */
export type ServiceInstanceLinkFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of ServiceInstanceLink as its step sees it, with what the given paths include. */
export type ServiceInstanceLink<Path extends Include<'ServiceInstanceLink'> = never> = Expanded<'ServiceInstanceLink', Path>

/** For tests: `record(ServiceInstanceLink, { ... })` of `syncstep/testing`. */
export const ServiceInstanceLink: ModelBlank<Models['ServiceInstanceLink']['fields']> = {
  model: 'ServiceInstanceLink',
  blank: { id: 1, class_names: 'ServiceInstanceLink,XOSBase', self_content_type_id: 'core.serviceinstancelink', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'ServiceInstanceLink', backend_need_delete_policy: false, xos_managed: true, provider_service_instance_id: 1 },
}

export interface ServiceInterfaceFields extends XOSBaseFields {
  /**
   * Service that has the interface.
   * Id of Service.
   */
  readonly service_id: number
  /**
   * What kind of interface it is.
   * Id of InterfaceType.
   */
  readonly interface_type_id: number
}

export interface ServiceInterfaceLinks extends XOSBaseLinks {
  /** Service that has the interface. */
  readonly service: One<'Service'>
  /** What kind of interface it is. */
  readonly interface_type: One<'InterfaceType'>
  /** All ServiceInstanceLink whose `provider_service_interface` leads here. */
  readonly provided_links: Many<'ServiceInstanceLink'>
}

/** What a step of ServiceInterface may write back; null clears a field. */
export type ServiceInterfaceFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of ServiceInterface as its step sees it, with what the given paths include. */
export type ServiceInterface<Path extends Include<'ServiceInterface'> = never> = Expanded<'ServiceInterface', Path>

/** For tests: `record(ServiceInterface, { ... })` of `syncstep/testing`. */
export const ServiceInterface: ModelBlank<Models['ServiceInterface']['fields']> = {
  model: 'ServiceInterface',
  blank: { id: 1, class_names: 'ServiceInterface,XOSBase', self_content_type_id: 'core.serviceinterface', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'ServiceInterface', backend_need_delete_policy: false, xos_managed: true, service_id: 1, interface_type_id: 1 },
}

export interface ServicePortFields extends XOSBaseFields {
  /** Name of the port. */
  readonly name: string
  /** Port seen from outside. */
  readonly external_port: number
  /** Port seen from inside. */
  readonly internal_port: number
  /** Protocol that is spoken. */
  readonly protocol: string
  /**
   * Service that listens.
   * Id of Service.
   */
  readonly service_id: number
}

export interface ServicePortLinks extends XOSBaseLinks {
  /** Service that listens. */
  readonly service: One<'Service'>
}

/** What a step of ServicePort may write back; null clears a field. */
export type ServicePortFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of ServicePort as its step sees it, with what the given paths include. */
export type ServicePort<Path extends Include<'ServicePort'> = never> = Expanded<'ServicePort', Path>

/** For tests: `record(ServicePort, { ... })` of `syncstep/testing`. */
export const ServicePort: ModelBlank<Models['ServicePort']['fields']> = {
  model: 'ServicePort',
  blank: { id: 1, class_names: 'ServicePort,XOSBase', self_content_type_id: 'core.serviceport', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'ServicePort', backend_need_delete_policy: false, xos_managed: true, name: '', external_port: 0, internal_port: 0, protocol: 'TCP', service_id: 1 },
}

export interface SiteFields extends XOSBaseFields {
  /** Name of the site. */
  readonly name: string
  /** Home page of the site. */
  readonly site_url?: string
  /** The site is in use. */
  readonly enabled: boolean
  /** Machines stand here. */
  readonly hosts_nodes: boolean
  /** Users belong here. */
  readonly hosts_users: boolean
  /** Degrees east. */
  readonly longitude?: number
  /** Degrees north. */
  readonly latitude?: number
  /** What names at this site begin with. */
  readonly login_base: string
  /** People may see the site. */
  readonly is_public: boolean
  /** Short name. */
  readonly abbreviated_name: string
}

export interface SiteLinks extends XOSBaseLinks {
  /** All User whose `site` leads here. */
  readonly users: Many<'User'>
  /** All Slice whose `site` leads here. */
  readonly slices: Many<'Slice'>
  /** All Node whose `site` leads here. */
  readonly nodes: Many<'Node'>
  /** All Service whose `site` leads here. */
  readonly service: Many<'Service'>
}

/** What a step of Site may write back; null clears a field. */
export type SiteFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of Site as its step sees it, with what the given paths include. */
export type Site<Path extends Include<'Site'> = never> = Expanded<'Site', Path>

/** For tests: `record(Site, { ... })` of `syncstep/testing`. */
export const Site: ModelBlank<Models['Site']['fields']> = {
  model: 'Site',
  blank: { id: 1, class_names: 'Site,XOSBase', self_content_type_id: 'core.site', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'Site', backend_need_delete_policy: false, xos_managed: true, name: '', enabled: true, hosts_nodes: true, hosts_users: true, login_base: '', is_public: true, abbreviated_name: '' },
}

export interface SliceFields extends XOSBaseFields {
  /** Name of the slice. */
  readonly name: string
  /** The slice is in use. */
  readonly enabled: boolean
  /** What the slice is for. */
  readonly description?: string
  /**
   * Site that pays for it.
   * Id of Site.
   */
  readonly site_id: number
  /** How many machines it may have. */
  readonly max_instances: number
  /**
   * Service that uses it.
   * Id of Service.
   */
  readonly service_id?: number
  /** How its machines get a network. */
  readonly network?: 'host' | 'bridged' | 'noauto' | ''
  /** Ports to open to the outside. */
  readonly exposed_ports?: string
  /**
   * Who made it.
   * Id of User.
   */
  readonly creator_id?: number
  /**
   * Flavor of a machine that names none.
   * Id of Flavor.
   */
  readonly default_flavor_id?: number
  /**
   * Image of a machine that names none.
   * Id of Image.
   */
  readonly default_image_id?: number
  /**
   * Node of a machine that names none.
   * Id of Node.
   */
  readonly default_node_id?: number
  /** Data sets to mount. */
  readonly mount_data_sets?: string
  /** What a machine is. */
  readonly default_isolation: 'vm' | 'container' | 'container_vm'
  /**
   * Trust domain it works in.
   * Id of TrustDomain.
   */
  readonly trust_domain_id?: number
  /**
   * Principal it acts as.
   * Id of Principal.
   */
  readonly principal_id?: number
  /** How many copies a controller keeps. */
  readonly controller_replica_count?: number
  /** Kind of controller. */
  readonly controller_kind?: string
}

export interface SliceLinks extends XOSBaseLinks {
  /** Site that pays for it. */
  readonly site: One<'Site'>
  /** Service that uses it. */
  readonly service: OneOrNone<'Service'>
  /** Who made it. */
  readonly creator: OneOrNone<'User'>
  /** Flavor of a machine that names none. */
  readonly default_flavor: OneOrNone<'Flavor'>
  /** Image of a machine that names none. */
  readonly default_image: OneOrNone<'Image'>
  /** Node of a machine that names none. */
  readonly default_node: OneOrNone<'Node'>
  /** Trust domain it works in. */
  readonly trust_domain: OneOrNone<'TrustDomain'>
  /** Principal it acts as. */
  readonly principal: OneOrNone<'Principal'>
  /** All ComputeServiceInstance whose `slice` leads here. */
  readonly computeserviceinstances: Many<'ComputeServiceInstance'>
  /** All Network whose `owner` leads here. */
  readonly ownedNetworks: Many<'Network'>
  /** All Network whose `permitted_slices` leads here. */
  readonly availableNetworks: Many<'Network'>
  /** All NetworkSlice whose `slice` leads here. */
  readonly networkslices: Many<'NetworkSlice'>
}

/** What a step of Slice may write back; null clears a field. */
export type SliceFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of Slice as its step sees it, with what the given paths include. */
export type Slice<Path extends Include<'Slice'> = never> = Expanded<'Slice', Path>

/** For tests: `record(Slice, { ... })` of `syncstep/testing`. */
export const Slice: ModelBlank<Models['Slice']['fields']> = {
  model: 'Slice',
  blank: { id: 1, class_names: 'Slice,XOSBase', self_content_type_id: 'core.slice', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'Slice', backend_need_delete_policy: false, xos_managed: true, name: '', enabled: true, site_id: 1, max_instances: 10, mount_data_sets: 'GenBank', default_isolation: 'vm', controller_replica_count: 0 },
}

export interface TagFields extends XOSBaseFields {
  /**
   * Service that set the tag.
   * Id of Service.
   */
  readonly service_id: number
  /** Name of the tag. */
  readonly name: string
  /** Its value. */
  readonly value: string
  /** Model of the record that is tagged. */
  readonly content_type: string
  /** Id of the record that is tagged. */
  readonly object_id: number
}

export interface TagLinks extends XOSBaseLinks {
  /** Service that set the tag. */
  readonly service: One<'Service'>
}

/** What a step of Tag may write back; null clears a field. */
export type TagFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of Tag as its step sees it, with what the given paths include. */
export type Tag<Path extends Include<'Tag'> = never> = Expanded<'Tag', Path>

/** For tests: `record(Tag, { ... })` of `syncstep/testing`. */
export const Tag: ModelBlank<Models['Tag']['fields']> = {
  model: 'Tag',
  blank: { id: 1, class_names: 'Tag,XOSBase', self_content_type_id: 'core.tag', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'Tag', backend_need_delete_policy: false, xos_managed: true, service_id: 1, name: '', value: '', content_type: '', object_id: 0 },
}

export interface TrustDomainFields extends XOSBaseFields {
  /** Name of the trust domain. */
  readonly name: string
  /**
   * Service that keeps it.
   * Id of Service.
   */
  readonly owner_id: number
}

export interface TrustDomainLinks extends XOSBaseLinks {
  /** Service that keeps it. */
  readonly owner: One<'Service'>
  /** All Principal whose `trust_domain` leads here. */
  readonly principals: Many<'Principal'>
  /** All Slice whose `trust_domain` leads here. */
  readonly slices: Many<'Slice'>
}

/** What a step of TrustDomain may write back; null clears a field. */
export type TrustDomainFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of TrustDomain as its step sees it, with what the given paths include. */
export type TrustDomain<Path extends Include<'TrustDomain'> = never> = Expanded<'TrustDomain', Path>

/** For tests: `record(TrustDomain, { ... })` of `syncstep/testing`. */
export const TrustDomain: ModelBlank<Models['TrustDomain']['fields']> = {
  model: 'TrustDomain',
  blank: { id: 1, class_names: 'TrustDomain,XOSBase', self_content_type_id: 'core.trustdomain', created: 0, updated: 0, backend_register: '{}', backend_need_delete: false, backend_need_reap: false, backend_status: 'Provisioning in progress', backend_code: 0, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, policy_status: 'Policy in process', policy_code: 0, leaf_model_name: 'TrustDomain', backend_need_delete_policy: false, xos_managed: true, name: '', owner_id: 1 },
}

export interface UserFields {
  readonly id: number
  /** The model and its ancestors, joined by commas. */
  readonly class_names: string
  /** App and model in lower case, joined by a dot. */
  readonly self_content_type_id: string
  /** Address of the user, which is also the login name. */
  readonly email: string
  /** Name of the account. */
  readonly username: string
  /**
   * When the user last logged in.
   * Seconds since 1970.
   */
  readonly last_login?: number
  /** Given name. */
  readonly firstname: string
  /** Family name. */
  readonly lastname: string
  /** Telephone number. */
  readonly phone?: string
  /** Home page. */
  readonly user_url?: string
  /**
   * Where the user belongs.
   * Id of Site.
   */
  readonly site_id: number
  /** Public SSH key. */
  readonly public_key?: string
  /** May log in. */
  readonly is_active: boolean
  /** May do everything. */
  readonly is_admin: boolean
  /** May use the administration pages. */
  readonly is_staff: boolean
  /** May look and not touch. */
  readonly is_readonly: boolean
  /** Has asked for an account and does not have it yet. */
  readonly is_registering: boolean
  /** Uses applications, not the platform. */
  readonly is_appuser: boolean
  /** Page shown after login. */
  readonly login_page?: string
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
  /** How the last attempt to sync ended, in words. */
  readonly backend_status: string
  /** 0 in progress, 1 in sync, 2 in error. */
  readonly backend_code: number
  /** A sync was attempted, so the delete step must run before the record goes. */
  readonly backend_need_delete: boolean
  /** The delete step is done and the record may go. */
  readonly backend_need_reap: boolean
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
  /** Time zone in which dates are shown. */
  readonly timezone: string
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

export interface UserLinks {
  /** Where the user belongs. */
  readonly site: One<'Site'>
  /** All Slice whose `creator` leads here. */
  readonly slices: Many<'Slice'>
}

/** What a step of User may write back; null clears a field. */
export type UserFeedback = {
  /** How the synchronizer calls the thing in its own world. */
  readonly backend_handle?: string | null
}

/** A record of User as its step sees it, with what the given paths include. */
export type User<Path extends Include<'User'> = never> = Expanded<'User', Path>

/** For tests: `record(User, { ... })` of `syncstep/testing`. */
export const User: ModelBlank<Models['User']['fields']> = {
  model: 'User',
  blank: { id: 1, class_names: 'User', self_content_type_id: 'core.user', email: '', username: 'Something', firstname: '', lastname: '', site_id: 1, is_active: true, is_admin: false, is_staff: true, is_readonly: false, is_registering: false, is_appuser: false, created: 0, updated: 0, backend_status: 'Provisioning in progress', backend_code: 0, backend_need_delete: false, backend_need_reap: false, deleted: false, write_protect: false, lazy_blocked: false, no_sync: false, no_policy: false, timezone: 'America/New_York', policy_status: '0 - Policy in process', policy_code: 0, leaf_model_name: 'User', backend_need_delete_policy: false, xos_managed: true },
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
