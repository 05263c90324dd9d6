type Attribute = { readonly name: string; readonly value: string }

/**
 * The values of attributes by their names: of `o.service_instance_attributes`, `o.serviceattributes` or any other set of
 * records with a name and a value, which the step includes.
 */
export const attributesOf = (attributes: readonly Attribute[]): ReadonlyMap<string, string> =>
  new Map(attributes.map(({ name, value }) => [name, value]))

type Subscriber<Provider> = {
  readonly subscribed_dependencies: readonly { readonly provider_service: Provider }[]
}

/**
 * The services that a service needs, as its ServiceDependency records say. For the owner of an instance the step includes
 * `owner.subscribed_dependencies.provider_service`.
 */
export const providerServicesOf = <Provider>({
  subscribed_dependencies,
}: Subscriber<Provider>): readonly Provider[] =>
  subscribed_dependencies.map(({ provider_service }) => provider_service)

/** The first provider of that model among {@link providerServicesOf}, as one of it; undefined when there is none. */
export const providerServiceOf = <
  Provider extends { readonly leaf_model_name: string },
  Name extends Provider['leaf_model_name'],
>(
  service: Subscriber<Provider>,
  model: Name,
): Extract<Provider, { readonly leaf_model_name: Name }> | undefined =>
  providerServicesOf(service).find(
    (provider): provider is Extract<Provider, { readonly leaf_model_name: Name }> =>
      provider.leaf_model_name === model,
  )
