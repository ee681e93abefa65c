import { createHash } from 'node:crypto'
import { createS3Connection, type S3Bucket } from '../../libs/objects/s3-connection.js'
import { codeOf } from '../../libs/objects/storage-error.js'

/** A list of rules that a bucket has, as Amazon S3 writes it. */
export interface RuleList {
  /** Of the request. */
  readonly query: 'notification' | 'lifecycle'
  /** Elements of the list, of a rule, and of a rule's name. */
  readonly list: string
  readonly rule: string
  readonly id: string
}

/** A rule of such a list. */
export interface BucketRule {
  /** Names it among those of others. */
  readonly id: string
  /** XML that follows the name. */
  readonly content: string
}

const PATIENCE = { patienceMs: 60_000, idleMs: 30_000 }

/** Adds a rule to those of a bucket, in place of an earlier one of its name; the others stay. @throws what the store answers */
export async function ensureRule(bucket: S3Bucket, list: RuleList, rule: BucketRule): Promise<void> {
  const connection = createS3Connection(bucket, PATIENCE)
  const query = { [list.query]: '' }
  const present = await connection.send({ method: 'GET', query }).then(
    ({ body }) => body.toString(),
    (error: unknown) => {
      if (codeOf(error) === 'NoSuchLifecycleConfiguration') return ''
      throw error
    },
  )
  const body = Buffer.from(withRule(present, list, rule))
  const headers = { 'content-md5': createHash('md5').update(body).digest('base64') }
  await connection.send({ method: 'PUT', query, headers, body })
}

/**
 * @param present XML of the list; empty where there is none
 * @returns it with the rule, in place of an earlier one of its name
 */
export function withRule(present: string, { list, rule, id }: RuleList, ours: BucketRule): string {
  const [, rules = ''] = new RegExp(`<${list}[^>]*>(.*)</${list}>`, 's').exec(present) ?? []
  const name = `<${id}>${ours.id}</${id}>`
  const each = new RegExp(`<${rule}>.*?</${rule}>`, 'gs')
  const others = rules.replace(each, (other) => (other.includes(name) ? '' : other))
  return `<${list} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${others}<${rule}>${name}${ours.content}</${rule}></${list}>`
}
