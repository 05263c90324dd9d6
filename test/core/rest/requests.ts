import { asAdmin, type Faces } from '../faces.ts'

export const services = '/xosapi/v1/hello-world/helloworldservices'
export const instances = '/xosapi/v1/hello-world/helloworldserviceinstances'

/** Sends requests to the REST face as the administrator; `headers` come on top. */
export const requestsTo =
  (rest: () => Faces['rest']) =>
  (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    payload?: object | string,
    headers: Record<string, string> = {},
  ) => {
    const type = payload === undefined ? {} : { 'content-type': 'application/json' }
    return rest().inject({
      method,
      url,
      headers: { ...asAdmin, ...type, ...headers },
      ...(payload === undefined ? {} : { payload }),
    })
  }
