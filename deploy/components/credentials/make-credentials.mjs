// Makes the secret that MinIO and its clients share, with random keys, unless it is there. The pod may create secrets and can read none.
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'

const { KUBERNETES_API = 'https://kubernetes.default.svc', NAMESPACE, SECRET, TOKEN_FILE } = process.env

const response = await fetch(`${KUBERNETES_API}/api/v1/namespaces/${NAMESPACE}/secrets`, {
  method: 'POST',
  headers: {
    authorization: `Bearer ${(await readFile(TOKEN_FILE, 'utf8')).trim()}`,
    'content-type': 'application/json',
  },
  body: JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: SECRET, labels: { 'app.kubernetes.io/part-of': 'crossres' } },
    type: 'Opaque',
    stringData: {
      CROSSRES_S3_ACCESS_KEY: randomBytes(10).toString('hex'),
      CROSSRES_S3_SECRET_KEY: randomBytes(30).toString('base64url'),
    },
  }),
  signal: AbortSignal.timeout(10_000),
})

// 409: it is there; keys that are in use are never changed.
if (response.status === 409) console.log(`${SECRET} is there and stays`)
else if (response.ok) console.log(`${SECRET} made`)
else throw new Error(`The API server answered ${response.status} to making ${SECRET}: ${await response.text()}`)
