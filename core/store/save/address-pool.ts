import { isIPv4 } from 'node:net'
import { invalid } from './check.ts'
import { setIn, valueIn, type Draft } from './draft.ts'

/** Bits of the network part that a pool has at least: 65 536 addresses are a megabyte of text. */
const leastPrefix = 16

const numberOf = (address: string): number =>
  address.split('.').reduce((number, part) => number * 256 + Number(part), 0)

const addressOf = (number: number): string =>
  [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join('.')

type Network = { readonly address: string; readonly prefix: number }

const networkOf = (cidr: string): Network | undefined => {
  const [address = '', bits = '', ...rest] = cidr.trim().split('/')
  const prefix = Number(bits)
  if (rest.length > 0 || !isIPv4(address) || !/^\d{1,2}$/.test(bits)) return undefined
  return prefix < leastPrefix || prefix > 32 ? undefined : { address, prefix }
}

/** The addresses to hand out: without the network, its gateway (host number 1) and the broadcast address. */
const hostsOf = ({ address, prefix }: Network): string => {
  const size = 2 ** (32 - prefix)
  const first = Math.floor(numberOf(address) / size) * size
  const count = Math.max(0, size - 3)
  return Array.from({ length: count }, (_, index) => addressOf(first + 2 + index)).join(' ')
}

/** A pool whose addresses are given as a network, `10.0.0.0/24`, holds each of them, and remembers the network. */
export const prepareAddressPool = (draft: Draft): void => {
  const addresses = valueIn(draft, 'addresses')
  if (typeof addresses !== 'string' || !addresses.includes('/')) return
  const network = networkOf(addresses)
  if (network === undefined) {
    throw invalid(draft.model, {
      addresses: `expected addresses separated by blanks, or an IPv4 network such as 10.0.0.0/24, from /${leastPrefix} to /32, got "${addresses.slice(0, 60)}"`,
    })
  }
  setIn(draft, 'addresses', hostsOf(network))
  const cidr = valueIn(draft, 'cidr')
  if (cidr === null || cidr === '') setIn(draft, 'cidr', addresses.trim())
}
