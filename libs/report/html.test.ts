import { expect, it } from 'vitest'
import { html } from './html.js'

it('escapes values in text and attributes, and leaves HTML as it is', () => {
  const name = `"><script>alert('&')</script>`
  const inner = html`<b>${name}</b>`
  expect(html`<p title="${name}">${[inner, ' ', 3]}</p>`.html).toBe(
    '<p title="&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;"><b>&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;</b> 3</p>',
  )
})
