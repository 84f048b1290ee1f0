import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isValidFilter, isValidTopic, matches } from './match';
import { FilterTrie } from './trie';

describe('topic filters (MQTT 3.1.1, 4.7)', () => {
  it.each([
    ['a/b', 'a/b', true], ['a/+', 'a/b', true], ['a/+', 'a', false], ['a/+', 'a/', true], ['a/#', 'a', true], ['a/#', 'a/b/c', true],
    ['#', 'a/b', true], ['#', '$SYS/x', false], ['+/x', '$SYS/x', false], ['$SYS/#', '$SYS/x', true], ['a/+/c', 'a/b/c', true],
    ['a/+/c', 'a/b/d', false], ['a', 'a/b', false], ['+', '/a', false], ['/+', '/a', true], ['a/+/#', 'a', false],
  ])('%s against %s: %s', (filter, topic, expected) => {
    expect(matches(filter, topic)).toBe(expected);
    const trie = new FilterTrie<string>();
    trie.add(filter, 'x');
    const seen: string[] = [];
    trie.match(topic, (v) => seen.push(v));
    expect(seen).toEqual(expected ? ['x'] : []);
  });

  it.each(['', 'a#', 'a/#/b', 'a+/b', '+a', 'a\u0000'])('refuses the filter %j', (f) => expect(isValidFilter(f)).toBe(false));
  it.each(['', 'a/+', '#', 'a\u0000b'])('refuses the topic %j', (t) => expect(isValidTopic(t)).toBe(false));

  it('the trie agrees with the plain matcher, also after removals', () => {
    const level = fc.constantFrom('a', 'b', '', '$s', '+');
    const filter = fc.array(level, { minLength: 1, maxLength: 4 }).chain((l) => fc.boolean().map((h) => (h ? [...l, '#'] : l).join('/'))).filter((f) => f !== '');
    const topic = fc.array(fc.constantFrom('a', 'b', '', '$s', 'c'), { minLength: 1, maxLength: 5 }).map((l) => l.join('/')).filter((t) => t !== '');
    fc.assert(fc.property(fc.uniqueArray(filter, { maxLength: 12 }), fc.nat(12), topic, (filters, drop, name) => {
      const trie = new FilterTrie<string>();
      filters.forEach((f) => trie.add(f, f));
      const kept = filters.slice(drop);
      filters.slice(0, drop).forEach((f) => expect(trie.remove(f, f)).toBe(true));
      const seen: string[] = [];
      trie.match(name, (v) => seen.push(v));
      expect(seen.sort()).toEqual(kept.filter((f) => matches(f, name)).sort());
      expect(trie.size).toBe(kept.length);
    }));
  });

  it('the trie agrees with the plain matcher for a topic that it was asked for before each change', () => {
    const filters = ['a/b', 'a/+', '#', '+/b', 'a/#', 'c'];
    const held = new Set<string>();
    const trie = new FilterTrie<string>();
    const matched = (topic: string): string[] => {
      const seen: string[] = [];
      trie.match(topic, (v) => seen.push(v));
      return seen.sort();
    };
    fc.assert(fc.property(fc.array(fc.constantFrom(...filters), { maxLength: 30 }), (changes) => {
      for (const filter of changes) {
        if (held.delete(filter)) trie.remove(filter, filter);
        else {
          held.add(filter);
          trie.add(filter, filter);
        }
        for (const topic of ['a/b', 'a', 'c', 'a/b']) expect(matched(topic)).toEqual([...held].filter((f) => matches(f, topic)).sort());
      }
    }));
  });

  it('the trie agrees with the plain matcher over more topics than it remembers', () => {
    const trie = new FilterTrie<string>();
    trie.add('+/x', 'x');
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 20_000; i++) {
        let seen = 0;
        trie.match(`${i}/x`, () => seen++);
        trie.match(`${i}/y`, () => seen++);
        if (seen !== 1) throw new Error(`${i}/x and ${i}/y match ${seen} times`);
      }
    }
  });
});
