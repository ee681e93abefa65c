import { expect, it } from 'vitest'
import { elementsOf, textOf } from './s3-xml.js'

const LIST = `<?xml version="1.0"?><ListBucketResult><Contents><Key>007</Key><ETag>&quot;a&#34;&#x22;b&quot;</ETag></Contents>
<Contents><Key>1e3&amp;lt;</Key><ETag/></Contents></ListBucketResult>`

it('finds elements and reads their text', () => {
  const contents = elementsOf(LIST, 'Contents')
  expect(contents.map((one) => textOf(one, 'Key'))).toEqual(['007', '1e3&lt;'])
  expect(contents.map((one) => textOf(one, 'ETag'))).toEqual(['"a""b"', undefined])
  expect(elementsOf(LIST, 'CommonPrefixes')).toEqual([])
})
