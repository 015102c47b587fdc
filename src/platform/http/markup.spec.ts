import { describe, expect, it } from 'vitest';
import { markup } from './markup.js';

describe('markup', () => {
  it('has text escaped, in elements and in quoted attributes', () => {
    const text = `<img src=x onerror="alert('1')"> & more`;
    expect(markup`<p title="${text}">${text}</p>`.html).toBe(
      `<p title="&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; more">` +
        `&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; more</p>`,
    );
  });

  it('is inserted as it is, also in lists', () => {
    const items = ['a & b', 'c'].map((item) => markup`<li>${item}</li>`);
    expect(markup`<ul>${items}</ul>${markup`<hr>`}`.html).toBe('<ul><li>a &amp; b</li><li>c</li></ul><hr>');
  });
});
